//! The cellar: the journal and questions to it.
pub mod answer;
pub mod question;

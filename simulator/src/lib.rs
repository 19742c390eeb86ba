//! The rehearsal: an exchange whose true traffic is known

//! The ear: bytes to samples

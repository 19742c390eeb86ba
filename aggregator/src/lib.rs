//! The abacus: samples times snapshot gives windows

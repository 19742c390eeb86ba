//! The address book: who is behind a MAC address or a port.

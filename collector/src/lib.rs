//! The dock: sockets, captures and receiving threads

//! The rehearsal rehearsed: other decoders hear what the simulator says, and find its truth in it.

mod conservation;
mod core_ports;
mod export;
mod heard;
mod misbehaviour;
mod told;
mod truth;
mod way;
mod wire;

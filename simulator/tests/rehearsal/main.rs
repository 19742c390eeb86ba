//! The rehearsal rehearsed: other decoders hear what the simulator says, and find its truth in it.

mod conservation;
mod export;
mod heard;
mod told;
mod truth;
mod wire;

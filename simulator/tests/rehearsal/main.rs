//! The rehearsal rehearsed: another decoder hears what the simulator says, and finds its truth in it.

mod heard;
mod truth;
mod wire;

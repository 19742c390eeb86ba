//! Any octets as a capture: no panic, bounded memory, no more packets and payload than the file can hold, and a replay that counts all of them.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::capture::run(input);
});

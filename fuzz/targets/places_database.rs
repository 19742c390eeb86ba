//! Any octets as a database in MaxMind's format: read and free of contradictions, or refused in one sentence; bounded memory.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::places::database(input);
});

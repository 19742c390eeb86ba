//! Any octets as a member list in CSV: loaded and free of contradictions, or refused in one sentence; bounded memory.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::members::csv(input);
});

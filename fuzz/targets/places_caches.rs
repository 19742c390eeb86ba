//! Any octets as a list of local caches: read and free of contradictions, or refused in one sentence; bounded memory.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::places::caches(input);
});

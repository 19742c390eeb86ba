//! Any octets as an sFlow datagram of any version: no panic, no allocation, and no more calls than the octets can hold.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::sflow::run(input);
});

//! Any octets as a NetFlow v5 datagram: no panic, no allocation, and as many records as were declared and fit.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::netflow5::run(input);
});

//! Any octets as datagrams of several exporters on their way to windows: no panic, bounded memory, and nothing disappears.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::lane::run(input);
});

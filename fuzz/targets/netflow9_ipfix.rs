//! Any octets as datagrams of one NetFlow v9 or IPFIX exporter: no panic, bounded work and memory, templates as they were defined.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::netflow9_ipfix::run(input);
});

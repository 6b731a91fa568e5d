#![no_main]

use libfuzzer_sys::fuzz_target;
use parsers::Parser;

fuzz_target!(|bytes: &[u8]| {
    Parser::Ocsp.read(bytes);
});

#![no_main]

use libfuzzer_sys::fuzz_target;
use mocban_tests::parsers::Parser;

fuzz_target!(|bytes: &[u8]| {
    Parser::Pdf.read(bytes);
});

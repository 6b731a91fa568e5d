//! Names as text: bytes that are not UTF-8 are percent-encoded, and can be decoded again.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::PathBuf,
};

/// A name as text. A percent sign is encoded only where it would read as an encoded byte.
pub fn encode_name(name: &OsStr) -> String {
    let mut out = String::new();
    for chunk in name.as_bytes().utf8_chunks() {
        let valid = chunk.valid();
        let mut rest = valid;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            let hex = after.chars().take(2).filter(char::is_ascii_hexdigit).count() == 2;
            out.push_str(if hex { "%25" } else { "%" });
            rest = after;
        }
        out.push_str(rest);
        for byte in chunk.invalid() {
            out.push('%');
            out.push_str(&hex_of(*byte));
        }
    }
    out
}

/// The path that a text of encoded names stands for.
pub fn decode_name(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair
            .filter(|pair| pair.chars().all(|c| c.is_ascii_hexdigit()))
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let (b'%', Some(byte)) = (first, byte) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

fn hex_of(byte: u8) -> String {
    format!("{byte:02X}")
}

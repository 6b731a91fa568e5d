//! Names as text: bytes that are not UTF-8 are percent-encoded, and can be decoded again.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Component, PathBuf},
};

use model::{Sha256, Submission};

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

/// Bytes a file system allows a name.
const NAME_MAX: usize = 255;

/// A name as text under which the file can be stored: encoding may make it longer than a file system takes, and then its
/// end gives way to a digest of all of it, before the extension.
pub(crate) fn stored_name(name: &OsStr) -> String {
    let text = encode_name(name);
    if text.len() <= NAME_MAX {
        return text;
    }
    let digest: String = Sha256::of(text.as_bytes()).to_hex().chars().take(16).collect();
    let extension = text.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| extension.len() <= 8);
    let tail = format!("~{digest}.{}", extension.unwrap_or("bin"));
    let mut kept = String::new();
    for letter in text.chars() {
        if kept.len() + letter.len_utf8() + tail.len() > NAME_MAX {
            break;
        }
        kept.push(letter);
    }
    kept + &tail
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

/// Whether every path of a submission stays below inbound. One that was claimed does; one that was read from elsewhere may say
/// anything.
pub fn stays_below(submission: &Submission) -> bool {
    let paths = submission.files.iter().map(|file| &file.path).chain([&submission.source]);
    paths.map(|path| decode_name(path)).all(|path| {
        let mut parts = path.components();
        path.components().next().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_name_fits_and_tells_names_apart() {
        assert_eq!(stored_name(OsStr::new("trang 1.jpg")), "trang 1.jpg");
        let long = |last: u8| {
            let mut name = vec![0xff; 250];
            name.push(last);
            name.extend(b".jpg");
            stored_name(OsStr::from_bytes(&name))
        };
        assert!(long(b'a').len() <= NAME_MAX);
        assert_eq!(long(b'a').rsplit('.').next(), Some("jpg"));
        assert_ne!(long(b'a'), long(b'b'));
    }
}

//! Words that make a reader which looks for objects itself find one, or the end of one: no listed object may hold them.
#![warn(clippy::indexing_slicing)]

use super::{Fault, Outcome};
use crate::reader::Reader;

/// Words that end a stream, an object, or a revision.
const MARKS: [&[u8]; 5] = [b"endstream", b"endobj", b"startxref", b"trailer", b"%%EOF"];
/// Bytes of the longest of them.
const LONGEST: usize = 9;

/// Whether one of the words stands in bytes.
pub(super) fn holds_mark(bytes: &[u8]) -> bool {
    MARKS.iter().any(|mark| contains(bytes, mark))
}

pub(super) fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// Whether an object seems to begin in bytes.
pub(super) fn begins_object(bytes: &[u8]) -> bool {
    let mut header = Header::default();
    bytes.iter().any(|byte| header.takes(*byte))
}

/// No word, and no beginning of an object, in a stretch of the file, which is read piece by piece.
pub(super) fn nothing_hides(reader: &Reader, start: u64, length: u64) -> Outcome<()> {
    let (mut found, mut header, mut carried) = (false, Header::default(), Vec::new());
    reader.source().each_chunk(start, length, |chunk| {
        found = found || chunk.iter().any(|byte| header.takes(*byte));
        carried.extend_from_slice(chunk);
        found = found || holds_mark(&carried);
        carried.drain(..carried.len().saturating_sub(LONGEST - 1));
    })?;
    if found { Err(Fault::Unclear("bytes that look like an object within a stream")) } else { Ok(()) }
}

/// Looks for `N G obj`: two numbers, white space or remarks between them. Where a remark begins depends on where one began
/// to read, so that all ways to read are followed at once, a bit for each place in the header.
#[derive(Default)]
struct Header(u16);

impl Header {
    const FIRST: u16 = 1;
    const SPACE: u16 = 1 << 1;
    const REMARK: u16 = 1 << 2;
    const SECOND: u16 = 1 << 3;
    const LATER_SPACE: u16 = 1 << 4;
    const LATER_REMARK: u16 = 1 << 5;
    const O: u16 = 1 << 6;
    const B: u16 = 1 << 7;

    /// Takes a byte; true when it ends a header.
    fn takes(&mut self, byte: u8) -> bool {
        let was = |places: u16| self.0 & places != 0;
        let mut now = 0;
        let mut go = |from: u16, to: u16| now |= if was(from) { to } else { 0 };
        // A line end ends a remark; everything else belongs to it.
        let ends_remark = matches!(byte, b'\n' | b'\r');
        go(Self::REMARK, if ends_remark { Self::SPACE } else { Self::REMARK });
        go(Self::LATER_REMARK, if ends_remark { Self::LATER_SPACE } else { Self::LATER_REMARK });
        match byte {
            b'0'..=b'9' => {
                go(Self::SPACE | Self::SECOND, Self::SECOND);
                now |= Self::FIRST;
            }
            // What any reader takes for white space; that of JavaScript has a no-break space among it.
            0 | b'\t'..=b'\r' | b' ' | 0xa0 => {
                go(Self::FIRST | Self::SPACE, Self::SPACE);
                go(Self::SECOND | Self::LATER_SPACE, Self::LATER_SPACE);
            }
            b'%' => {
                go(Self::FIRST | Self::SPACE, Self::REMARK);
                go(Self::SECOND | Self::LATER_SPACE, Self::LATER_REMARK);
            }
            b'o' => go(Self::SECOND | Self::LATER_SPACE, Self::O),
            b'b' => go(Self::O, Self::B),
            b'j' if was(Self::B) => return true,
            _ => {}
        }
        self.0 = now;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_however_they_are_spaced() {
        for text in [
            "4 0 obj",
            "x4 0 obj<<",
            "4\t0\0obj",
            "4 0obj",
            "4%a\n0%b\robj",
            "4 % 1 0\r\n % obj\n 0 obj",
            "1 4 0 obj",
            "%4 0 %\n 5 0 obj",
            "4\u{b}0 objnull",
        ] {
            assert!(begins_object(text.as_bytes()), "{text:?}");
        }
        assert!(begins_object(b"4\xa00 obj"));
        for text in ["", "4 obj", "a 0 obj", "4 0 R obj", "4 0 ob j", "4/0 obj", "40%0 obj", "4 0 o\nbj"] {
            assert!(!begins_object(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn random_bytes_are_no_header() {
        let mut state = 1_u64;
        let noise: Vec<u8> = (0..4 << 20)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        assert!(!begins_object(&noise) && !holds_mark(&noise));
    }
}

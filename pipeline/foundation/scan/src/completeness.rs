//! Whether a file is whole: a scan still being copied ends early, and its writer may be slow rather than done.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use model::SourceKind;

use crate::{Error, Limits, error::Fault, jpeg, tiff_file};

/// Whether a file has all its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// It ends as its form says.
    Whole,
    /// It ends early, or its structure does not hold (yet).
    CutOff {
        /// What is missing.
        detail: String,
    },
}

/// Checks the end of a file: JPEG end marker, TIFF directories and strips inside the file, PNG end chunk, PDF tail.
///
/// Damage counts as cut off: from outside, a file half written and a broken one look alike, and time tells them apart.
pub fn completeness(path: &Path, kind: SourceKind) -> Result<Completeness, Error> {
    let check = || -> Result<Option<String>, Fault> {
        let file = File::open(path).map_err(Fault::Io)?;
        let len = file.metadata().map_err(Fault::Io)?.len();
        let mut reader = BufReader::with_capacity(256 << 10, file);
        match kind {
            SourceKind::Jpeg => {
                Ok(jpeg::end(&mut reader)?.is_none().then(|| "the JPEG end marker is missing".to_owned()))
            }
            SourceKind::Tiff => tiff_file::cut_off(reader, len, &unlimited()),
            SourceKind::Png => png_end(&mut reader, len),
            SourceKind::Pdf => pdf_tail(&mut reader, len),
        }
    };
    match check() {
        Ok(None) => Ok(Completeness::Whole),
        Ok(Some(detail)) | Err(Fault::Damaged(detail)) => Ok(Completeness::CutOff { detail }),
        // What is unsupported or too large is whole enough to be refused later, with its reason.
        Err(Fault::Unsupported(_) | Fault::TooLarge(..)) => Ok(Completeness::Whole),
        Err(fault @ Fault::Io(_)) => Err(fault.at(path)),
    }
}

fn unlimited() -> Limits {
    Limits { bytes: u64::MAX, pixels: u64::MAX, ..Limits::default() }
}

/// Walks the chunks of a PNG to IEND.
fn png_end<R: Read + Seek>(reader: &mut R, len: u64) -> Result<Option<String>, Fault> {
    let missing = || Ok(Some("the PNG end chunk is missing".to_owned()));
    let mut at = 8_u64;
    while at.checked_add(12).is_some_and(|end| end <= len) {
        reader.seek(SeekFrom::Start(at)).map_err(Fault::Io)?;
        let mut head = [0_u8; 8];
        reader.read_exact(&mut head)?;
        let [a, b, c, d, kind @ ..] = head;
        at += 12 + u64::from(u32::from_be_bytes([a, b, c, d]));
        if &kind == b"IEND" {
            return if at <= len { Ok(None) } else { missing() };
        }
    }
    missing()
}

/// ISO 32000-1 §7.5.5: `startxref`, an offset, `%%EOF` at the end.
fn pdf_tail<R: Read + Seek>(reader: &mut R, len: u64) -> Result<Option<String>, Fault> {
    reader.seek(SeekFrom::Start(len.saturating_sub(2048))).map_err(Fault::Io)?;
    let mut tail = Vec::new();
    reader.take(2048).read_to_end(&mut tail).map_err(Fault::Io)?;
    let last = |needle: &[u8]| tail.windows(needle.len()).rposition(|window| window == needle);
    match (last(b"startxref"), last(b"%%EOF")) {
        (Some(start), Some(end)) if start < end => Ok(None),
        _ => Ok(Some("the PDF tail is missing".to_owned())),
    }
}

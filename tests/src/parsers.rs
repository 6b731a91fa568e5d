//! Every parser of foreign bytes, each behind the same door: bytes go in, and it returns, whatever they are.
//!
//! The fuzz targets (`tests/fuzz`) and the replay of their corpora (`tests/corpora.rs`) enter here.

use std::{io::Write as _, sync::Mutex};

use model::SourceKind;
use pki::{cms::SignedData, crl::Crl, ocsp::Response, timestamp, timestamp::TimestampToken};

/// Limits far below those of a real home, so that a bomb shows by its effort and not by the machine's end.
const LIMITS: scan::Limits = scan::Limits { bytes: 1 << 22, pixels: 1 << 20, frames: 64 };

/// A parser, by the name of its target and its corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parser {
    /// JPEG, TIFF and PNG: kind, completeness, frames, pixels.
    Scan,
    /// PDF: tail, objects, pages, signatures, validation data, images.
    Pdf,
    /// CMS signatures and the certificates in them.
    Signature,
    /// RFC 3161 tokens and answers.
    Timestamp,
    /// OCSP answers.
    Ocsp,
    /// Revocation lists.
    Crl,
    /// What people type into a search box.
    Query,
}

impl Parser {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Scan, Self::Pdf, Self::Signature, Self::Timestamp, Self::Ocsp, Self::Crl, Self::Query];

    /// The name of its fuzz target and of its corpus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Pdf => "pdf",
            Self::Signature => "signature",
            Self::Timestamp => "timestamp",
            Self::Ocsp => "ocsp",
            Self::Crl => "crl",
            Self::Query => "query",
        }
    }

    /// Reads bytes as its own. Returns whether they made sense, and never does anything else.
    ///
    /// # Panics
    /// When the parser does: that is what is looked for.
    pub fn read(self, bytes: &[u8]) -> bool {
        match self {
            Self::Scan => scan(bytes),
            Self::Pdf => pdf(bytes),
            Self::Signature => signature(bytes),
            Self::Timestamp => timestamp(bytes),
            Self::Ocsp => Response::parse(bytes).is_ok(),
            Self::Crl => Crl::parse(bytes).is_ok(),
            Self::Query => query(&String::from_utf8_lossy(bytes)),
        }
    }
}

/// A file with these bytes, for parsers that read files.
fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("bytes in it");
    file
}

fn scan(bytes: &[u8]) -> bool {
    let Some(kind) = scan::sniff(bytes) else { return false };
    if kind == SourceKind::Pdf {
        return false;
    }
    let file = file(bytes);
    let whole = scan::completeness(file.path(), kind).is_ok();
    let frames = scan::frames(file.path(), kind, &LIMITS).map_or(0, |frames| frames.len());
    let read = (0..frames.min(4)).filter(|index| {
        let index = u32::try_from(*index).unwrap_or(u32::MAX);
        scan::decode(file.path(), kind, index, &LIMITS).is_ok()
    });
    whole && read.count() > 0
}

fn pdf(bytes: &[u8]) -> bool {
    let file = file(bytes);
    let sound = pdf::signatures(file.path()).is_ok();
    let parts = [
        pdf::dss(file.path()).is_ok(),
        pdf::revisions(file.path()).is_ok(),
        pdf::annotation_boxes(file.path(), 1).is_ok(),
        pdf::images::page_images(file.path()).is_ok(),
        pdf::images::page_boxes(file.path()).is_ok(),
    ];
    sound && parts.iter().all(|part| *part)
}

fn signature(bytes: &[u8]) -> bool {
    let Ok(signed) = SignedData::parse(bytes) else { return false };
    let pool = signed.parsed_certificates();
    let Some(signer) = signed.signer() else { return false };
    let tokens = signer.timestamp_tokens();
    let whole = signer.certificate(&pool).is_some_and(|certificate| certificate.key_kind().is_ok());
    whole && tokens.iter().all(|token| TimestampToken::parse(token).is_ok())
}

fn timestamp(bytes: &[u8]) -> bool {
    let asked = timestamp::Request::new(&[7; 32], &[1; 16], None);
    let answered = timestamp::accept(&asked, bytes).is_ok();
    answered || TimestampToken::parse(bytes).is_ok_and(|token| token.verify(&[]).is_ok())
}

/// One empty index serves all queries of a process.
static INDEX: Mutex<Option<(tempfile::TempDir, search::Index)>> = Mutex::new(None);

fn query(text: &str) -> bool {
    let mut held = INDEX.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (_, index) = held.get_or_insert_with(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let index = search::Index::open(folder.path()).expect("an index");
        (folder, index)
    });
    // Any text is a query.
    index.find(text, 10).expect("an answer").total == 0
}

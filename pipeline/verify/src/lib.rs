//! Judges a PDF by the four verdicts of Điều 14, offline.
//!
//! *Purpose:* says of each signature in a file whether its information, the content, the certificate and the timestamp
//! hold, and of the file whether all do. *Knows:* EN 319 102-1 (past validation by proofs of existence), `PAdES`, what may
//! follow a seal. *Doesn't know:* the network, the clock, the system's certificates, stages or the register: it is handed
//! a file, the pinned anchors and a moment, and never changes anything.
//!
//! Time runs backwards here: the last document timestamp is judged now, each earlier one at the time of the next, and a
//! signature at the time of the first that covers it. What existed before such a time counts as it counted then.

mod content;
mod evidence;
mod report;
mod signature;
mod status;
mod timestamp;

use std::path::Path;

use jiff::Timestamp;
use pdf::{Reader, SignatureField, Source};
pub use pki::path::Anchors;
pub use report::{Judged, Reason, Report, SignatureReport, TimestampReport, Verdict};

use crate::{
    content::{Coverage, Steps},
    evidence::Evidence,
    timestamp::Stamps,
};

/// Signatures and timestamps judged in one file; every one costs a pass over it.
const SIGNATURES: usize = 64;

/// Judges a file. It always answers: a file that cannot be read is `invalid` with that reason.
pub fn judge(path: &Path, anchors: &Anchors, now: Timestamp) -> Report {
    judge_parts(&[path], anchors, now)
}

/// The same for a file that still lies in parts: a base and its appended revisions. The report names the first.
pub fn judge_parts<P: AsRef<Path>>(parts: &[P], anchors: &Anchors, now: Timestamp) -> Report {
    let mut report = Report::new(parts.first().map_or(Path::new(""), AsRef::as_ref));
    let judged = Source::joined(parts).and_then(|source| judge_file(source, anchors, now, &mut report));
    if let Err(error) = judged {
        report.note(Verdict::Invalid, Reason::Unreadable);
        report.detail = Some(error.to_string());
    }
    report.conclude();
    report
}

fn judge_file(source: Source, anchors: &Anchors, now: Timestamp, report: &mut Report) -> Result<(), pdf::Error> {
    let mut reader = Reader::new(source)?;
    let fields = pdf::signatures_in(&mut reader)?;
    if fields.len() > SIGNATURES {
        report.note(Verdict::Invalid, Reason::TooManySignatures);
        return Ok(());
    }
    let revisions = reader.tail().revisions();
    let length = reader.source().len();
    if !reader.tail().clean_end || revisions.last().is_none_or(|last| last.end != length) {
        report.note(Verdict::Invalid, Reason::BytesAfterEnd);
    }
    let source = reader.source().clone();
    let mut covered = Vec::with_capacity(fields.len());
    for field in &fields {
        covered.push(Coverage::of(field, &revisions, &source));
    }
    let (documents, signatures): (Vec<_>, Vec<_>) =
        fields.iter().zip(&covered).partition(|(field, _)| field.document_timestamp);
    let mut evidence = Evidence::collect(&source, &fields)?;
    let stamps = Stamps::judge(&documents, &source, &mut evidence, anchors, now)?;
    for stamp in &stamps.all {
        report.note_timestamp(stamp);
    }
    if signatures.is_empty() {
        report.note(Verdict::Invalid, Reason::NoSignature);
    }
    let mut judged = Vec::with_capacity(signatures.len());
    for (field, coverage) in &signatures {
        judged.push(signature::judge(field, coverage, &evidence, &stamps, anchors)?);
    }
    let steps = Steps::of(&source, &revisions, &signatures);
    content::judge_changes(&steps, &signatures, &stamps, &mut judged);
    report.signatures = judged;
    Ok(())
}

/// Fields with what each covers.
type Covered<'a> = [(&'a SignatureField, &'a Coverage)];

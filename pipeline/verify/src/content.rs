//! (b) The content: what a signature covers, whether those bytes are the signed ones, and what came after them.

use std::collections::BTreeMap;

use pdf::{Change, SignatureField, Source, tail::Revision};
use pki::algorithm::Digest;

use crate::{
    Covered,
    report::{Judged, Reason, SignatureReport, Verdict},
    timestamp::Stamps,
};

/// Revisions compared after the first signature.
const STEPS: usize = 128;

/// What one signature covers.
#[derive(Debug, Clone)]
pub(crate) struct Coverage {
    /// Whether the ranges are everything but the signature itself, up to the end of a revision.
    pub(crate) judged: Judged,
    /// Where the covered bytes end; 0 when that is unknown.
    pub(crate) end: u64,
    source: Source,
    ranges: Option<[u64; 4]>,
}

impl Coverage {
    pub(crate) fn of(field: &SignatureField, revisions: &[Revision], source: &Source) -> Self {
        let mut judged = Judged::valid();
        let end = field.covered_end().unwrap_or(0);
        if field.byte_range.is_none() || !field.hole_is_contents {
            judged.note(Verdict::Invalid, Reason::NotAllCovered);
        } else if !revisions.iter().any(|revision| (revision.eof..=revision.end).contains(&end)) {
            judged.note(Verdict::Invalid, Reason::NotAWholeRevision);
        }
        Self { judged, end, source: source.clone(), ranges: field.byte_range }
    }

    /// Digest of the covered bytes; one pass over the file.
    pub(crate) fn digest(&self, digest: Digest) -> Result<Vec<u8>, pdf::Error> {
        let mut context = digest.context();
        if let Some(ranges) = self.ranges {
            self.source.hash_ranges(ranges, &mut context)?;
        }
        Ok(context.finish().as_ref().to_vec())
    }
}

/// What each revision changed against the one before it, from the first signed one on.
#[derive(Debug)]
pub(crate) struct Steps(Vec<Step>);

#[derive(Debug)]
struct Step {
    /// Where the revision before ended.
    from: u64,
    /// None when the two cannot be compared.
    changes: Option<Vec<Change>>,
}

impl Steps {
    pub(crate) fn of(source: &Source, revisions: &[Revision], signatures: &Covered<'_>) -> Self {
        let first = signatures.iter().map(|(_, coverage)| coverage.end).filter(|end| *end > 0).min();
        let mut steps = Vec::new();
        for pair in revisions.windows(2) {
            let [before, after] = pair else { continue };
            if first.is_some_and(|first| first <= before.end) {
                let comparable = steps.len() < STEPS;
                let changes = if comparable { pdf::compare_in(source, before.end, after.end).ok() } else { None };
                steps.push(Step { from: before.end, changes });
            }
        }
        Self(steps)
    }
}

/// Judges, for each signature, what came after it, revision by revision. After our own seal only validation data and
/// document timestamps may follow (`DocMDP` P=2, read strictly). Another party's signature may be followed by a further
/// signature that itself holds (Điều 9: several parties sign one after another); anything else it does not forbid is
/// `indeterminate`.
pub(crate) fn judge_changes(steps: &Steps, signatures: &Covered<'_>, stamps: &Stamps, reports: &mut [SignatureReport]) {
    // The last signature first: whether it holds decides about the ones before it.
    let mut holds: BTreeMap<String, bool> = BTreeMap::new();
    for ((field, coverage), report) in signatures.iter().zip(reports).rev() {
        for step in steps.0.iter().filter(|step| step.from >= coverage.end && coverage.end > 0) {
            match &step.changes {
                // Something was added, though nothing of it can be reached.
                Some(changes) if changes.is_empty() && report.role.is_some() => {
                    report.content.note(Verdict::Invalid, Reason::ChangedLater);
                }
                Some(changes) => judge_each(changes, field, report, &holds, stamps),
                None => report.content.note(Verdict::Indeterminate, Reason::NotComparable),
            }
        }
        let held = report.parts().iter().all(|part| part.verdict == Verdict::Valid);
        holds.insert(field.name.clone(), held);
    }
}

fn judge_each(
    changes: &[Change],
    field: &SignatureField,
    report: &mut SignatureReport,
    holds: &BTreeMap<String, bool>,
    stamps: &Stamps,
) {
    let ours = report.role.is_some();
    let certifies = field.doc_mdp.is_some();
    for change in changes {
        let (verdict, reason) = match change {
            Change::ValidationData => continue,
            Change::DocumentTimestamp(name) if stamps.has(name) => continue,
            Change::Signature(_) | Change::DocumentTimestamp(_) if ours || field.doc_mdp == Some(1) => {
                (Verdict::Invalid, Reason::ChangedLater)
            }
            Change::Signature(name) if holds.get(name) == Some(&true) => continue,
            Change::Signature(_) | Change::DocumentTimestamp(_) => (Verdict::Indeterminate, Reason::AddedLater),
            Change::Page(_) | Change::PageTree | Change::Other(_) | Change::Metadata if certifies || ours => {
                (Verdict::Invalid, Reason::ChangedLater)
            }
            Change::Form(_) | Change::Annotations(_) if ours || matches!(field.doc_mdp, Some(1 | 2)) => {
                (Verdict::Invalid, Reason::ChangedLater)
            }
            Change::Form(_)
            | Change::Annotations(_)
            | Change::Page(_)
            | Change::PageTree
            | Change::Other(_)
            | Change::Metadata => (Verdict::Indeterminate, Reason::AddedLater),
        };
        report.content.note(verdict, reason);
    }
}

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
    let bond = Bond { ours: report.role.is_some(), doc_mdp: field.doc_mdp };
    let known = |name: &str| stamps.has(name) || holds.get(name) == Some(&true);
    for change in changes {
        if let Some((verdict, reason)) = bond.objection(change, changes, known) {
            report.content.note(verdict, reason);
        }
    }
}

/// What a signature lets follow.
#[derive(Debug, Clone, Copy)]
struct Bond {
    ours: bool,
    doc_mdp: Option<i64>,
}

impl Bond {
    /// What is to be said against one change among those of its revision. `known` says whether a later timestamp is not
    /// broken, or a later signature holds.
    fn objection(self, change: &Change, changes: &[Change], known: impl Fn(&str) -> bool) -> Option<(Verdict, Reason)> {
        let forbidden = Some((Verdict::Invalid, Reason::ChangedLater));
        let unprotected = Some((Verdict::Indeterminate, Reason::AddedLater));
        let Self { ours, doc_mdp } = self;
        match change {
            Change::ValidationData => None,
            // Many tools write so without malice; what other readers make of a sealed file must be certain.
            Change::Unclear(_) if ours => forbidden,
            Change::Unclear(_) => None,
            Change::DocumentTimestamp(name) if known(name) => None,
            Change::DocumentTimestamp(_) | Change::Signature(_) if ours || doc_mdp == Some(1) => forbidden,
            Change::Signature(name) if known(name) => None,
            Change::DocumentTimestamp(_) | Change::Signature(_) => unprotected,
            // Signing tools write their name and the date into the document information along with what they add; no page
            // shows it. Others' signatures may be followed by more of it.
            Change::Writer if along_with_signing(changes) => None,
            Change::Metadata if !ours && doc_mdp != Some(1) && along_with_signing(changes) => None,
            Change::Page(_) | Change::PageTree | Change::Other(_) | Change::Writer | Change::Metadata
                if ours || doc_mdp.is_some() =>
            {
                forbidden
            }
            Change::Form(_) | Change::Annotations(_) if ours || matches!(doc_mdp, Some(1 | 2)) => forbidden,
            Change::Form(_)
            | Change::Annotations(_)
            | Change::Page(_)
            | Change::PageTree
            | Change::Other(_)
            | Change::Writer
            | Change::Metadata => unprotected,
        }
    }
}

fn along_with_signing(changes: &[Change]) -> bool {
    changes.iter().any(|change| change.only_secures() || matches!(change, Change::Signature(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_follow_whom() {
        const FORBIDDEN: Option<Verdict> = Some(Verdict::Invalid);
        const UNPROTECTED: Option<Verdict> = Some(Verdict::Indeterminate);
        let [ours, free] = [(true, Some(2)), (false, None)].map(|(ours, doc_mdp)| Bond { ours, doc_mdp });
        let [closed, forms, notes] = [1, 2, 3].map(|p| Bond { ours: false, doc_mdp: Some(p) });
        let named = |name: &str| name.to_owned();
        let check = |change: Change, expect: [Option<Verdict>; 5]| {
            for (bond, expect) in [ours, free, closed, forms, notes].into_iter().zip(expect) {
                let said = bond.objection(&change, std::slice::from_ref(&change), |name| name == "good");
                assert_eq!(said.map(|(verdict, _)| verdict), expect, "{change:?} after {bond:?}");
            }
        };
        check(Change::ValidationData, [None; 5]);
        check(Change::DocumentTimestamp(named("good")), [None; 5]);
        check(Change::DocumentTimestamp(named("bad")), [FORBIDDEN, UNPROTECTED, FORBIDDEN, UNPROTECTED, UNPROTECTED]);
        check(Change::Signature(named("good")), [FORBIDDEN, None, FORBIDDEN, None, None]);
        check(Change::Signature(named("bad")), [FORBIDDEN, UNPROTECTED, FORBIDDEN, UNPROTECTED, UNPROTECTED]);
        check(Change::Annotations(1), [FORBIDDEN, UNPROTECTED, FORBIDDEN, FORBIDDEN, UNPROTECTED]);
        check(Change::Form(named("f")), [FORBIDDEN, UNPROTECTED, FORBIDDEN, FORBIDDEN, UNPROTECTED]);
        let others =
            [Change::Page(1), Change::PageTree, Change::Writer, Change::Metadata, Change::Other(named("Names"))];
        for change in others {
            check(change, [FORBIDDEN, UNPROTECTED, FORBIDDEN, FORBIDDEN, FORBIDDEN]);
        }
        check(Change::Unclear("a key stands twice"), [FORBIDDEN, None, None, None, None]);
        let with_signature = [Change::Metadata, Change::Signature(named("good"))];
        assert_eq!(free.objection(&with_signature[0], &with_signature, |_| true), None);
        assert!(ours.objection(&with_signature[0], &with_signature, |_| true).is_some());
        let renewed = [Change::Writer, Change::DocumentTimestamp(named("good"))];
        for bond in [ours, free, closed, forms, notes] {
            assert_eq!(bond.objection(&renewed[0], &renewed, |_| true), None, "{bond:?}");
        }
    }
}

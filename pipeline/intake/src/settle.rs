//! When a scan's writer is done: two looks apart with nothing moved, no unfinished twin, every file structurally whole.

use std::{collections::BTreeMap, fs::File, io::Read as _, path::Path, time::Duration};

use jiff::{SignedDuration, Timestamp};
use model::{HoldReason, SourceKind};
use scan::Completeness;

use crate::{
    find::{Candidate, Shape},
    names::encode_name,
};

/// What a look says about a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its writer may still be at work.
    Arriving,
    /// It may be claimed.
    Settled,
    /// A person must see to it; reason and detail.
    Hold(HoldReason, String),
}

struct Known {
    look: String,
    since: Timestamp,
    /// The last look at it.
    last: Timestamp,
    /// What was decided of this very look; structure is read once.
    decided: Option<Verdict>,
}

/// What was not seen for so long is forgotten: documents leave inbound.
const FORGET_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// How many are remembered before the forgotten are cleared away.
const CROWD: usize = 1024;

/// Remembers looks. It lives as long as the process: after a start everything is looked at twice again.
pub struct Settler {
    settle: SignedDuration,
    incomplete_after: SignedDuration,
    known: BTreeMap<String, Known>,
}

impl std::fmt::Debug for Settler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settler").field("known", &self.known.len()).finish_non_exhaustive()
    }
}

impl Settler {
    /// Two looks `settle` apart; what is still cut off after `incomplete_after` is held.
    pub fn new(settle: Duration, incomplete_after: Duration) -> Self {
        let signed = |d| SignedDuration::try_from(d).unwrap_or(SignedDuration::MAX);
        Self { settle: signed(settle), incomplete_after: signed(incomplete_after), known: BTreeMap::new() }
    }

    /// What this look says.
    pub fn consider(&mut self, candidate: &Candidate, now: Timestamp) -> Verdict {
        let look = candidate.look();
        let moved = self.known.get(&candidate.source).is_none_or(|known| known.look != look);
        if moved {
            if self.known.len() >= CROWD {
                self.known.retain(|_, known| now.duration_since(known.last) < FORGET_AFTER);
            }
            self.known.insert(candidate.source.clone(), Known { look, since: now, last: now, decided: None });
        }
        let Some(known) = self.known.get_mut(&candidate.source) else { return Verdict::Arriving };
        known.last = now;
        known.since = known.since.min(now); // the clock was set back
        if candidate.unfinished.is_some() {
            return Verdict::Arriving;
        }
        if moved || now.duration_since(known.since) < self.settle {
            return Verdict::Arriving;
        }
        if let Some(decided) = &known.decided {
            return decided.clone();
        }
        let (verdict, lasting) = decide(candidate, known.since, now, self.incomplete_after);
        known.decided = lasting.then(|| verdict.clone());
        verdict
    }
}

/// The verdict, and whether it lasts as long as the look is the same.
fn decide(
    candidate: &Candidate,
    since: Timestamp,
    now: Timestamp,
    incomplete_after: SignedDuration,
) -> (Verdict, bool) {
    if let Shape::Odd { mixed, detail } = &candidate.shape {
        let reason = if *mixed { HoldReason::Mixed } else { HoldReason::Unsupported };
        return (Verdict::Hold(reason, detail.clone()), true);
    }
    // A file from the future is as old as we know it.
    let newest = candidate.files.iter().map(|file| file.modified).max().filter(|at| *at <= now).unwrap_or(since);
    for file in &candidate.files {
        // What cannot be read now may be readable later, though its outside stays the same.
        let (detail, lasting) = match missing(&file.path) {
            Ok(None) => continue,
            Ok(Some(detail)) => (detail, true),
            Err(detail) => (detail, false),
        };
        if now.duration_since(newest) < incomplete_after {
            return (Verdict::Arriving, false);
        }
        let name = encode_name(file.path.file_name().unwrap_or_default());
        return (Verdict::Hold(HoldReason::Unreadable, format!("{name}: {detail}")), lasting);
    }
    (Verdict::Settled, true)
}

/// What a file lacks to be whole; nothing when it is, or when it is of a form that only a claim can refuse.
fn missing(path: &Path) -> Result<Option<String>, String> {
    let head = head(path).map_err(|e| e.to_string())?;
    let Some(kind) = scan::sniff(&head) else {
        // Room made for bytes to come is zeros; anything else that long has shown what it is.
        let begun = head.len() >= 16 && head.iter().any(|byte| *byte != 0);
        return Ok((!begun).then(|| "it does not begin like a scan".to_owned()));
    };
    match scan::completeness(path, kind) {
        Ok(Completeness::Whole) => Ok(None),
        Ok(Completeness::CutOff { detail }) => Ok(Some(detail)),
        Err(error) => Err(error.to_string()),
    }
}

/// The form of a file by its first bytes.
pub fn kind_of(path: &Path) -> std::io::Result<Option<SourceKind>> {
    Ok(scan::sniff(&head(path)?))
}

fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(1024);
    File::open(path)?.take(1024).read_to_end(&mut head)?;
    Ok(head)
}

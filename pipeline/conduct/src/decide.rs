//! A person's decision about a document that waits for one: what may be decided, what is recorded, what follows.
//!
//! A decision is about content: it is recorded with the document's identity and holds for no other pages.

mod allowed;

use jiff::Timestamp;
use model::{DocumentId, HoldReason, Placement, RectMm, Secrecy, Stage, Submission, event::EventKind, stage::JobState};
use preserve::DirectoryCopy;
use register::{Commit, Facts, Job};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Home, refused::Refused, steps};

pub use allowed::{Act, acts, page};
pub(crate) use allowed::{SecrecyFound, hold, secrecy_found};

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Decision {
    /// Try again as it now is; an earlier decision about the same matter is dropped.
    Retry,
    /// Go on with what was found: the secrecy mark is none, the pages are all there are, the signature is kept as it came.
    Accept {
        /// For pages that do not fit the declaration: how many sheets there really are, when the person counted them.
        sheets: Option<u32>,
    },
    /// The review is passed.
    Approve,
    /// Turn the document away; its scan stays where it is.
    Reject,
    /// Put the mark where or as large as a person says.
    Place(Wanted),
}

/// Where a person wants the mark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// One size of the ladder, searched in its zones.
    Size(String),
    /// A box on page one, mm from the displayed page's top-left corner.
    Box {
        /// Left edge.
        x_mm: f64,
        /// Top edge.
        y_mm: f64,
        /// Width and height; without them the largest size of the ladder that is blank there.
        size: Option<(f64, f64)>,
    },
}

impl Decision {
    /// Which act it is.
    pub fn act(&self) -> Act {
        match self {
            Self::Retry => Act::Retry,
            Self::Accept { .. } => Act::Accept,
            Self::Approve => Act::Approve,
            Self::Reject => Act::Reject,
            Self::Place(_) => Act::Place,
        }
    }
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Decided {
    /// The document goes on, or is turned away.
    Moved,
    /// Nothing was changed.
    Refused(Refused),
}

/// A decision as it stays on the document's card and in `certification.json`, under the reason it was about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The act.
    pub decision: Act,
    /// Who.
    pub by: String,
    /// In the person's own words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// When.
    pub at: Timestamp,
    /// The content it is about.
    pub document: DocumentId,
    /// The secrecy mark that is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Secrecy>,
    /// What was declared and does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// How many sheets there really are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheets: Option<u32>,
    /// The place, with its proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
}

/// What was decided about this content for a reason, when it still counts.
pub(crate) fn recorded(job: &Job, reason: &str, document: DocumentId) -> Option<Recorded> {
    let stored = job.card.get("decisions")?.get(reason)?;
    serde_json::from_value::<Recorded>(stored.clone()).ok().filter(|recorded| recorded.document == document)
}

/// The one document a name stands for that waits for somebody, as long as it is the one that was seen.
pub(crate) fn waiting(home: &Home, name: &str, seen: Option<i64>) -> Result<Result<Job, Refused>, Error> {
    let named = home.register.named(name)?;
    let known = named.len();
    let mut waiting: Vec<Job> = named.into_iter().filter(|job| !acts(job).is_empty()).collect();
    Ok(match (waiting.pop(), waiting.len()) {
        (Some(job), 0) if seen.is_none_or(|seen| seen == job.version) => Ok(job),
        (Some(_), 0) => Err(Refused::Changed),
        (Some(_), others) => Err(Refused::Several { count: others + 1 }),
        (None, _) if known == 0 => Err(Refused::NoSuch),
        (None, _) if seen.is_some() => Err(Refused::Changed),
        (None, _) => Err(Refused::NotWaiting),
    })
}

/// Commits what a person said of a job, unless it moved since it was looked at.
pub(crate) fn commit(home: &Home, job: &Job, commits: &[Commit]) -> Result<Result<(), Refused>, Error> {
    match home.register.commit(job, commits) {
        Ok(_) => {}
        Err(register::Error::Moved { .. }) => return Ok(Err(Refused::Changed)),
        Err(error) => return Err(error.into()),
    }
    // What a person said is not asked twice: the copies have it before it is acknowledged, as far as they can be reached.
    home.flush_journal()?;
    Ok(Ok(()))
}

/// Records a decision by a person and lets the document move. A number booked for a rejected document becomes void, visibly.
/// `seen` is the job's version that the person looked at: what became another matter meanwhile is not decided. None is for
/// whoever names the document and decides in one breath.
///
/// # Errors
/// The register's own, and work files that cannot be read. What the document's state does not allow is an answer.
pub fn decide(
    home: &Home,
    name: &str,
    seen: Option<i64>,
    decision: &Decision,
    by: &str,
    why: &str,
) -> Result<Decided, Error> {
    let job = match waiting(home, name, seen)? {
        Ok(job) => job,
        Err(refused) => return Ok(Decided::Refused(refused)),
    };
    let (act, allowed) = (decision.act(), acts(&job));
    if !allowed.contains(&act) {
        return Ok(Decided::Refused(Refused::NotAllowed { act, allowed }));
    }
    let facts = match facts(home, &job, decision, by, why.trim())? {
        Ok(facts) => facts,
        Err(refused) => return Ok(Decided::Refused(refused)),
    };
    let mut commits = Vec::new();
    if act == Act::Reject {
        if let Some(copy) = may_be_stored(home, &job)? {
            return Ok(Decided::Refused(Refused::MaybeStored { copy }));
        }
        commits.extend(steps::certify::void_on_rejection(home, &job)?);
    }
    let event =
        EventKind::Decided { decision: act.name().to_owned(), actor: by.to_owned(), why: why.trim().to_owned() };
    commits.push(Commit::of(event).with(facts).by(by));
    if act != Act::Reject && !steps::is_sealed(home, &job) && work_is_gone(home, &job)? {
        // After a rebuild elsewhere: the decision stands, the reading is made again.
        commits.push(Commit::of(EventKind::Restarted));
    }
    Ok(match commit(home, &job, &commits)? {
        Ok(()) => Decided::Moved,
        Err(refused) => Decided::Refused(refused),
    })
}

/// Whether the mark could stand where a person wants it, as [`decide`] will judge it; nothing is recorded.
///
/// # Errors
/// As [`decide`].
pub fn try_place(home: &Home, name: &str, wanted: &Wanted) -> Result<Result<Placement, Refused>, Error> {
    match waiting(home, name, None)? {
        Ok(job) if acts(&job).contains(&Act::Place) => place(home, &job, wanted),
        Ok(job) => Ok(Err(Refused::NotAllowed { act: Act::Place, allowed: acts(&job) })),
        Err(refused) => Ok(Err(refused)),
    }
}

/// The first copy that holds a document with a number, or a sealed one's that cannot be asked: storing may have ended there before
/// something went wrong.
fn may_be_stored(home: &Home, job: &Job) -> Result<Option<String>, Error> {
    let Some(id) = job.document else { return Ok(None) };
    if home.register.booking_of(job.no)?.is_none() {
        return Ok(None);
    }
    let sealed = steps::is_sealed(home, job);
    let may_hold = |copy: &Result<DirectoryCopy, Error>| copy.as_ref().map_or(sealed, |copy| steps::holds(copy, id));
    Ok(home.copies().into_iter().find(|(_, copy)| may_hold(copy)).map(|(name, _)| name))
}

fn work_is_gone(home: &Home, job: &Job) -> Result<bool, Error> {
    let past_intake =
        matches!(&job.state, JobState::Held(stage, _) | JobState::Waiting(stage, _) if *stage > Stage::Intake);
    let gone = home.register.artifacts(job.no)?.iter().any(|artifact| !home.root.join(&artifact.path).is_file());
    Ok(past_intake && gone && home.register.stored(job.no)?.is_empty())
}

/// What the decision sets on the card.
fn facts(home: &Home, job: &Job, decision: &Decision, by: &str, why: &str) -> Result<Result<Facts, Refused>, Error> {
    let reason = match &job.state {
        JobState::Held(_, reason) | JobState::Waiting(_, reason) => reason.clone(),
        JobState::Ready(_) | JobState::Running(_) | JobState::Duplicate | JobState::Rejected | JobState::Done => {
            return Ok(Err(Refused::NotWaiting));
        }
    };
    let mut decisions = job.card.get("decisions").and_then(Value::as_object).cloned().unwrap_or_default();
    match (decision, job.document) {
        (Decision::Reject, _) => return Ok(Ok(Facts::new())),
        (Decision::Retry, _) => drop(decisions.remove(&reason)),
        (_, None) => return Ok(Err(Refused::NoIdentity)),
        (Decision::Accept { .. } | Decision::Approve | Decision::Place(_), Some(document)) => {
            let mut recorded = Recorded {
                decision: decision.act(),
                by: by.to_owned(),
                why: why.to_owned(),
                at: home.clock.now(),
                document,
                level: None,
                declared: None,
                sheets: None,
                placement: None,
            };
            if let Err(refused) = particulars(home, job, decision, &mut recorded)? {
                return Ok(Err(refused));
            }
            decisions.insert(reason, serde_json::to_value(recorded)?);
        }
    }
    let decisions = if decisions.is_empty() { Value::Null } else { Value::Object(decisions) };
    Ok(Ok(steps::facts([("decisions", decisions)])))
}

/// What belongs to a decision beside who, when and why; and whether it can stand.
fn particulars(
    home: &Home,
    job: &Job,
    decision: &Decision,
    recorded: &mut Recorded,
) -> Result<Result<(), Refused>, Error> {
    match decision {
        Decision::Accept { sheets } => {
            if recorded.why.is_empty() {
                return Ok(Err(Refused::WhyMissing));
            }
            recorded.level = secrecy_found(job).map(|found| found.level);
            let pages = job.card.get("pages").and_then(Value::as_u64).and_then(|pages| u32::try_from(pages).ok());
            let incomplete = matches!(&job.state, JobState::Held(_, reason) if reason == HoldReason::Incomplete.code());
            match (sheets, pages) {
                (Some(_), _) if !incomplete => return Ok(Err(Refused::SheetsOutOfPlace)),
                (Some(sheets), Some(pages)) if !intake::sheets_fit(*sheets, pages) => {
                    return Ok(Err(Refused::SheetsDoNotFit { sheets: *sheets, pages }));
                }
                (sheets, pages) if incomplete => {
                    // One page is one sheet; of more pages nobody knows unless somebody counted.
                    recorded.sheets = sheets.or(pages.filter(|pages| *pages == 1));
                    recorded.declared = job
                        .card
                        .get("detail")
                        .and_then(|detail| detail.pointer("/facts/declared"))
                        .and_then(Value::as_str)
                        .map(str::to_owned);
                }
                _ => {}
            }
        }
        Decision::Place(wanted) => match place(home, job, wanted)? {
            Ok(placement) => {
                recorded.placement = Some(Placement { decided_by: Some(recorded.by.clone()), ..placement });
            }
            Err(refused) => return Ok(Err(refused)),
        },
        Decision::Approve | Decision::Retry | Decision::Reject => {}
    }
    Ok(Ok(()))
}

/// Looks at the page for what was asked; nothing is ever covered (Điều 13.3).
fn place(home: &Home, job: &Job, wanted: &Wanted) -> Result<Result<Placement, Refused>, Error> {
    if work_is_gone(home, job)? {
        return Ok(Err(Refused::WorkGone));
    }
    let submission: Submission = steps::submission(home, job)?;
    let mut site = steps::certify::Site::of(home, job, &submission)?;
    Ok(match wanted {
        Wanted::Size(name) => {
            let known: Vec<String> = site.ladder.sizes.iter().map(|size| size.name.clone()).collect();
            site.ladder.sizes.retain(|size| size.name == *name);
            if site.ladder.sizes.is_empty() {
                return Ok(Err(Refused::NoSuchSize { known }));
            }
            site.find().map_err(|_| Refused::NoPlaceOfSize { size: name.clone() })
        }
        Wanted::Box { x_mm, y_mm, size: Some((width, height)) } => site
            .at(RectMm { x: *x_mm, y: *y_mm, width: *width, height: *height }, "box")
            .map_err(|why| site.refused(why)),
        Wanted::Box { x_mm, y_mm, size: None } => {
            let mut last = Refused::NoSuchSize { known: Vec::new() };
            for size in &site.ladder.sizes {
                let rect = RectMm { x: *x_mm, y: *y_mm, width: size.width_mm, height: size.height_mm };
                match site.at(rect, &size.name) {
                    Ok(placement) => return Ok(Ok(placement)),
                    Err(why) => last = site.refused(why),
                }
            }
            Err(last)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_cross_the_socket() {
        for decision in [
            Decision::Retry,
            Decision::Accept { sheets: Some(3) },
            Decision::Accept { sheets: None },
            Decision::Approve,
            Decision::Reject,
            Decision::Place(Wanted::Size("small".into())),
            Decision::Place(Wanted::Box { x_mm: 1.5, y_mm: 2.0, size: None }),
            Decision::Place(Wanted::Box { x_mm: 1.5, y_mm: 2.0, size: Some((70.0, 25.0)) }),
        ] {
            let said = serde_json::to_string(&decision).expect("JSON");
            assert_eq!(serde_json::from_str::<Decision>(&said).ok().as_ref(), Some(&decision), "{said}");
            assert!(said.contains(decision.act().name()), "{said}");
        }
    }
}

//! The queue: enter, take, commit, decide, recover.

use failpoint::failpoint;
use jiff::Timestamp;
use model::{DocumentId, Stage, event::EventKind, stage::JobState};
use rusqlite::{Row, Transaction, TransactionBehavior, params};

use crate::{
    Error, Register, fold,
    record::{Artifact, Facts, Record},
};

/// Who acts when no person does.
pub(crate) const MACHINE: &str = "mocban";

/// One document on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Number of the job in this register.
    pub no: i64,
    /// Path below inbound.
    pub source: String,
    /// Identity, once read.
    pub document: Option<DocumentId>,
    /// Where it stands.
    pub state: JobState,
    /// Attempts of the present stage.
    pub attempt: u32,
    /// For compare-and-set.
    pub version: i64,
    /// The document's card: all facts set so far.
    pub card: Facts,
}

/// One event to commit, with its facts and files.
#[derive(Debug, Clone)]
pub struct Commit {
    /// What happened.
    pub event: EventKind,
    /// Facts for the card.
    pub facts: Facts,
    /// Published files.
    pub artifacts: Vec<Artifact>,
    /// Who.
    pub actor: String,
}

impl Commit {
    /// An event without facts, by the machine.
    pub fn of(event: EventKind) -> Self {
        Self { event, facts: Facts::new(), artifacts: Vec::new(), actor: MACHINE.to_owned() }
    }

    /// With facts.
    #[must_use]
    pub fn with(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// With published files.
    #[must_use]
    pub fn publishing(mut self, artifacts: Vec<Artifact>) -> Self {
        self.artifacts = artifacts;
        self
    }

    /// By a person.
    #[must_use]
    pub fn by(mut self, actor: &str) -> Self {
        actor.clone_into(&mut self.actor);
        self
    }
}

impl Register {
    /// A document was seen in inbound. `look` tells this content's outside (sizes and times) apart from another's.
    /// Nothing happens while the same source is open, or is held, rejected or a duplicate with the same look; a held
    /// document whose files changed is tried again, and so is a duplicate whose first was turned away. Answers the job that was
    /// made ready.
    pub fn enter(&self, source: &str, look: &str) -> Result<Option<i64>, Error> {
        self.enter_and(source, look, None)
    }

    /// As [`Self::enter`], followed at once by another event (a hold, a wait), so that no lane takes the job between them.
    pub fn enter_and(&self, source: &str, look: &str, then: Option<&Commit>) -> Result<Option<i64>, Error> {
        self.write(|tx, now| {
            let entered = Self::enter_in(tx, now, source, look)?;
            if let (Some(no), Some(then)) = (entered, then) {
                add(tx, now, Some(no), then)?;
            }
            Ok(entered)
        })
    }

    /// A document that is stored already, found after a rebuild: whatever else lies at its source, it is a job of its own.
    pub fn enter_stored(&self, source: &str) -> Result<i64, Error> {
        self.write(|tx, now| begin(tx, now, source, Facts::new()))
    }

    fn enter_in(tx: &Transaction<'_>, now: Timestamp, source: &str, look: &str) -> Result<Option<i64>, Error> {
        let last = tx
            .prepare_cached(&format!("{SELECT} WHERE source = ?1 ORDER BY no DESC LIMIT 1"))?
            .query_map([source], job_of_row)?
            .next()
            .transpose()?;
        let mut facts = Facts::new();
        facts.insert("look".into(), look.into());
        match last {
            Some(job) if fold::is_open(&job.state) => Ok(None),
            Some(Job { state: JobState::Duplicate, document: Some(document), .. }) if !is_carried(tx, document)? => {
                begin(tx, now, source, facts).map(Some)
            }
            // Its originals left inbound before it was done: whatever lies there now was dropped anew.
            Some(job) if job.state != JobState::Done && job.card.get("look").and_then(|v| v.as_str()) == Some(look) => {
                Ok(None)
            }
            // What was sealed stands: other bytes at its place are a person's matter.
            Some(Job { state: JobState::Held(..), card, .. }) if card.contains_key("sealed_sha256") => Ok(None),
            Some(Job { no, state: JobState::Held(..), .. }) => {
                add(tx, now, Some(no), &Commit::of(EventKind::Tried { source: source.into() }).with(facts))?;
                Ok(Some(no))
            }
            _ => begin(tx, now, source, facts).map(Some),
        }
    }

    /// Takes the most advanced, then oldest, ready job of the given stages, and with it up to `most` in all of the same stage. `skip`
    /// names jobs whose time has not come. A job that was begun before goes alone: what ends badly is counted against all that
    /// were taken with it.
    pub fn take(&self, stages: &[Stage], skip: &[i64], most: usize) -> Result<Vec<Job>, Error> {
        self.write(|tx, now| {
            let mut stages = stages.to_vec();
            stages.sort();
            for stage in stages.iter().rev() {
                let taken = takeable(tx, *stage, skip, most)?;
                if !taken.is_empty() {
                    let start = |no: i64| {
                        add(tx, now, Some(no), &Commit::of(EventKind::Started { stage: *stage }))?;
                        load(tx, no)
                    };
                    return taken.into_iter().map(start).collect();
                }
            }
            Ok(Vec::new())
        })
    }

    /// Commits events of one job in one transaction, if it still is at `job.version`; answers the job as it now is.
    ///
    /// # Errors
    /// [`Error::Moved`] when the job is no longer where it was.
    pub fn commit(&self, job: &Job, commits: &[Commit]) -> Result<Job, Error> {
        self.write(|tx, now| {
            if load(tx, job.no)?.version != job.version {
                return Err(Error::Moved { job: job.no });
            }
            for commit in commits {
                add(tx, now, Some(job.no), commit)?;
            }
            load(tx, job.no)
        })
    }

    /// Makes every job of a stage that is ready wait for a cause (the stage pauses as a whole).
    pub fn pause(&self, stage: Stage, cause: &str) -> Result<u64, Error> {
        self.write(|tx, now| {
            let ready: Vec<i64> = tx
                .prepare_cached("SELECT no FROM job WHERE state = 'ready' AND stage = ?1 ORDER BY no")?
                .query_map([stage.name()], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for no in &ready {
                add(tx, now, Some(*no), &Commit::of(EventKind::Waited { cause: cause.into() }))?;
            }
            Ok(ready.len() as u64)
        })
    }

    /// Lets every waiting job of a cause go on; answers how many.
    pub fn resume(&self, cause: &str) -> Result<u64, Error> {
        self.write(|tx, now| {
            let waiting: Vec<i64> = tx
                .prepare_cached("SELECT no FROM job WHERE state = 'waiting' AND reason = ?1 ORDER BY no")?
                .query_map([cause], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for no in &waiting {
                add(tx, now, Some(*no), &Commit::of(EventKind::Resumed))?;
            }
            Ok(waiting.len() as u64)
        })
    }

    /// Start-up is crash recovery: what was running when the process died is made ready again, its attempt kept.
    pub fn recover(&self) -> Result<Vec<i64>, Error> {
        self.write(|tx, now| {
            let running: Vec<i64> = tx
                .prepare_cached("SELECT no FROM job WHERE state = 'running' ORDER BY no")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for no in &running {
                add(tx, now, Some(*no), &Commit::of(EventKind::Recovered))?;
            }
            Ok(running)
        })
    }

    /// Notes an event about the home itself (a fixity check of a copy).
    pub fn note(&self, commit: &Commit) -> Result<(), Error> {
        self.write(|tx, now| add(tx, now, None, commit))
    }

    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, Timestamp) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let now = self.clock.now();
        let mut connection = self.lock();
        let before = connection.total_changes();
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = work(&tx, now)?;
        if tx.total_changes() == before {
            // A look that found nothing to do has nothing to make durable.
            return Ok(answer);
        }
        failpoint!("register:commit:before");
        tx.commit()?;
        failpoint!("register:commit:after");
        Ok(answer)
    }
}

fn begin(tx: &Transaction<'_>, now: Timestamp, source: &str, facts: Facts) -> Result<i64, Error> {
    let no: i64 = tx.query_row("SELECT coalesce(max(no), 0) + 1 FROM job", [], |row| row.get(0))?;
    add(tx, now, Some(no), &Commit::of(EventKind::Entered { source: source.into() }).with(facts))?;
    Ok(no)
}

/// Whether some job has the content on its way or behind it; a duplicate or a rejected one does not.
fn is_carried(tx: &Transaction<'_>, document: DocumentId) -> Result<bool, Error> {
    Ok(tx
        .prepare_cached("SELECT 1 FROM job WHERE document = ?1 AND state NOT IN ('duplicate', 'rejected')")?
        .exists([document.to_string()])?)
}

/// The ready jobs of a stage that are taken now: the oldest one and, unless it was begun before, others that were not either.
fn takeable(tx: &Transaction<'_>, stage: Stage, skip: &[i64], most: usize) -> Result<Vec<i64>, Error> {
    let mut statement =
        tx.prepare_cached("SELECT no, attempt > 0 FROM job WHERE state = 'ready' AND stage = ?1 ORDER BY no")?;
    let mut rows = statement.query([stage.name()])?;
    let mut taken = Vec::new();
    while let Some(row) = rows.next()? {
        let (no, begun): (i64, bool) = (row.get(0)?, row.get(1)?);
        if skip.contains(&no) || (begun && !taken.is_empty()) {
            continue;
        }
        taken.push(no);
        if begun || taken.len() == most {
            break;
        }
    }
    Ok(taken)
}

pub(crate) const SELECT: &str = "SELECT no, source, document, state, stage, reason, attempt, version, card FROM job";

pub(crate) fn add(tx: &Transaction<'_>, now: Timestamp, job: Option<i64>, commit: &Commit) -> Result<(), Error> {
    let (seq, prev) = fold::head(tx)?;
    let record = Record {
        seq: seq + 1,
        at: now,
        job,
        actor: commit.actor.clone(),
        event: commit.event.clone(),
        facts: commit.facts.clone(),
        artifacts: commit.artifacts.clone(),
        prev,
    };
    fold::append(tx, &record)
}

pub(crate) fn load(connection: &rusqlite::Connection, no: i64) -> Result<Job, Error> {
    connection
        .prepare_cached(&format!("{SELECT} WHERE no = ?1"))?
        .query_map(params![no], job_of_row)?
        .next()
        .ok_or(Error::Unknown { job: no })?
        .map_err(Error::from)
}

pub(crate) fn job_of_row(row: &Row<'_>) -> rusqlite::Result<Job> {
    let broken = |column: usize, what: &str| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what.into())
    };
    let (state, stage, reason): (String, Option<String>, Option<String>) = (row.get(3)?, row.get(4)?, row.get(5)?);
    Ok(Job {
        no: row.get(0)?,
        source: row.get(1)?,
        document: row
            .get::<_, Option<String>>(2)?
            .map(|id| id.parse().map_err(|_| broken(2, "not a document identifier")))
            .transpose()?,
        state: state_from_columns(&state, stage.as_deref(), reason.as_deref())
            .ok_or_else(|| broken(3, "unknown job state"))?,
        attempt: row.get(6)?,
        version: row.get(7)?,
        card: serde_json::from_str(&row.get::<_, String>(8)?).map_err(|_| broken(8, "not a card"))?,
    })
}

pub(crate) fn state_to_columns(state: &JobState) -> (&'static str, Option<&'static str>, Option<String>) {
    match state {
        JobState::Ready(stage) => ("ready", Some(stage.name()), None),
        JobState::Running(stage) => ("running", Some(stage.name()), None),
        JobState::Waiting(stage, cause) => ("waiting", Some(stage.name()), Some(cause.clone())),
        JobState::Held(stage, reason) => ("held", Some(stage.name()), Some(reason.clone())),
        JobState::Duplicate => ("duplicate", None, None),
        JobState::Rejected => ("rejected", None, None),
        JobState::Done => ("done", None, None),
    }
}

pub(crate) fn state_from_columns(state: &str, stage: Option<&str>, reason: Option<&str>) -> Option<JobState> {
    let stage = stage.map(|name| Stage::from_name(name).ok_or(())).transpose().ok()?;
    Some(match (state, stage, reason) {
        ("ready", Some(stage), None) => JobState::Ready(stage),
        ("running", Some(stage), None) => JobState::Running(stage),
        ("waiting", Some(stage), Some(cause)) => JobState::Waiting(stage, cause.to_owned()),
        ("held", Some(stage), Some(reason)) => JobState::Held(stage, reason.to_owned()),
        ("duplicate", None, None) => JobState::Duplicate,
        ("rejected", None, None) => JobState::Rejected,
        ("done", None, None) => JobState::Done,
        _ => return None,
    })
}

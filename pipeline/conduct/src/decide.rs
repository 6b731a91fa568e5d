//! A person's decision about a document that waits for one.

use model::{event::EventKind, stage::JobState};
use register::{Commit, Facts};
use serde_json::json;

use crate::{Error, Home, steps};

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// The document goes on, or is turned away.
    Moved,
    /// The name stands for none or for several documents.
    NotOne,
    /// The document does not wait for a person.
    NotWaiting,
}

/// Records a decision: `retry`, `accept`, `approve` or `reject`. A number booked for a rejected document becomes void, visibly.
///
/// # Errors
/// The register's own.
pub fn decide(home: &Home, name: &str, decision: &str, actor: &str) -> Result<Decided, Error> {
    let mut named = home.register.named(name)?;
    named.retain(|job| !matches!(job.state, JobState::Duplicate | JobState::Rejected));
    let [job] = named.as_slice() else { return Ok(Decided::NotOne) };
    if !matches!(job.state, JobState::Held(..) | JobState::Waiting(..)) {
        return Ok(Decided::NotWaiting);
    }
    let mut facts = Facts::new();
    facts.insert("decision".into(), json!(decision));
    facts.insert("decided_by".into(), json!(actor));
    let mut commits = Vec::new();
    if decision == "reject" {
        commits.extend(steps::certify::void_on_rejection(home, job)?);
    }
    let event = EventKind::Decided { decision: decision.to_owned(), actor: actor.to_owned() };
    commits.push(Commit::of(event).with(facts).by(actor));
    home.register.commit(job, &commits)?;
    Ok(Decided::Moved)
}

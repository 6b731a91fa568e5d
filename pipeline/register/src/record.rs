//! One event as it is stored, chained and written to the copies' journals.

use jiff::Timestamp;
use model::{Sha256, event::EventKind};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Facts that an event sets on the document's card; `null` takes a key away.
pub type Facts = serde_json::Map<String, serde_json::Value>;

/// A file a stage published, below the home's `work/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// What it is: `submission`, `words`, `ink`, `description`, `pdf`, `seal`, `lta`, …
    pub name: String,
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Length.
    pub bytes: u64,
    /// Path relative to the home.
    pub path: String,
}

/// One event. Its line is its JSON form; its hash is SHA-256 of that line, which names the hash before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Position in the chain, from 1 without gaps.
    pub seq: u64,
    /// When, UTC.
    pub at: Timestamp,
    /// The job it belongs to; none for events about the home itself.
    pub job: Option<i64>,
    /// Who: `mocban`, or a person's name.
    pub actor: String,
    /// What.
    pub event: EventKind,
    /// Facts it sets.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
    /// Files it publishes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
    /// Hash of the event before; zeros for the first.
    pub prev: Sha256,
}

/// What stands before the first event.
pub(crate) const GENESIS: Sha256 = Sha256([0; 32]);

impl Record {
    /// The line that is stored and hashed.
    pub fn line(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|source| Error::Unreadable { seq: self.seq, source })
    }

    /// Reads a line back.
    pub fn from_line(seq: u64, line: &str) -> Result<Self, Error> {
        serde_json::from_str(line).map_err(|source| Error::Unreadable { seq, source })
    }
}

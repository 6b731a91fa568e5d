//! Events: the register's append-only truth. Their kinds follow PREMIS where it has a word.

use serde::{Deserialize, Serialize};

use crate::stage::Stage;

/// What happened. Stored as JSON; fields may be added, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// A document was seen in inbound and became a job.
    Entered {
        /// Path below inbound.
        source: String,
    },
    /// A stage was taken.
    Started {
        /// The stage.
        stage: Stage,
    },
    /// A stage was committed.
    Finished {
        /// The stage.
        stage: Stage,
    },
    /// The process died while running; found at start-up.
    Recovered,
    /// An attempt failed and will be made again.
    Retried {
        /// Error code.
        code: String,
    },
    /// An attempt is noted without moving the job (a worker died, a signature was dropped unpublished).
    Attempted {
        /// What was tried.
        code: String,
    },
    /// The stage waits.
    Waited {
        /// Code of [`crate::Cause`].
        cause: String,
    },
    /// The cause is gone.
    Resumed,
    /// A person must decide.
    Held {
        /// Code of [`crate::HoldReason`].
        reason: String,
    },
    /// A person decided.
    Decided {
        /// `retry`, `accept`, `place`, `approve`, `reject`.
        decision: String,
        /// Who.
        actor: String,
        /// In the person's own words; empty when nothing was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// A person who reviews the document corrected what was read of it.
    Corrected {
        /// Identifiers of the fields.
        fields: Vec<String>,
        /// Who.
        actor: String,
    },
    /// The same content as `of`.
    Duplicated {
        /// Identity of the other document.
        of: String,
    },
    /// A held document's content came again: another try under the same id.
    Tried {
        /// Path below inbound.
        source: String,
    },
    /// A certification number was booked.
    Booked {
        /// Register year.
        year: i16,
        /// Number.
        number: u32,
    },
    /// A booked number became void.
    Voided {
        /// Register year.
        year: i16,
        /// Number.
        number: u32,
        /// Why: `rejected`, `lost`.
        why: String,
    },
    /// A copy was written and read back.
    Stored {
        /// The copy's name.
        copy: String,
        /// OCFL version, `v1`.
        version: String,
    },
    /// A fixity check of a copy ended.
    Checked {
        /// The copy's name.
        copy: String,
        /// `sound` or `damaged`.
        outcome: String,
    },
    /// A copy was first used on this medium; no other one passes for it.
    Pinned {
        /// The copy's name.
        copy: String,
        /// The medium's identity.
        medium: String,
    },
    /// A document stored at B-T rose to B-LTA.
    Raised,
    /// The work files are gone (rebuilt register, scan changed under us): from the beginning, under the same booking.
    Restarted,
    /// After a rebuild: the object lies whole on a copy although the journal ended before it was stored.
    Adopted,
}

//! The stages in document order, and the one function that moves a job.

use serde::{Deserialize, Serialize};

use crate::event::EventKind;

/// The way of a document. The order of the variants is the order of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Claimed and hashed.
    Intake,
    /// Words read.
    Recognize,
    /// Fields read; the secrecy gate.
    Describe,
    /// A person approves.
    Review,
    /// PDF/A written.
    Assemble,
    /// Sealed, B-T.
    Certify,
    /// Raised to B-LTA.
    Augment,
    /// Stored on copies.
    Preserve,
    /// Findable; originals leave inbound.
    Index,
}

impl Stage {
    /// Every stage in order.
    pub const ALL: &[Self] = &[
        Self::Intake,
        Self::Recognize,
        Self::Describe,
        Self::Review,
        Self::Assemble,
        Self::Certify,
        Self::Augment,
        Self::Preserve,
        Self::Index,
    ];

    /// The stage's name in JSON, SQL and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Recognize => "recognize",
            Self::Describe => "describe",
            Self::Review => "review",
            Self::Assemble => "assemble",
            Self::Certify => "certify",
            Self::Augment => "augment",
            Self::Preserve => "preserve",
            Self::Index => "index",
        }
    }

    /// The stage of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|stage| stage.name() == name)
    }

    /// The stage after this one; none after the last.
    pub fn next(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|stage| *stage > self)
    }
}

/// Where a job stands. A cache of its events: [`JobState::next`] folds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// The stage may be taken.
    Ready(Stage),
    /// Being worked on; a crash leaves it here and start-up makes it ready again.
    Running(Stage),
    /// Waits for a service or a time; `cause` is a code of [`crate::Cause`].
    Waiting(Stage, String),
    /// A person must decide; the reason is a code of [`crate::HoldReason`].
    Held(Stage, String),
    /// The same content as another document.
    Duplicate,
    /// A person turned it away.
    Rejected,
    /// Through.
    Done,
}

/// An event that the state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {event:?} is not allowed in state {state:?}")]
pub struct IllegalEvent {
    /// The state.
    pub state: JobState,
    /// The event.
    pub event: EventKind,
}

impl JobState {
    /// The one transition function. A job begins with [`EventKind::Entered`] as `Ready(Intake)`.
    pub fn next(&self, event: &EventKind) -> Result<Self, IllegalEvent> {
        use EventKind as E;
        let illegal = || IllegalEvent { state: self.clone(), event: event.clone() };
        let moved = match (self, event) {
            // Noted beside the work; they move nothing.
            (
                state,
                E::Attempted { .. }
                | E::Booked { .. }
                | E::Voided { .. }
                | E::Stored { .. }
                | E::Checked { .. }
                | E::Pinned { .. }
                | E::Raised,
            ) => state.clone(),
            (Self::Ready(stage), E::Started { stage: started }) if stage == started => Self::Running(*stage),
            (Self::Running(stage), E::Finished { stage: finished }) if stage == finished => {
                stage.next().map_or(Self::Done, Self::Ready)
            }
            (Self::Running(stage), E::Recovered) => Self::Ready(*stage),
            (Self::Running(stage), E::Retried { .. }) => Self::Ready(*stage),
            (Self::Running(stage) | Self::Ready(stage) | Self::Waiting(stage, _), E::Waited { cause }) => {
                Self::Waiting(*stage, cause.clone())
            }
            (Self::Waiting(stage, _), E::Resumed) => Self::Ready(*stage),
            (Self::Running(stage) | Self::Ready(stage) | Self::Waiting(stage, _), E::Held { reason }) => {
                Self::Held(*stage, reason.clone())
            }
            (Self::Held(stage, _) | Self::Waiting(stage, _), E::Decided { decision, .. }) => match decision.as_str() {
                "reject" => Self::Rejected,
                _ => Self::Ready(*stage),
            },
            // The reading is corrected while a person looks at it, before anything is made of it.
            (Self::Waiting(Stage::Review, _), E::Corrected { .. }) => self.clone(),
            (Self::Running(Stage::Intake), E::Duplicated { .. }) => Self::Duplicate,
            (Self::Held(..), E::Tried { .. }) => Self::Ready(Stage::Intake),
            (Self::Ready(_) | Self::Running(_) | Self::Waiting(..), E::Restarted) => Self::Ready(Stage::Intake),
            // Whatever it was held for, it is stored.
            (Self::Ready(_) | Self::Running(_) | Self::Waiting(..) | Self::Held(..), E::Adopted) => {
                Self::Ready(Stage::Index)
            }
            (_, E::Entered { .. }) => return Err(illegal()),
            _ => return Err(illegal()),
        };
        Ok(moved)
    }
}

#[cfg(test)]
mod walks;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_goes_through_every_stage_once() {
        let mut state = JobState::Ready(Stage::Intake);
        for stage in Stage::ALL {
            state = state.next(&EventKind::Started { stage: *stage }).expect("start");
            state = state.next(&EventKind::Finished { stage: *stage }).expect("finish");
        }
        assert_eq!(state, JobState::Done);
    }

    #[test]
    fn nothing_skips_a_stage() {
        let state = JobState::Ready(Stage::Intake);
        assert!(state.next(&EventKind::Started { stage: Stage::Certify }).is_err());
        assert!(state.next(&EventKind::Finished { stage: Stage::Intake }).is_err());
        assert!(JobState::Done.next(&EventKind::Recovered).is_err());
    }

    #[test]
    fn a_reading_is_corrected_under_review_only() {
        let corrected = EventKind::Corrected { fields: vec!["number".into()], actor: "An".into() };
        let review = JobState::Waiting(Stage::Review, "review".into());
        assert_eq!(review.next(&corrected), Ok(review.clone()));
        for state in [JobState::Ready(Stage::Review), JobState::Held(Stage::Certify, "no_room".into()), JobState::Done]
        {
            assert!(state.next(&corrected).is_err(), "{state:?}");
        }
    }
}

//! Documents in the register of a house, moved by hand.

use model::{Cause, DocumentId, HoldReason, Stage, event::EventKind, stage::JobState};
use register::{Commit, Facts};
use serde_json::json;

use super::*;

/// Where the one document of a test came from.
pub(super) const SOURCE: &str = "A29/01/0001/001";

impl House {
    /// A document that came into inbound; answers its number.
    pub(super) fn enters(&self, source: &str) -> i64 {
        self.app.home.register.enter(source, "look").expect("enter").expect("a job")
    }

    /// A document that is held.
    pub(super) fn holds(&self, reason: HoldReason) -> i64 {
        let no = self.enters(SOURCE);
        self.moves(no, held(reason), json!({}));
        no
    }

    /// A document whose description waits for its reviewer.
    pub(super) fn under_review(&self, number: &str, subject: &str) -> i64 {
        let read = |value: &str| json!({"value": value, "confidence": 0.5});
        let described = json!({"description": {"number": read(number), "subject": read(subject)}});
        let no = self.enters(SOURCE);
        for stage in [Stage::Intake, Stage::Recognize, Stage::Describe] {
            self.moves(no, EventKind::Started { stage }, json!({}));
            self.moves(no, EventKind::Finished { stage }, described.clone());
        }
        self.moves(no, EventKind::Waited { cause: Cause::Review.code().into() }, json!({}));
        no
    }

    pub(super) fn state(&self, no: i64) -> JobState {
        self.app.home.register.job(no).expect("job").state
    }

    /// The document goes on by itself.
    pub(super) fn moves(&self, no: i64, event: EventKind, facts: serde_json::Value) {
        let register = &self.app.home.register;
        register.commit(&register.job(no).expect("job"), &[Commit::of(event).with(card(facts))]).expect("moves");
    }
}

fn card(facts: serde_json::Value) -> Facts {
    let mut facts: Facts = serde_json::from_value(facts).expect("an object");
    facts.insert("document".into(), json!(DocumentId::of_content(&[model::Sha256::of(b"scan")])));
    facts
}

pub(super) fn held(reason: HoldReason) -> EventKind {
    EventKind::Held { reason: reason.code().into() }
}

//! `mocban hold`: what waits for a person, and the person's decision.

use std::path::Path;

use conduct::{Error, card};
use model::stage::JobState;

use crate::{
    arguments::HoldAct,
    commands,
    control::{self, Answer, Request},
    exit,
    ui::Ui,
};

pub(super) fn hold(ui: Ui, root: &Path, act: HoldAct) -> Result<u8, Error> {
    match act {
        HoldAct::List => list(ui, root),
        HoldAct::Decide { id, decision, by } => {
            let request = Request::Decide { id, decision: decision.name().to_owned(), by };
            let answer = match control::ask(root, &request)? {
                Some(answer) => answer,
                // No daemon: this process may write.
                None => control::obey(&commands::open(root)?, request),
            };
            Ok(report(ui, &answer))
        }
    }
}

/// Tells a daemon's answer.
pub(super) fn report(ui: Ui, answer: &Answer) -> u8 {
    let facts: Vec<(&str, String)> = answer.facts.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
    if answer.ok {
        ui.say(&answer.code, &facts);
        exit::OK
    } else {
        Ui::aside(&ui.text(&answer.code, &facts));
        exit::USAGE
    }
}

fn list(ui: Ui, root: &Path) -> Result<u8, Error> {
    let (settings, register) = commands::reading(root)?;
    let names = commands::copy_names(&settings);
    for job in register.jobs()? {
        let waits = match &job.state {
            JobState::Held(..) => true,
            JobState::Waiting(_, cause) => cause == model::Cause::Review.code(),
            JobState::Ready(_) | JobState::Running(_) | JobState::Duplicate | JobState::Rejected | JobState::Done => {
                false
            }
        };
        if waits {
            let object = card::document(&register, &job, &names)?;
            if ui.json {
                Ui::object(&object);
            } else {
                commands::status::row(ui, &object);
            }
        }
    }
    Ok(exit::OK)
}

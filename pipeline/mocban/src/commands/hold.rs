//! `mocban hold`: what waits for a person, and the person's decision.

use std::path::Path;

use conduct::{
    Error, card,
    decide::{self, Act, Decision, Wanted},
};
use model::{Cause, stage::JobState};
use serde_json::{Map, Value, json};

use crate::{
    arguments::{HoldAct, Word},
    commands,
    control::{self, Answer, Request},
    exit,
    ui::Ui,
};

pub(super) fn hold(ui: Ui, root: &Path, act: HoldAct) -> Result<u8, Error> {
    match act {
        HoldAct::List => list(ui, root),
        HoldAct::Decide { id, decision, by, why, size, r#box, sheets } => {
            let answer = match understood(decision, size, r#box.as_deref(), sheets) {
                Ok(decision) => ask_or_do(root, Request::Decide { id, decision, by, why })?,
                Err(code) => Answer::misspoken(code),
            };
            Ok(report(ui, &answer))
        }
    }
}

/// Asks the daemon; without one this process may write.
pub(super) fn ask_or_do(root: &Path, request: Request) -> Result<Answer, Error> {
    match control::ask(root, &request)? {
        Some(answer) => Ok(answer),
        None => Ok(control::obey(&commands::open(root)?, request)),
    }
}

/// The decision that the words make, or the code of what is wrong with them.
fn understood(
    word: Word,
    size: Option<String>,
    r#box: Option<&str>,
    sheets: Option<u32>,
) -> Result<Decision, &'static str> {
    let placed = size.is_some() || r#box.is_some();
    if placed != (word == Word::Place) || (sheets.is_some() && word != Word::Accept) {
        return Err("place-where");
    }
    Ok(match word {
        Word::Retry => Decision::Retry,
        Word::Accept => Decision::Accept { sheets },
        Word::Approve => Decision::Approve,
        Word::Reject => Decision::Reject,
        Word::Place => Decision::Place(match (size, r#box) {
            (Some(size), _) => Wanted::Size(size),
            (None, text) => box_of(text.unwrap_or_default()).ok_or("bad-box")?,
        }),
    })
}

fn box_of(text: &str) -> Option<Wanted> {
    let lengths: Vec<f64> = text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    match *lengths.as_slice() {
        [x_mm, y_mm] => Some(Wanted::Box { x_mm, y_mm, size: None }),
        [x_mm, y_mm, width, height] => Some(Wanted::Box { x_mm, y_mm, size: Some((width, height)) }),
        _ => None,
    }
}

/// Tells a daemon's answer.
pub(super) fn report(ui: Ui, answer: &Answer) -> u8 {
    let facts: Vec<(&str, String)> = answer.facts.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
    if ui.json {
        let named: Map<String, Value> = facts.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
        Ui::object(&json!({"schema": "mocban.answer/1", "ok": answer.ok, "code": answer.code, "facts": named}));
    }
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
            JobState::Waiting(_, cause) => cause == Cause::Review.code(),
            JobState::Ready(_) | JobState::Running(_) | JobState::Duplicate | JobState::Rejected | JobState::Done => {
                false
            }
        };
        if !waits {
            continue;
        }
        let object = card::document(&register, &job, &names)?;
        if ui.json {
            Ui::object(&object);
            continue;
        }
        commands::status::row(ui, &object);
        let lang = match ui.lang {
            messages::Lang::Vi => "vi",
            messages::Lang::En => "en",
        };
        if let Some(sentence) = object.pointer(&format!("/hold/sentence/{lang}")).and_then(Value::as_str) {
            ui.line(&format!("            {sentence}"));
        }
        acts(ui, &decide::acts(&job));
    }
    Ok(exit::OK)
}

fn acts(ui: Ui, acts: &[Act]) {
    ui.line(&format!("            {}", ui.text("hold-acts", &[])));
    for act in acts {
        ui.line(&format!("              {}", ui.text(&format!("act-{}", act.name()), &[])));
    }
}

//! `mocban run`: take what lies in inbound, work until nothing can move.

use std::{path::Path, sync::atomic::AtomicBool};

use conduct::{Error, card, dispatcher};
use model::{Clock as _, SystemClock, stage::JobState};
use register::Job;
use serde_json::json;

use crate::{commands, control, exit, progress::Shown, ui::Ui};

pub(super) fn run(ui: Ui, root: &Path, pin_fd: Option<i32>) -> Result<u8, Error> {
    let started = SystemClock.monotonic();
    let home = commands::open(root)?;
    if let Some(pin) = control::pin_from(config::environment::pin_fd(pin_fd))? {
        // A refused PIN is told once; everything up to the seal still moves, and the queue waits there.
        if let Err(error) = home.signing.open(pin) {
            ui.error(&error);
        }
    }
    let shown = Shown::new(ui);
    let stop = AtomicBool::new(false);
    let worked = dispatcher::work(&home, dispatcher::Mode::Run, &stop, &|progress| shown.tell(&progress));
    shown.finish();
    let mut touched = worked?;
    touched.extend(waiting(&home)?);
    touched.sort_unstable();
    touched.dedup();
    let jobs = touched.iter().map(|no| home.register.job(*no)).collect::<Result<Vec<_>, _>>()?;
    let names = commands::copy_names(&home.settings);
    for job in &jobs {
        let object = card::document(&home.register, job, &names)?;
        if ui.json {
            Ui::object(&object);
        } else {
            commands::status::row(ui, &object);
        }
    }
    let count = |wanted: &str| jobs.iter().filter(|job| card::state_name(&job.state) == wanted).count();
    let (done, waits, held, twins) = (count("done"), count("waiting"), count("held"), count("duplicate"));
    let seconds = SystemClock.monotonic().saturating_sub(started).as_secs_f64();
    let summary = json!({
        "schema": "mocban.summary/1", "done": done, "waiting": waits, "held": held, "duplicate": twins,
        "seconds": (seconds * 1000.0).round() / 1000.0,
    });
    if ui.json {
        Ui::object(&summary);
    } else {
        let facts = [("done", done), ("waiting", waits), ("held", held), ("duplicate", twins)];
        let facts: Vec<(&str, String)> = facts.into_iter().map(|(k, v)| (k, v.to_string())).collect();
        ui.say("run-summary", &facts);
    }
    Ok(if waits + held > 0 { exit::WAITING } else { exit::OK })
}

/// What waits or is held without having been touched in this run is part of its answer.
fn waiting(home: &conduct::Home) -> Result<Vec<i64>, Error> {
    let open = |job: &Job| matches!(job.state, JobState::Waiting(..) | JobState::Held(..) | JobState::Ready(_));
    Ok(home.register.jobs()?.into_iter().filter(open).map(|job| job.no).collect())
}

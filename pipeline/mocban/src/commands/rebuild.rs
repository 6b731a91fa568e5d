//! `mocban rebuild`: register and index again from one copy.

use std::{path::Path, sync::Arc};

use conduct::Error;
use model::SystemClock;

use crate::{commands, exit, ui::Ui};

pub(super) fn rebuild(ui: Ui, root: &Path, from: &str) -> Result<u8, Error> {
    let rebuilt = conduct::rebuild::rebuild(root, from, Arc::new(SystemClock), commands::executable()?)?;
    let facts = [
        ("events", rebuilt.events.to_string()),
        ("documents", rebuilt.documents.to_string()),
        ("lost", rebuilt.lost.to_string()),
    ];
    if ui.json {
        let passed_over = rebuilt.passed_over.iter().map(|(id, why)| serde_json::json!({"id": id, "why": why}));
        Ui::object(&serde_json::json!({
            "schema": "mocban.rebuild/1", "events": rebuilt.events, "documents": rebuilt.documents,
            "lost_numbers": rebuilt.lost, "passed_over": passed_over.collect::<Vec<_>>(),
        }));
    } else {
        ui.say("rebuilt", &facts);
        for (id, why) in &rebuilt.passed_over {
            ui.say("passed-over", &[("id", id.to_string()), ("detail", why.clone())]);
        }
    }
    Ok(if rebuilt.passed_over.is_empty() { exit::OK } else { exit::DAMAGE })
}

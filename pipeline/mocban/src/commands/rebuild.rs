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
        Ui::object(&serde_json::json!({
            "schema": "mocban.rebuild/1", "events": rebuilt.events, "documents": rebuilt.documents,
            "lost_numbers": rebuilt.lost,
        }));
    } else {
        ui.say("rebuilt", &facts);
    }
    Ok(exit::OK)
}

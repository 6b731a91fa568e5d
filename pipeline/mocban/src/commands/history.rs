//! `mocban history`: what happened to a document.

use std::path::Path;

use conduct::Error;
use serde_json::{Value, json};

use crate::{commands, exit, ui::Ui};

pub(super) fn history(ui: Ui, root: &Path, id: &str) -> Result<u8, Error> {
    let (_, register) = commands::reading(root)?;
    let Some(job) = commands::one(ui, &register, id)? else { return Ok(exit::USAGE) };
    for record in register.history(job.no)? {
        let event = serde_json::to_value(&record.event)?;
        let kind = event.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        if ui.json {
            Ui::object(&json!({
                "schema": "mocban.event/1", "seq": record.seq, "at": model::clock::rfc3339_local(record.at),
                "actor": record.actor, "event": event, "facts": record.facts, "artifacts": record.artifacts,
            }));
        } else {
            let rest: Vec<String> = event
                .as_object()
                .into_iter()
                .flatten()
                // The actor has a column of its own.
                .filter(|(key, _)| !matches!(key.as_str(), "kind" | "actor"))
                .map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                .collect();
            let at = model::clock::rfc3339_local(record.at);
            let name = ui.text(&format!("event-{kind}"), &[]);
            ui.line(&format!("{:>6}  {at}  {:<10} {name} {}", record.seq, record.actor, rest.join(" ")));
        }
    }
    Ok(exit::OK)
}

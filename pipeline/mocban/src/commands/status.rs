//! `mocban status`: where everything stands.

use std::{collections::BTreeMap, path::Path};

use conduct::{Error, card};
use serde_json::{Value, json};

use crate::{commands, exit, ui::Ui};

pub(super) fn status(ui: Ui, root: &Path, documents: bool) -> Result<u8, Error> {
    let (settings, register) = commands::reading(root)?;
    if documents {
        let names = commands::copy_names(&settings);
        for job in register.jobs()? {
            let object = card::document(&register, &job, &names)?;
            if ui.json {
                Ui::object(&object);
            } else {
                row(ui, &object);
            }
        }
        return Ok(exit::OK);
    }
    let totals = register.totals()?;
    let mut copies = Vec::new();
    for copy in &settings.copy {
        // A medium that is away has nothing to tell; that is visible as null.
        let found = conduct::open_own_copy(&register, copy).and_then(|copy| Ok(preserve::stats(&copy)?));
        let lacking = register.lacking_count(&copy.name)?;
        copies.push(match found {
            Ok(stats) => json!({"name": copy.name, "objects": stats.objects, "bytes": stats.bytes, "lacking": lacking}),
            Err(error) => json!({
                "name": copy.name, "objects": Value::Null, "bytes": Value::Null, "lacking": lacking,
                "detail": {"code": error.code(), "facts": error.facts().into_iter().collect::<BTreeMap<_, _>>()},
            }),
        });
    }
    if ui.json {
        Ui::object(&json!({
            "schema": "mocban.status/1", "documents": totals.documents, "by_reason": totals.by_reason,
            "certified": totals.certified, "copies": copies,
        }));
        return Ok(exit::OK);
    }
    for (state, count) in &totals.documents {
        ui.line(&format!("{:>8}  {}", count, ui.text(&format!("state-{state}"), &[])));
    }
    for (reason, count) in &totals.by_reason {
        ui.line(&format!("{:>8}  – {}", count, ui.text(&format!("reason-{reason}"), &[])));
    }
    for (year, count) in &totals.certified {
        ui.line(&format!("{:>8}  {}", count, ui.text("certified-in", &[("year", year.to_string())])));
    }
    for copy in &copies {
        let at = |key: &str| copy.get(key).map(ToString::to_string).unwrap_or_default().replace('"', "");
        ui.say("copy-line", &[("name", at("name")), ("objects", at("objects")), ("bytes", at("bytes"))]);
        if copy.get("lacking").and_then(Value::as_u64).unwrap_or_default() > 0 {
            ui.say("copy-lacks", &[("name", at("name")), ("count", at("lacking"))]);
        }
        if let Some(text) = detail(ui, copy) {
            ui.line(&format!("            {text}"));
        }
    }
    Ok(exit::OK)
}

/// One document as a row of a table.
pub(super) fn row(ui: Ui, object: &Value) {
    let at = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or("").to_owned();
    let number = match (object.pointer("/certification/number"), object.pointer("/certification/year")) {
        (Some(number), Some(year)) => format!("{number}/{year}"),
        _ => String::from("–"),
    };
    let state = ui.text(&format!("state-{}", at("/state")), &[]);
    let reason = at("/reason");
    let reason = if reason.is_empty() { String::new() } else { ui.text(&format!("reason-{reason}"), &[]) };
    let level = at("/level");
    let source = messages::visible(&at("/source"));
    ui.line(&format!("{state:<11} {number:>9} {level:<6} {source}  {reason}"));
    if matches!(at("/state").as_str(), "held" | "waiting")
        && let Some(text) = detail(ui, object)
    {
        ui.line(&format!("            {text}"));
    }
}

/// The sentence that tells a person what happened and what to do.
pub(super) fn detail(ui: Ui, object: &Value) -> Option<String> {
    let code = object.pointer("/detail/code")?.as_str()?;
    let facts: Vec<(&str, String)> = object
        .pointer("/detail/facts")?
        .as_object()?
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    Some(ui.text(code, &facts))
}

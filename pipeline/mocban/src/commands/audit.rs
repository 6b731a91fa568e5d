//! `mocban audit`: every stored file hashed again, and compared with inventory and register.

use std::path::Path;

use conduct::{Error, audit::Digest};
use serde_json::{Value, json};

use crate::{
    commands,
    control::{self, Request},
    exit,
    ui::Ui,
};

pub(super) fn audit(ui: Ui, root: &Path, only: Option<&str>, sha512: bool) -> Result<u8, Error> {
    let (settings, register) = commands::reading(root)?;
    register.check_tail(u64::MAX)?;
    let by = if sha512 { Digest::Sha512 } else { Digest::Blake3 };
    let mut copies = Vec::new();
    let (mut damaged, mut unreadable) = (false, false);
    for copy in settings.copy.iter().filter(|copy| only.is_none_or(|only| only == copy.name)) {
        let result = conduct::audit::audit(&register, copy, by)?;
        damaged |= !result.faults.is_empty();
        unreadable |= result.unreadable;
        copies.push(result.json);
    }
    if copies.is_empty() {
        Ui::aside(&ui.text("no-such-copy", &[("name", only.unwrap_or_default().to_owned())]));
        return Ok(exit::USAGE);
    }
    let outcome = if unreadable {
        "unreadable"
    } else if damaged {
        "damaged"
    } else {
        "sound"
    };
    if ui.json {
        Ui::object(&json!({"schema": "mocban.audit/1", "copies": copies, "outcome": outcome}));
    } else {
        show(ui, &copies);
        ui.say(&format!("audit-{outcome}"), &[]);
    }
    // A daemon holds the register: it is told, and notes the audit itself.
    let request = Request::Audited { outcome: outcome.to_owned(), copies: copies.clone() };
    if control::ask(root, &request)?.is_none() {
        conduct::audit::note(root, &conduct::audit::noted(outcome, &copies));
    }
    Ok(if damaged || unreadable { exit::DAMAGE } else { exit::OK })
}

/// Faulty file, medium's mark, path: the columns the law names.
fn show(ui: Ui, copies: &[Value]) {
    for copy in copies {
        let at = |value: &Value, key: &str| {
            value.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default()
        };
        ui.say(
            "audit-copy",
            &[
                ("name", at(copy, "name")),
                ("medium", at(copy, "medium")),
                ("objects", at(copy, "objects")),
                ("files", at(copy, "files")),
            ],
        );
        for fault in copy.get("faults").and_then(Value::as_array).into_iter().flatten() {
            let name = ui.text(&format!("fault-{}", at(fault, "fault")), &[]);
            ui.line(&format!("  {name}: {} {}", at(fault, "object"), at(fault, "path")));
        }
    }
}

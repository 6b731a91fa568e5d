//! `mocban show`: one document.

use std::path::Path;

use conduct::{Error, card};
use model::Field;
use serde_json::Value;

use crate::{commands, exit, ui::Ui};

pub(super) fn show(ui: Ui, root: &Path, id: &str) -> Result<u8, Error> {
    let (settings, register) = commands::reading(root)?;
    let Some(job) = commands::one(ui, &register, id)? else { return Ok(exit::USAGE) };
    let object = card::document(&register, &job, &commands::copy_names(&settings))?;
    if ui.json {
        Ui::object(&object);
        return Ok(exit::OK);
    }
    commands::status::row(ui, &object);
    ui.line(&card::title(&job));
    for field in Field::ALL {
        if let Some(value) = object.pointer(&format!("/description/{}/value", field.name())).and_then(Value::as_str) {
            let name = match ui.lang {
                messages::Lang::Vi => field.term(),
                messages::Lang::En => field.name(),
            };
            ui.line(&format!("  {name}: {value}"));
        }
    }
    if let Some(by) = object.get("reviewed").and_then(Value::as_str) {
        let by = if by == "not reviewed" { ui.text("reviewed-by-nobody", &[]) } else { by.to_owned() };
        ui.say("reviewed-by", &[("by", by)]);
    }
    for copy in object.get("copies").and_then(Value::as_array).into_iter().flatten() {
        let at = |key: &str| copy.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let state = ui.text(&format!("copy-{}", at("state")), &[]);
        ui.line(&format!("  {}: {state}", at("name")));
    }
    Ok(exit::OK)
}

//! `mocban verify`: the four verdicts of Điều 14, offline.

use std::path::{Path, PathBuf};

use conduct::{Error, worker};
use config::Settings;
use model::{Clock as _, SystemClock};
use serde_json::Value;

use crate::{commands, exit, ui::Ui};

pub(super) fn verify(ui: Ui, root: &Path, target: &str) -> Result<u8, Error> {
    let settings = Settings::load(root)?;
    let path = PathBuf::from(target);
    let file = if path.is_file() {
        path
    } else {
        match stored(ui, root, &settings, target)? {
            Some(file) => file,
            None => return Ok(exit::USAGE),
        }
    };
    let report = worker::judge(
        &commands::executable()?,
        std::slice::from_ref(&file),
        &settings.trust.anchors,
        SystemClock.now(),
        worker::Limits::of(&settings.limits, 1),
    );
    if ui.json {
        Ui::object(&report);
    } else {
        show(ui, target, &report);
    }
    Ok(match report.get("overall").and_then(Value::as_str) {
        Some("valid") => exit::OK,
        Some("indeterminate") => exit::INDETERMINATE,
        _ => exit::INVALID,
    })
}

fn stored(ui: Ui, root: &Path, settings: &Settings, id: &str) -> Result<Option<PathBuf>, Error> {
    let (_, register) = commands::reading(root)?;
    let Some(job) = commands::one(ui, &register, id)? else { return Ok(None) };
    let sealed = conduct::from_copies(&register, &settings.copy, &job, |copy, head| {
        Ok(copy.sound_part(head, conduct::desk::SEALED)?.0)
    })?;
    Ok(Some(sealed))
}

fn show(ui: Ui, target: &str, report: &Value) {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    for signature in report.get("signatures").and_then(Value::as_array).into_iter().flatten() {
        let at = |key: &str| text(signature.get(key));
        ui.line(&format!("{}: {} · {} · {}", at("field"), at("signer"), at("time"), at("level")));
        for part in ["signature", "content", "certificate", "timestamp"] {
            let verdict = text(signature.pointer(&format!("/{part}/verdict")));
            let name = ui.text(&format!("verify-{part}"), &[]);
            ui.line(&format!("  {name:<34} {}", ui.text(&format!("verdict-{verdict}"), &[])));
            reasons(ui, signature.pointer(&format!("/{part}/reasons")));
        }
    }
    let overall = ui.text(&format!("verdict-{}", text(report.get("overall"))), &[]);
    ui.say("verify-overall", &[("path", target.to_owned()), ("verdict", overall)]);
    reasons(ui, report.get("reasons"));
}

fn reasons(ui: Ui, reasons: Option<&Value>) {
    for reason in reasons.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        ui.line(&format!("      – {}", ui.text(reason, &[])));
    }
}

//! `mocban doctor`: how everything stands that the work will need, and how to mend what is wrong.

use std::{path::Path, sync::Arc};

use conduct::{
    Error,
    doctor::{Examination, Finding, Health, examine},
};
use model::SystemClock;
use serde_json::{Value, json};

use crate::{
    commands,
    control::{self, Request},
    exit,
    ui::Ui,
};

pub(super) fn doctor(ui: Ui, root: &Path, pin_fd: Option<i32>) -> Result<u8, Error> {
    let pin = control::pin_from(config::environment::pin_fd(pin_fd))?;
    let clock = Arc::new(SystemClock);
    let mut findings = examine(Examination { root, clock, worker: commands::executable()?, pin });
    findings.push(daemon(root));
    let count = |health: Health| findings.iter().filter(|finding| finding.health == health).count();
    let (faults, warnings) = (count(Health::Fault), count(Health::Warning));
    if ui.json {
        let checks: Vec<Value> = findings.iter().map(|finding| object(ui, finding)).collect();
        let outcome = if faults == 0 { "healthy" } else { "faulty" };
        Ui::object(&json!({
            "schema": "mocban.doctor/1", "home": root, "checks": checks, "faults": faults, "warnings": warnings,
            "unchecked": count(Health::Unchecked), "outcome": outcome,
        }));
    } else {
        for finding in &findings {
            show(ui, finding);
        }
        let summary = [("faults", faults.to_string()), ("warnings", warnings.to_string())];
        ui.say(if faults == 0 { "doctor-healthy" } else { "doctor-faulty" }, &summary);
    }
    Ok(if faults == 0 { exit::OK } else { exit::WAITING })
}

/// Whether a daemon works here, and its signing session.
fn daemon(root: &Path) -> Finding {
    let (health, code, facts) = match control::ask(root, &Request::KeyStatus) {
        Ok(Some(answer)) => (Health::Ok, answer.code, answer.facts),
        Ok(None) => (Health::Ok, "doctor-no-daemon".to_owned(), Vec::new()),
        Err(error) => (Health::Fault, error.code(), error.facts()),
    };
    Finding { check: "daemon", subject: String::new(), health, code, facts }
}

fn text(ui: Ui, code: &str, finding: &Finding) -> String {
    let facts: Vec<(&str, String)> = finding.facts.iter().map(|(name, fact)| (name.as_str(), fact.clone())).collect();
    ui.text(code, &facts)
}

/// What to do: the finding's own remedy, else that of its check.
fn fix(ui: Ui, finding: &Finding) -> Option<String> {
    let own = format!("{}-fix", finding.code);
    let code = if messages::has(&own) { own } else { format!("doctor-fix-{}", finding.check) };
    (finding.health != Health::Ok).then(|| text(ui, &code, finding))
}

fn object(ui: Ui, finding: &Finding) -> Value {
    let facts: serde_json::Map<String, Value> =
        finding.facts.iter().map(|(name, fact)| (name.clone(), json!(fact))).collect();
    json!({
        "check": finding.check, "subject": finding.subject, "state": finding.health.name(), "code": finding.code,
        "facts": facts, "text": text(ui, &finding.code, finding), "fix": fix(ui, finding),
    })
}

fn show(ui: Ui, finding: &Finding) {
    let sign = match finding.health {
        Health::Ok => "✓",
        Health::Unchecked => "–",
        Health::Warning => "!",
        Health::Fault => "✗",
    };
    let name = ui.text(&format!("doctor-check-{}", finding.check), &[]);
    ui.line(&format!("{sign} {name:<20} {}", text(ui, &finding.code, finding)));
    // An error's own text ends with what to do.
    if !finding.code.starts_with("E-")
        && let Some(fix) = fix(ui, finding)
    {
        ui.line(&format!("  {:<20} → {fix}", ""));
    }
}

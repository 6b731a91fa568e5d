//! `mocban portal`: accounts of the portal, and who looked at what.

use std::{path::Path, sync::Arc};

use ::portal::Role;
use conduct::Error;
use model::SystemClock;
use register::Job;
use serde_json::json;

use crate::{
    arguments::{self, PortalAct},
    commands, exit,
    ui::Ui,
};

pub(super) fn portal(ui: Ui, root: &Path, act: PortalAct) -> Result<u8, Error> {
    config::Settings::load(root)?;
    let done = match act {
        PortalAct::Password { name, role } => password(ui, root, name, role),
        PortalAct::Accounts => accounts(ui, root),
        PortalAct::Close { name } => close(ui, root, name),
        PortalAct::Log { document, limit } => {
            let (_, register) = commands::reading(root)?;
            let mut job = None;
            if let Some(name) = document {
                job = commands::one(ui, &register, &name)?;
                if job.is_none() {
                    return Ok(exit::USAGE);
                }
            }
            log(ui, root, job.as_ref(), limit)
        }
    };
    Ok(done.unwrap_or_else(|error| failed(ui, &error)))
}

fn password(ui: Ui, root: &Path, name: String, role: Option<arguments::Role>) -> Result<u8, ::portal::Error> {
    let role = role.map(|role| match role {
        arguments::Role::Reader => Role::Reader,
        arguments::Role::Archivist => Role::Archivist,
    });
    let password = ::portal::give_password(root, Arc::new(SystemClock), &name, role)?;
    if ui.json {
        Ui::object(&json!({"schema": "mocban.password/1", "account": name, "password": password}));
    } else {
        ui.say("portal-first", &[("name", name), ("password", password)]);
    }
    Ok(exit::OK)
}

fn accounts(ui: Ui, root: &Path) -> Result<u8, ::portal::Error> {
    for kept in ::portal::accounts(root, Arc::new(SystemClock))? {
        let (name, role, state) = (kept.account.name, kept.account.role.name(), kept.account.state.name());
        let since = model::clock::rfc3339_local(kept.since);
        if ui.json {
            Ui::object(&json!({
                "schema": "mocban.account/1", "account": name, "role": role, "password": state, "since": since,
                "sessions": kept.sessions,
            }));
        } else {
            let (role, state) =
                (ui.text(&format!("portal-role-{role}"), &[]), ui.text(&format!("portal-password-{state}"), &[]));
            let sessions = ui.text("portal-sessions", &[("count", kept.sessions.to_string())]);
            ui.line(&format!("{name:<20} {role:<12} {since}  {state}, {sessions}"));
        }
    }
    Ok(exit::OK)
}

fn close(ui: Ui, root: &Path, name: String) -> Result<u8, ::portal::Error> {
    let closed = ::portal::close_account(root, Arc::new(SystemClock), &name)?;
    if ui.json {
        Ui::object(&json!({"schema": "mocban.account-closed/1", "account": name, "closed": closed}));
    } else {
        ui.say(if closed { "portal-closed" } else { "portal-no-account" }, &[("name", name)]);
    }
    Ok(if closed { exit::OK } else { exit::USAGE })
}

fn log(ui: Ui, root: &Path, document: Option<&Job>, limit: u32) -> Result<u8, ::portal::Error> {
    for access in ::portal::accesses(root, Arc::new(SystemClock), document, limit)? {
        let at = model::clock::rfc3339_local(access.at);
        if ui.json {
            Ui::object(&json!({
                "schema": "mocban.access/1", "no": access.no, "at": at, "actor": access.actor, "act": access.act,
                "document": access.document, "part": access.part,
            }));
        } else {
            let act = ui.text(&format!("portal-access-{}", access.act), &[]);
            let rest: Vec<String> = [access.part, access.document].into_iter().flatten().collect();
            ui.line(&format!("{:>6}  {at}  {:<20} {act} {}", access.no, access.actor, rest.join(" ")));
        }
    }
    Ok(exit::OK)
}

/// Tells what stood in the way of the portal.
pub(super) fn failed(ui: Ui, error: &::portal::Error) -> u8 {
    let facts = error.facts();
    let facts: Vec<(&str, String)> = facts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let code = error.code();
    Ui::aside(&format!("{code}: {}", ui.text(&code, &facts)));
    match error.disposition() {
        model::Disposition::Bug => exit::BUG,
        model::Disposition::Wait(_) | model::Disposition::Retry { .. } => exit::WAITING,
        model::Disposition::Hold(_) => exit::USAGE,
    }
}

//! `mocban portal`: accounts of the portal.

use std::{path::Path, sync::Arc};

use ::portal::Role;
use conduct::Error;
use model::SystemClock;

use crate::{
    arguments::{self, PortalAct},
    exit,
    ui::Ui,
};

pub(super) fn portal(ui: Ui, root: &Path, act: PortalAct) -> Result<u8, Error> {
    let PortalAct::Password { name, role } = act;
    config::Settings::load(root)?;
    let role = role.map(|role| match role {
        arguments::Role::Reader => Role::Reader,
        arguments::Role::Archivist => Role::Archivist,
    });
    match ::portal::give_password(root, Arc::new(SystemClock), &name, role) {
        Ok(password) => {
            if ui.json {
                Ui::object(&serde_json::json!({"schema": "mocban.password/1", "account": name, "password": password}));
            } else {
                ui.say("portal-first", &[("name", name), ("password", password)]);
            }
            Ok(exit::OK)
        }
        Err(error) => Ok(failed(ui, &error)),
    }
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

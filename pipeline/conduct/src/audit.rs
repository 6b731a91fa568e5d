//! Audits a copy against the register, and notes that it was done.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use config::CopySettings;
use model::{SystemClock, event::EventKind};
use preserve::{audit as fixity, journal};
use register::{Commit, Register};
use serde_json::{Value, json};

use crate::{Error, open_copy};

/// What an audit found on one copy.
#[derive(Debug)]
pub struct Audited {
    /// The copy's part of `mocban.audit/1`.
    pub json: Value,
    /// Whether the copy could not be read at all.
    pub unreadable: bool,
    /// Faults, as in the JSON.
    pub faults: Vec<Value>,
}

/// Hashes everything on a copy again and compares it with inventories, register and journal.
///
/// # Errors
/// The register's own; whatever is wrong with the copy is a finding.
pub fn audit(register: &Register, settings: &CopySettings) -> Result<Audited, Error> {
    let copy = match open_copy(register, settings) {
        Ok(copy) => copy,
        Err(error @ Error::Register(_)) => return Err(error),
        Err(error) => {
            tracing::warn!(copy = settings.name, reason = %error, "the copy cannot be opened");
            let fault = json!({"object": null, "path": settings.path, "fault": "unreadable"});
            let json = json!({
                "name": settings.name, "medium": null, "objects": 0, "files": 0, "bytes": 0, "faults": [fault.clone()],
            });
            return Ok(Audited { json, unreadable: true, faults: vec![fault] });
        }
    };
    let mut objects = BTreeMap::new();
    for (id, head, inventory_sha512) in register.expected_on(&settings.name)? {
        let inventory_sha512 = inventory_sha512
            .parse()
            .map_err(|_| register::Error::Damaged { seq: 0, what: "an inventory without a digest" })?;
        objects.insert(id, fixity::ObjectFacts { head, inventory_sha512 });
    }
    let journalled = register.journalled_on(&settings.name)?;
    let journal_head = journalled.map(|(seq, hash)| journal::ChainHead { seq, hash });
    let found = fixity::audit(&copy, Some(&fixity::Expected { objects, journal_head }));
    let json = serde_json::to_value(&found)?;
    let faults = json.get("faults").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(Audited { json, unreadable: false, faults })
}

/// Notes the audit in the register when no daemon holds the home; a daemon's own audits are noted by itself.
pub fn note(root: &Path, outcome: &str) {
    let noted = durable::lock_home(root).map_err(Error::from).and_then(|_lock| {
        let register = Register::open(&root.join("register.sqlite"), Arc::new(SystemClock))?;
        let checked = EventKind::Checked { copy: "*".into(), outcome: outcome.to_owned() };
        register.note(&Commit::of(checked))?;
        Ok(())
    });
    if let Err(error) = noted {
        tracing::info!(code = error.code(), "the audit was not noted in the register");
    }
}

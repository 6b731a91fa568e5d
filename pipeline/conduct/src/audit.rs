//! Audits a copy against the register, and notes that it was done.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use config::CopySettings;
use model::{SystemClock, event::EventKind};
pub use preserve::audit::Digest;
use preserve::{DirectoryCopy, audit as fixity, journal};
use register::{Commit, Facts, Register};
use serde_json::{Value, json};

use crate::{Error, known, open_copy};

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
pub fn audit(register: &Register, settings: &CopySettings, by: Digest) -> Result<Audited, Error> {
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
        let inventory_sha512 = known::digest(&inventory_sha512)?;
        objects.insert(id, fixity::ObjectFacts { head, inventory_sha512 });
    }
    let journalled = register.journalled_on(&settings.name)?;
    let journal_head = journalled.map(|(seq, hash)| journal::ChainHead { seq, hash });
    let reading = fixity::Reading { trust: preserve::Trust::Medium, by };
    let mut found = fixity::audit(&copy, Some(&fixity::Expected { objects, journal_head }), reading);
    if is_end_forged(register, &copy)? {
        let fault = fixity::FaultKind::Forged;
        found.faults.push(fixity::Fault { object: None, path: preserve::layout::JOURNAL.to_owned(), fault });
        found.faults.sort();
        found.faults.dedup();
    }
    let json = serde_json::to_value(&found)?;
    let faults = json.get("faults").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(Audited { json, unreadable: false, faults })
}

/// Every event is in the register before a journal has it: an end that the register does not know was written by somebody else. A
/// journal that cannot be read was told of already.
fn is_end_forged(register: &Register, copy: &DirectoryCopy) -> Result<bool, Error> {
    let Ok(end) = journal::last(copy) else { return Ok(false) };
    let Some(before) = end.seq.checked_sub(1) else { return Ok(false) };
    let known = register.lines_after(before, 1)?;
    Ok(!known.iter().any(|(seq, _, hash)| (*seq, *hash) == (end.seq, end.hash)))
}

/// Faults an event carries; the rest is found again by the next audit.
pub const NOTED: usize = 200;

/// What is noted of an audit: its outcome, and the faults with the copy each is on.
pub fn noted(outcome: &str, copies: &[Value]) -> Commit {
    let mut faults = Vec::new();
    for copy in copies {
        for fault in copy.get("faults").and_then(Value::as_array).into_iter().flatten().take(NOTED - faults.len()) {
            let mut fault = fault.clone();
            if let Some(fields) = fault.as_object_mut() {
                fields.insert("copy".into(), copy.get("name").cloned().unwrap_or(Value::Null));
            }
            faults.push(fault);
        }
    }
    let mut facts = Facts::new();
    if !faults.is_empty() {
        facts.insert("faults".into(), json!(faults));
    }
    Commit::of(EventKind::Checked { copy: "*".into(), outcome: outcome.to_owned() }).with(facts)
}

/// Notes an audit in the register of a home that no daemon holds; a daemon is asked to note it itself.
pub fn note(root: &Path, checked: &Commit) {
    let noted = durable::lock_home(root).map_err(Error::from).and_then(|_lock| {
        let register = Register::open(&root.join("register.sqlite"), Arc::new(SystemClock))?;
        register.note(checked)?;
        Ok(())
    });
    if let Err(error) = noted {
        tracing::info!(code = error.code(), "the audit was not noted in the register");
    }
}

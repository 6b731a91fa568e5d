//! The copies: each medium's identity, whether it can be written as mocban writes, its room, and whether two copies share
//! one file system (Điều 15.1d asks for independent media).

use std::{collections::BTreeMap, os::unix::fs::MetadataExt as _};

use config::{CopySettings, Settings};
use preserve::{CopyStore as _, DirectoryCopy, medium::Medium};
use register::Register;

use super::{Notes, house::room};
use crate::{Error, home::open_own_copy};

pub(super) fn copies(notes: &mut Notes, settings: &Settings, register: Option<&Register>, ours: bool) {
    let (required, named) = (settings.preserve.copies_required, settings.copy.len());
    if named < required {
        let facts = [("required", required.to_string()), ("named", named.to_string())];
        notes.fault("copies", "", "doctor-copies-few", &facts);
    }
    let mut devices: BTreeMap<u64, String> = BTreeMap::new();
    for copy in &settings.copy {
        match look(copy, register, ours) {
            Ok((medium, space)) => {
                let facts = [("name", copy.name.clone()), ("medium", medium)];
                notes.ok("medium", &copy.name, "doctor-medium", &facts);
                room(notes, "medium", &copy.name, &copy.path, space, &settings.limits, ours);
            }
            Err(error) => {
                notes.error("medium", &copy.name, &error);
                continue;
            }
        }
        let Ok(meta) = std::fs::metadata(&copy.path) else { continue };
        if let Some(other) = devices.insert(meta.dev(), copy.name.clone()) {
            let facts = [("name", copy.name.clone()), ("other", other)];
            notes.warning("copies", &copy.name, "doctor-copies-together", &facts);
        }
    }
}

/// The medium's identity, which must be the one the register knows the copy by, and its room. Another user than the
/// daemon's only looks: even a lock would bear the wrong owner.
fn look(copy: &CopySettings, register: Option<&Register>, ours: bool) -> Result<(String, durable::Space), Error> {
    if !ours {
        let medium = Medium::read(&copy.path, &copy.name)?;
        return Ok((medium.medium, durable::space(&copy.path)?));
    }
    let store = match register {
        Some(register) => open_own_copy(register, copy)?,
        None => DirectoryCopy::open(&copy.path, &copy.name, copy.immutable)?,
    };
    Ok((store.medium().to_owned(), store.try_out()?))
}

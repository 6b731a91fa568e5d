//! `mocban export`: a stored document and its originals, byte for byte.

use std::path::Path;

use conduct::Error;
use preserve::CopyStore as _;

use crate::{commands, exit, ui::Ui};

pub(super) fn export(ui: Ui, root: &Path, id: &str, to: &Path) -> Result<u8, Error> {
    let (settings, register) = commands::reading(root)?;
    let Some(job) = commands::one(ui, &register, id)? else { return Ok(exit::USAGE) };
    let Some(document) = job.document else {
        Ui::aside(&ui.text("not-stored", &[("id", id.to_owned())]));
        return Ok(exit::USAGE);
    };
    let target = to.join(document.to_string());
    let copy = conduct::from_copies(&register, &settings.copy, &job, |copy, head| {
        for logical in head.parts.keys() {
            if logical == "document.pdf" || logical.starts_with("originals/") {
                head.export(copy, logical, &target.join(logical))?;
            }
        }
        Ok(copy.name().to_owned())
    })?;
    ui.say("exported", &[("path", target.display().to_string()), ("copy", copy)]);
    Ok(exit::OK)
}

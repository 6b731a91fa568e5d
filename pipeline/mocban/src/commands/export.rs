//! `mocban export`: a stored document and its originals, byte for byte.

use std::path::Path;

use conduct::Error;

use crate::{commands, exit, ui::Ui};

pub(super) fn export(ui: Ui, root: &Path, id: &str, to: &Path) -> Result<u8, Error> {
    let (settings, register) = commands::reading(root)?;
    let Some(job) = commands::one(ui, &register, id)? else { return Ok(exit::USAGE) };
    let Some(document) = job.document else {
        Ui::aside(&ui.text("not-stored", &[("id", id.to_owned())]));
        return Ok(exit::USAGE);
    };
    let mut last = None;
    for copy in &settings.copy {
        let exported = conduct::open_copy(&register, copy).and_then(|copy| {
            let target = to.join(document.to_string());
            let head = conduct::known_head(&register, &job, &copy)?;
            for logical in head.parts.keys() {
                if logical == "document.pdf" || logical.starts_with("originals/") {
                    head.export(&copy, logical, &target.join(logical))?;
                }
            }
            Ok(target)
        });
        match exported {
            Ok(target) => {
                ui.say("exported", &[("path", target.display().to_string()), ("copy", copy.name.clone())]);
                return Ok(exit::OK);
            }
            Err(error) => {
                tracing::warn!(copy = copy.name, job = job.no, code = error.code(), "a copy was passed over");
                last = Some(error);
            }
        }
    }
    match last {
        Some(error) => Err(error),
        None => Err(Error::TooFewCopies { required: 1, reachable: 0 }),
    }
}

//! A document that a copy holds although the register does not know it, and whose work files or scans are gone: it is proven
//! there and brought to the other copies.

use model::{DocumentId, Stage, Submission};
use preserve::{CopyStore as _, DirectoryCopy, Head};
use register::{Commit, Job};
use serde_json::{Value, json};

use crate::{
    Error, Home, proven,
    steps::{
        card_text, facts, finished,
        preserve::{PART_LIMIT, stored_on},
    },
};

/// What to commit when a copy holds the document as it was sealed; none when no copy does.
///
/// # Errors
/// [`Error::TooFewCopies`] or a copy's own while it is not on enough of them.
pub(crate) fn completed(home: &Home, job: &Job) -> Result<Option<Vec<Commit>>, Error> {
    let (Some(id), Some(sealed)) = (job.document, card_text(job, "sealed_sha256")) else { return Ok(None) };
    let copies = home.reachable();
    let Some((from, head)) = copies.iter().find_map(|copy| Some((copy, holds(home, copy, id, sealed)?))) else {
        return Ok(None);
    };
    let (mut commits, mut last) = (Vec::new(), None);
    for copy in &copies {
        let stored = if copy.name() == from.name() {
            Ok(stored_on(copy.name(), &head.version.to_string(), head.inventory_sha512))
        } else {
            preserve::mirror(from, copy, id, head.inventory_sha512)
                .map(|stored| stored_on(copy.name(), &stored.version, stored.inventory_sha512))
        };
        match stored {
            Ok(stored) => commits.push(stored),
            Err(error) => last = Some(error),
        }
    }
    let (required, reachable) = (home.settings.preserve.copies_required, commits.len());
    if reachable < required {
        return Err(last.map_or(Error::TooFewCopies { required, reachable }, Error::from));
    }
    commits.push(finished(Stage::Preserve, facts([("detail", json!(null))])));
    Ok(Some(commits))
}

fn holds(home: &Home, copy: &DirectoryCopy, id: DocumentId, sealed: &str) -> Option<Head> {
    let proven = || -> Result<Option<Head>, Error> {
        let head = preserve::head(copy, id)?;
        let submission: Submission = serde_json::from_slice(&head.read(copy, "submission.json", PART_LIMIT)?)?;
        let certification: Value = serde_json::from_slice(&head.read(copy, "certification.json", PART_LIMIT)?)?;
        let same = certification.get("sealed_sha256").and_then(Value::as_str) == Some(sealed);
        let fault = proven::fault(home, copy, &head, &submission, &certification)?;
        Ok((same && fault.is_none()).then_some(head))
    };
    proven().unwrap_or_else(|error| {
        tracing::info!(copy = copy.name(), code = error.code(), "the document is not taken from this copy");
        None
    })
}

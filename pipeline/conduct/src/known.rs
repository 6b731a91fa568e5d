//! What the register knows of a document on a copy. An inventory that was written anew over other content is sound in itself:
//! no copy is believed for its own word.

use model::Sha512;
use preserve::{CopyStore as _, DirectoryCopy, Head};
use register::{Job, Register};

use crate::Error;

/// The digest of the inventory that a document has on a copy; none when the copy does not hold the document.
pub(crate) fn inventory(register: &Register, job: &Job, copy: &str) -> Result<Option<Sha512>, Error> {
    let stored = register.stored(job.no)?;
    let Some(stored) = stored.into_iter().find(|stored| stored.copy == copy) else { return Ok(None) };
    let damaged = |_| register::Error::Damaged { seq: 0, what: "an inventory without a digest" };
    Ok(Some(stored.inventory_sha512.parse().map_err(damaged)?))
}

/// A document's newest version on a copy, when it is the one the register knows.
///
/// # Errors
/// [`Error::TooFewCopies`] when this copy does not hold the document; the copy's own when it lies there otherwise.
pub fn known_head(register: &Register, job: &Job, copy: &DirectoryCopy) -> Result<Head, Error> {
    let not_there = || Error::TooFewCopies { required: 1, reachable: 0 };
    let id = job.document.ok_or_else(not_there)?;
    let known = inventory(register, job, copy.name())?.ok_or_else(not_there)?;
    Ok(preserve::known_head(copy, id, known)?)
}

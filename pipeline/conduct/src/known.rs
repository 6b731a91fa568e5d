//! What the register knows of a document on a copy. An inventory that was written anew over other content is sound in itself:
//! no copy is believed for its own word.

use config::CopySettings;
use model::Sha512;
use preserve::{CopyStore as _, DirectoryCopy, Head};
use register::{Job, Register};

use crate::{Error, open_copy};

const NOWHERE: Error = Error::TooFewCopies { required: 1, reachable: 0 };

/// The digest of an inventory as the register writes it.
pub(crate) fn digest(hex: &str) -> Result<Sha512, Error> {
    let damaged = |_| register::Error::Damaged { seq: 0, what: "an inventory without a digest" };
    Ok(hex.parse().map_err(damaged)?)
}

/// The digest of the inventory that a document has on a copy; none when the copy does not hold the document.
pub(crate) fn inventory(register: &Register, job: &Job, copy: &str) -> Result<Option<Sha512>, Error> {
    let stored = register.stored(job.no)?;
    stored.iter().find(|stored| stored.copy == copy).map(|stored| digest(&stored.inventory_sha512)).transpose()
}

/// A document's newest version on a copy, when it is the one the register knows.
///
/// # Errors
/// [`Error::TooFewCopies`] when this copy does not hold the document; the copy's own when it lies there otherwise.
pub(crate) fn known_head(register: &Register, job: &Job, copy: &DirectoryCopy) -> Result<Head, Error> {
    let id = job.document.ok_or(NOWHERE)?;
    let known = inventory(register, job, copy.name())?.ok_or(NOWHERE)?;
    Ok(preserve::known_head(copy, id, known)?)
}

/// What the first copy gives that holds a document as the register knows it.
///
/// # Errors
/// The last copy's own, when none does.
pub fn from_copies<T>(
    register: &Register,
    copies: &[CopySettings],
    job: &Job,
    read: impl Fn(&DirectoryCopy, &Head) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut last = NOWHERE;
    for settings in copies {
        if inventory(register, job, &settings.name)?.is_none() {
            continue;
        }
        let copy = open_copy(register, settings);
        match copy.and_then(|copy| read(&copy, &known_head(register, job, &copy)?)) {
            Ok(answer) => return Ok(answer),
            Err(error) => {
                tracing::warn!(copy = settings.name, job = job.no, code = error.code(), "a copy was passed over");
                last = error;
            }
        }
    }
    Err(last)
}

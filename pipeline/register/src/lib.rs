//! The register: what happened to every document, and therefore what is to be done next.
//!
//! *Purpose:* an append-only, hash-chained list of events; jobs, artifacts, bookings and copies are folded from it and can be
//! folded again. The register is the queue. *Knows:* SQL, and nobody else does. *Doesn't know:* what a stage does, files, PDF.
//!
//! Its operations speak of work (take a job, commit a step, book a number), not of rows. One process writes; others read.

mod book;
mod copies;
mod desk;
mod error;
mod fold;
mod jobs;
mod read;
mod record;
mod schema;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::Clock;
use rusqlite::Connection;

pub use book::{Booking, BookingState};
pub use desk::{Access, Account, Desk, Kept, PasswordState, Role, Session, SessionLimits};
pub use error::Error;
pub use jobs::{Commit, Job};
pub use read::{Standing, Stored, Totals};
pub use record::{Artifact, Facts, Record};

/// The register of one home.
pub struct Register {
    connection: Mutex<Connection>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Register").finish_non_exhaustive()
    }
}

impl Register {
    /// Opens the register for writing, makes or migrates it, and checks the end of the chain.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the chain does not hold, [`Error::Newer`] when a later mocban wrote it.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let connection = schema::open(path)?;
        let register = Self { connection: Mutex::new(connection), clock };
        register.check_tail(256)?;
        Ok(register)
    }

    /// Opens an existing register for reading beside the process that writes it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_to_read(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Ok(Self { connection: Mutex::new(schema::open_to_read(path)?), clock })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while holding the lock left at most an open transaction, which rolls back when it is dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

//! Hands the register's events to the copies: whoever has one good copy has the history too.

use std::sync::PoisonError;

use preserve::{CopyStore as _, DirectoryCopy, journal};

use crate::{Error, Home};

const SEGMENT_EVENTS: usize = 50_000;

impl Home {
    /// Writes all events a copy's journal lacks as new segments, on every reachable copy; answers on how many copies
    /// the journal is now complete.
    ///
    /// # Errors
    /// Only the register's own; a copy that is away is left behind and catches up at the next flush.
    pub fn flush_journal(&self) -> Result<usize, Error> {
        let mut complete = 0;
        for (name, copy) in self.copies() {
            let flushed = copy.and_then(|copy| self.flush_to(&copy));
            match flushed {
                Ok(()) => complete += 1,
                Err(error @ Error::Register(_)) => return Err(error),
                Err(error) => tracing::warn!(copy = name, code = error.code(), "the journal could not be written"),
            }
        }
        Ok(complete)
    }

    fn flush_to(&self, copy: &DirectoryCopy) -> Result<(), Error> {
        // Only this home writes there, one lane at a time; another medium at the same place has another identity. Taken out
        // first: what went wrong is looked up again.
        let mut heads = self.journalled.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last = match heads.remove(copy.medium()) {
            Some(last) => last,
            None => journal::last(copy)?,
        };
        loop {
            let lines = self.register.lines_after(last.seq, SEGMENT_EVENTS)?;
            if lines.is_empty() {
                heads.insert(copy.medium().to_owned(), last);
                return Ok(());
            }
            let mut entries = Vec::with_capacity(lines.len());
            for (seq, line, hash) in lines {
                let prev = register::Record::from_line(seq, &line)?.prev;
                entries.push(journal::JournalEntry { seq, hash, prev, line });
            }
            last = journal::append_after(copy, last, &entries)?;
        }
    }
}

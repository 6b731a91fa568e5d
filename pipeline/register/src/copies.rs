//! The copies as the register knows them: on which medium each lies, and which documents it still lacks.

use model::event::EventKind;
use rusqlite::{OptionalExtension as _, params};

use crate::{
    Error, Job, Register,
    jobs::{Commit, SELECT, add, job_of_row},
};

const PINNED: &str = "SELECT json_extract(line, '$.event.medium') FROM event WHERE job IS NULL
     AND json_extract(line, '$.event.kind') = 'pinned' AND json_extract(line, '$.event.copy') = ?1 ORDER BY seq LIMIT 1";
const LACKING: &str =
    "state = 'done' AND NOT EXISTS (SELECT 1 FROM stored WHERE stored.job = job.no AND stored.copy = ?1)";

impl Register {
    /// The medium a copy was first used on.
    pub fn pinned(&self, copy: &str) -> Result<Option<String>, Error> {
        Ok(self.lock().prepare_cached(PINNED)?.query_row([copy], |row| row.get(0)).optional()?)
    }

    /// Notes the medium of a copy at its first use; answers the one it was first used on.
    pub fn pin(&self, copy: &str, medium: &str) -> Result<String, Error> {
        if let Some(pinned) = self.pinned(copy)? {
            return Ok(pinned);
        }
        self.write(|tx, now| {
            let pinned: Option<String> = tx.query_row(PINNED, [copy], |row| row.get(0)).optional()?;
            if let Some(pinned) = pinned {
                return Ok(pinned);
            }
            let event = EventKind::Pinned { copy: copy.to_owned(), medium: medium.to_owned() };
            add(tx, now, None, &Commit::of(event))?;
            Ok(medium.to_owned())
        })
    }

    /// Finished documents a copy lacks, the oldest first, behind the job `after`.
    pub fn lacking(&self, copy: &str, after: i64, limit: usize) -> Result<Vec<Job>, Error> {
        let jobs = self
            .lock()
            .prepare_cached(&format!("{SELECT} WHERE {LACKING} AND no > ?2 ORDER BY no LIMIT ?3"))?
            .query_map(params![copy, after, limit as i64], job_of_row)?
            .collect::<Result<_, _>>()?;
        Ok(jobs)
    }

    /// How many finished documents a copy lacks.
    pub fn lacking_count(&self, copy: &str) -> Result<u64, Error> {
        let query = format!("SELECT count(*) FROM job WHERE {LACKING}");
        let count: i64 = self.lock().prepare_cached(&query)?.query_row([copy], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

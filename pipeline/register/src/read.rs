//! What others ask of the register: jobs, histories, artifacts, totals, the chain.

use std::collections::BTreeMap;

use model::{DocumentId, Sha256, event::EventKind};
use rusqlite::{OptionalExtension as _, params};

use crate::{
    Artifact, Error, Job, Record, Register, fold,
    jobs::{SELECT, job_of_row, load},
    record::GENESIS,
};

/// A copy that holds a document's object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Name of the copy.
    pub copy: String,
    /// Head version.
    pub version: String,
    /// SHA-512 of the inventory, hexadecimal.
    pub inventory_sha512: String,
    /// When it was read back, UTC.
    pub at: String,
}

/// How much there is in each state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Jobs by the state people see (`working`, `done`, `waiting`, `held`, `duplicate`, `rejected`).
    pub documents: BTreeMap<String, u64>,
    /// Waiting and held jobs by reason.
    pub by_reason: BTreeMap<String, u64>,
    /// Sealed numbers by year.
    pub certified: BTreeMap<i16, u64>,
}

/// How many jobs stand at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The stage; none when a job is at its end.
    pub stage: Option<String>,
    /// `ready`, `running`, `waiting`, `held`, `duplicate`, `rejected`, `done`.
    pub state: String,
    /// Cause or reason.
    pub reason: Option<String>,
    /// How many.
    pub count: u64,
    /// Number of the oldest of them.
    pub oldest: i64,
}

impl Register {
    /// One job.
    pub fn job(&self, no: i64) -> Result<Job, Error> {
        load(&self.lock(), no)
    }

    /// Every job, in order.
    pub fn jobs(&self) -> Result<Vec<Job>, Error> {
        self.select("ORDER BY no", &[])
    }

    /// The jobs a word names: a document's identity or the beginning of one, a job number `#12`, or a path below inbound.
    pub fn named(&self, name: &str) -> Result<Vec<Job>, Error> {
        if let Some(no) = name.strip_prefix('#').and_then(|no| no.parse().ok()) {
            return match self.job(no) {
                Ok(job) => Ok(vec![job]),
                Err(Error::Unknown { .. }) => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        }
        let connection = self.lock();
        let prefix = name.strip_prefix("urn:uuid:").unwrap_or(name).to_lowercase();
        let usable = prefix.len() >= 4 && prefix.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let pattern = if usable { format!("{prefix}%") } else { String::new() };
        let jobs = connection
            .prepare_cached(&format!(
                "{SELECT} WHERE source = ?1 OR (document LIKE ?2 AND state NOT IN ('duplicate')) ORDER BY no"
            ))?
            .query_map(params![name, pattern], job_of_row)?
            .collect::<Result<_, _>>()?;
        Ok(jobs)
    }

    /// The job that carries a document's identity and is no duplicate or rejected try.
    pub fn job_of_document(&self, id: DocumentId) -> Result<Option<Job>, Error> {
        let connection = self.lock();
        let job = connection
            .prepare_cached(&format!(
                "{SELECT} WHERE document = ?1 AND state NOT IN ('duplicate', 'rejected') ORDER BY no LIMIT 1"
            ))?
            .query_row([id.to_string()], job_of_row)
            .optional()?;
        Ok(job)
    }

    /// Every job of a document's content, duplicates and rejected tries too, in order.
    pub fn jobs_of_content(&self, id: DocumentId) -> Result<Vec<Job>, Error> {
        self.select("WHERE document = ?1 ORDER BY no", params![id.to_string()])
    }

    /// The job an inbound path last belonged to.
    pub fn job_of_source(&self, source: &str) -> Result<Option<Job>, Error> {
        let connection = self.lock();
        let job = connection
            .prepare_cached(&format!("{SELECT} WHERE source = ?1 ORDER BY no DESC LIMIT 1"))?
            .query_row([source], job_of_row)
            .optional()?;
        Ok(job)
    }

    /// Jobs that wait for a cause, in order.
    pub fn jobs_waiting_for(&self, cause: &str) -> Result<Vec<Job>, Error> {
        self.select("WHERE state = 'waiting' AND reason = ?1 ORDER BY no", params![cause])
    }

    /// Finished jobs with an event later than `seq`: what an index that ends there lacks.
    pub fn done_after(&self, seq: u64) -> Result<Vec<Job>, Error> {
        self.select(
            "WHERE state = 'done' AND (SELECT max(seq) FROM event WHERE event.job = job.no) > ?1 ORDER BY no",
            params![seq.cast_signed()],
        )
    }

    /// Finished jobs whose seal still has to rise.
    pub fn done_at_level(&self, level: &str) -> Result<Vec<Job>, Error> {
        self.select("WHERE state = 'done' AND json_extract(card, '$.level') = ?1 ORDER BY no", params![level])
    }

    fn select(&self, condition: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Job>, Error> {
        let connection = self.lock();
        let jobs = connection
            .prepare_cached(&format!("{SELECT} {condition}"))?
            .query_map(values, job_of_row)?
            .collect::<Result<_, _>>()?;
        Ok(jobs)
    }

    /// Events of a job, in order.
    pub fn history(&self, job: i64) -> Result<Vec<Record>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT seq, line FROM event WHERE job = ?1 ORDER BY seq")?;
        let mut rows = statement.query([job])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(Record::from_line(row.get::<_, i64>(0)?.unsigned_abs(), &row.get::<_, String>(1)?)?);
        }
        Ok(records)
    }

    /// Lines after an event with their hashes, at most `limit`: what a journal segment is made of.
    pub fn lines_after(&self, seq: u64, limit: usize) -> Result<Vec<(u64, String, Sha256)>, Error> {
        let connection = self.lock();
        let lines = connection
            .prepare_cached("SELECT seq, line, hash FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2")?
            .query_map(params![seq.cast_signed(), limit as i64], |row| {
                Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?, Sha256(row.get(2)?)))
            })?
            .collect::<Result<_, _>>()?;
        Ok(lines)
    }

    /// Position and hash of the last event.
    pub fn head(&self) -> Result<(u64, Sha256), Error> {
        fold::head(&self.lock())
    }

    /// Whether this event stands at this place; before the first there is none, and that is known.
    pub fn has_event(&self, seq: u64, hash: Sha256) -> Result<bool, Error> {
        if seq == 0 {
            return Ok(true);
        }
        let known = self
            .lock()
            .prepare_cached("SELECT 1 FROM event WHERE seq = ?1 AND hash = ?2")?
            .exists(params![seq.cast_signed(), hash.0])?;
        Ok(known)
    }

    /// A published file of a job.
    pub fn artifact(&self, job: i64, name: &str) -> Result<Option<Artifact>, Error> {
        Ok(self.artifacts(job)?.into_iter().find(|artifact| artifact.name == name))
    }

    /// All published files of a job.
    pub fn artifacts(&self, job: i64) -> Result<Vec<Artifact>, Error> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT name, sha256, bytes, path FROM artifact WHERE job = ?1 ORDER BY name")?;
        let mut rows = statement.query([job])?;
        let mut artifacts = Vec::new();
        while let Some(row) = rows.next()? {
            artifacts.push(Artifact {
                name: row.get(0)?,
                sha256: row
                    .get::<_, String>(1)?
                    .parse()
                    .map_err(|_| Error::Damaged { seq: 0, what: "an artifact without a digest" })?,
                bytes: row.get::<_, i64>(2)?.unsigned_abs(),
                path: row.get(3)?,
            });
        }
        Ok(artifacts)
    }

    /// The copies that hold a job's object.
    pub fn stored(&self, job: i64) -> Result<Vec<Stored>, Error> {
        let connection = self.lock();
        let stored = connection
            .prepare_cached("SELECT copy, version, inventory_sha512, at FROM stored WHERE job = ?1 ORDER BY copy")?
            .query_map([job], |row| {
                Ok(Stored { copy: row.get(0)?, version: row.get(1)?, inventory_sha512: row.get(2)?, at: row.get(3)? })
            })?
            .collect::<Result<_, _>>()?;
        Ok(stored)
    }

    /// What a copy must hold: identity, head version, inventory digest.
    pub fn expected_on(&self, copy: &str) -> Result<Vec<(DocumentId, String, String)>, Error> {
        let connection = self.lock();
        let rows: Vec<(String, String, String)> = connection
            .prepare_cached(
                "SELECT job.document, stored.version, stored.inventory_sha512 FROM stored JOIN job ON job.no = stored.job
                 WHERE stored.copy = ?1 ORDER BY job.document",
            )?
            .query_map([copy], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        rows.into_iter()
            .map(|(id, version, digest)| {
                let id = id.parse().map_err(|_| Error::Damaged { seq: 0, what: "not a document identifier" })?;
                Ok((id, version, digest))
            })
            .collect()
    }

    /// The last event that must stand in a copy's journal: originals leave inbound only after it was written there.
    pub fn journalled_on(&self, copy: &str) -> Result<Option<(u64, Sha256)>, Error> {
        let connection = self.lock();
        let row = connection
            .query_row(
                "SELECT event.seq, event.hash FROM event JOIN job ON job.no = event.job
                 WHERE job.state = 'done' AND json_extract(event.line, '$.event.kind') = 'stored'
                 AND json_extract(event.line, '$.event.copy') = ?1 ORDER BY event.seq DESC LIMIT 1",
                [copy],
                |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), Sha256(row.get(1)?))),
            )
            .optional()?;
        Ok(row)
    }

    /// Counts by state, reason and year.
    pub fn totals(&self) -> Result<Totals, Error> {
        let connection = self.lock();
        let mut totals = Totals::default();
        let mut statement =
            connection.prepare_cached("SELECT state, reason, count(*) FROM job GROUP BY state, reason")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (state, reason, count): (String, Option<String>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let shown = if matches!(state.as_str(), "ready" | "running") { "working".to_owned() } else { state };
            *totals.documents.entry(shown).or_default() += count.unsigned_abs();
            if let Some(reason) = reason {
                *totals.by_reason.entry(reason).or_default() += count.unsigned_abs();
            }
        }
        let mut statement =
            connection.prepare_cached("SELECT year, count(*) FROM booking WHERE state = 'sealed' GROUP BY year")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            totals.certified.insert(row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs());
        }
        Ok(totals)
    }

    /// How many jobs stand where, and the oldest of each.
    pub fn standings(&self) -> Result<Vec<Standing>, Error> {
        let connection = self.lock();
        let rows = connection
            .prepare_cached(
                "SELECT stage, state, reason, count(*), min(no) FROM job GROUP BY stage, state, reason
                 ORDER BY stage, state, reason",
            )?
            .query_map([], |row| {
                Ok(Standing {
                    stage: row.get(0)?,
                    state: row.get(1)?,
                    reason: row.get(2)?,
                    count: row.get::<_, i64>(3)?.unsigned_abs(),
                    oldest: row.get(4)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The oldest jobs that are on their way, wait or are held.
    pub fn open_jobs(&self, limit: usize) -> Result<Vec<Job>, Error> {
        self.select(
            "WHERE state IN ('ready', 'running', 'waiting', 'held') ORDER BY no LIMIT ?1",
            params![limit as i64],
        )
    }

    /// Jobs that a person must decide about, oldest first.
    pub fn jobs_for_a_person(&self, limit: usize) -> Result<Vec<Job>, Error> {
        self.select(
            "WHERE state = 'held' OR (state = 'waiting' AND reason = 'review') ORDER BY no LIMIT ?1",
            params![limit as i64],
        )
    }

    /// How many jobs wait for a person's decision.
    pub fn count_for_a_person(&self) -> Result<u64, Error> {
        let connection = self.lock();
        let count: i64 = connection
            .prepare_cached(
                "SELECT count(*) FROM job WHERE state = 'held' OR (state = 'waiting' AND reason = 'review')",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// The newest finished jobs.
    pub fn newest_done(&self, limit: usize) -> Result<Vec<Job>, Error> {
        self.select("WHERE state = 'done' ORDER BY no DESC LIMIT ?1", params![limit as i64])
    }

    /// When a job entered.
    pub fn entered_at(&self, job: i64) -> Result<Option<jiff::Timestamp>, Error> {
        let connection = self.lock();
        let line: Option<(i64, String)> = connection
            .prepare_cached("SELECT seq, line FROM event WHERE job = ?1 ORDER BY seq LIMIT 1")?
            .query_row([job], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        line.map(|(seq, line)| Ok(Record::from_line(seq.unsigned_abs(), &line)?.at)).transpose()
    }

    /// The newest fixity check noted, of all copies or of some.
    pub fn last_check(&self) -> Result<Option<Record>, Error> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT seq, line FROM event WHERE job IS NULL ORDER BY seq DESC")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let record = Record::from_line(row.get::<_, i64>(0)?.unsigned_abs(), &row.get::<_, String>(1)?)?;
            if matches!(record.event, EventKind::Checked { .. }) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// How many jobs stand ready or running in a stage.
    pub fn open_in(&self, stage: model::Stage) -> Result<u64, Error> {
        let count: i64 = self.lock().query_row(
            "SELECT count(*) FROM job WHERE state IN ('ready', 'running') AND stage = ?1",
            [stage.name()],
            |row| row.get(0),
        )?;
        Ok(count.unsigned_abs())
    }

    /// Follows the chain over the last `count` events (all of them for `u64::MAX`).
    ///
    /// # Errors
    /// [`Error::Damaged`] names the first event that does not fit.
    pub fn check_tail(&self, count: u64) -> Result<(), Error> {
        let connection = self.lock();
        let (last, _) = fold::head(&connection)?;
        let first = last.saturating_sub(count) + 1;
        let mut before: Option<Sha256> = if first == 1 { Some(GENESIS) } else { None };
        let mut statement = connection.prepare("SELECT seq, line, hash FROM event WHERE seq >= ?1 ORDER BY seq")?;
        let mut rows = statement.query([first.cast_signed()])?;
        let mut expected = first;
        while let Some(row) = rows.next()? {
            let (seq, line, hash): (i64, String, [u8; 32]) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let seq = seq.unsigned_abs();
            let record = Record::from_line(seq, &line)?;
            if seq != expected || record.seq != seq {
                return Err(Error::Damaged { seq, what: "an event is missing" });
            }
            if Sha256::of(line.as_bytes()).0 != hash {
                return Err(Error::Damaged { seq, what: "the event was altered" });
            }
            if before.is_some_and(|before| before != record.prev) {
                return Err(Error::Damaged { seq, what: "the event before it was altered" });
            }
            before = Some(Sha256(hash));
            expected += 1;
        }
        Ok(())
    }

    /// Puts lines from a journal into an empty register, folding each as if it happened now.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the lines do not chain.
    pub fn restore(&self, lines: impl IntoIterator<Item = String>) -> Result<u64, Error> {
        self.write(|tx, _| {
            let mut restored = 0;
            for line in lines {
                let record = Record::from_line(restored + 1, &line)?;
                fold::append_line(tx, &record, &line)?;
                restored += 1;
            }
            Ok(restored)
        })
    }
}

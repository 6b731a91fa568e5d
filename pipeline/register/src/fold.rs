//! Appending an event and folding it into the tables: the one way in, for new events and for restored ones alike.

use failpoint::failpoint;
use model::{Sha256, event::EventKind, stage::JobState};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::{
    Error,
    jobs::{state_from_columns, state_to_columns},
    record::{Facts, GENESIS, Record},
};

/// Head of the chain: last position and its hash.
pub(crate) fn head(connection: &rusqlite::Connection) -> Result<(u64, Sha256), Error> {
    let row = connection
        .query_row("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(row.map_or((0, GENESIS), |(seq, hash): (i64, [u8; 32])| (seq.unsigned_abs(), Sha256(hash))))
}

/// Stores a record and folds it. The record must follow the head.
pub(crate) fn append(tx: &Transaction<'_>, record: &Record) -> Result<(), Error> {
    append_line(tx, record, &record.line()?)
}

/// Stores a record as the line it came as: the chain is over lines, and a line is never written anew.
pub(crate) fn append_line(tx: &Transaction<'_>, record: &Record, line: &str) -> Result<(), Error> {
    let (seq, hash) = head(tx)?;
    if record.seq != seq + 1 || record.prev != hash {
        return Err(Error::Damaged { seq: record.seq, what: "does not follow the event before" });
    }
    tx.prepare_cached("INSERT INTO event(seq, job, line, hash) VALUES(?1, ?2, ?3, ?4)")?.execute(params![
        record.seq.cast_signed(),
        record.job,
        line,
        Sha256::of(line.as_bytes()).0
    ])?;
    failpoint!("register:event:after");
    failpoint!("register:event:apart", |_| fold_apart(tx, record));
    fold(tx, record)
}

/// The mistake of an event that is committed before what it does, for a test that must notice.
#[cfg(feature = "failpoints")]
fn fold_apart(tx: &Transaction<'_>, record: &Record) -> Result<(), Error> {
    tx.execute_batch("COMMIT")?;
    failpoint!("register:event:split");
    tx.execute_batch("BEGIN IMMEDIATE")?;
    fold(tx, record)
}

fn fold(tx: &Transaction<'_>, record: &Record) -> Result<(), Error> {
    let Some(job) = record.job else { return fold_booking(tx, None, record) };
    if let EventKind::Entered { source } = &record.event {
        return enter(tx, job, source, &record.facts);
    }
    move_job(tx, job, record)?;
    for artifact in &record.artifacts {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO artifact(job, name, sha256, bytes, path) VALUES(?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            job,
            artifact.name,
            artifact.sha256.to_hex(),
            artifact.bytes.cast_signed(),
            artifact.path
        ])?;
    }
    fold_side_tables(tx, job, record)
}

fn enter(tx: &Transaction<'_>, job: i64, source: &str, facts: &Facts) -> Result<(), Error> {
    let card = serde_json::Value::Object(facts.clone()).to_string();
    tx.prepare_cached(
        "INSERT INTO job(no, source, state, stage, attempt, version, card) VALUES(?1, ?2, 'ready', 'intake', 0, 1, ?3)",
    )?
    .execute(params![job, source, card])?;
    Ok(())
}

fn move_job(tx: &Transaction<'_>, job: i64, record: &Record) -> Result<(), Error> {
    let (state, stage, reason, attempt, card) = tx
        .prepare_cached("SELECT state, stage, reason, attempt, card FROM job WHERE no = ?1")?
        .query_row([job], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, Option<String>>(1)?,
                row.get::<_, Option<String>>(2)?,
                row.get::<_, i64>(3)?,
                row.get::<_, String>(4)?,
            ))
        })
        .optional()?
        .ok_or(Error::Unknown { job })?;
    let before = state_from_columns(&state, stage.as_deref(), reason.as_deref())
        .ok_or(Error::Damaged { seq: record.seq, what: "unknown job state" })?;
    let after = before.next(&record.event).map_err(|source| Error::Illegal { job, source })?;
    let attempt = next_attempt(&record.event, attempt);
    let card = merge(&card, record)?;
    let document = card.get("document").and_then(|value| value.as_str()).map(str::to_owned);
    let source = match &record.event {
        EventKind::Tried { source } => Some(source.clone()),
        _ => None,
    };
    let columns = state_to_columns(&after);
    tx.prepare_cached(
        "UPDATE job SET state = ?2, stage = ?3, reason = ?4, attempt = ?5, card = ?6, document = ?7,
         source = coalesce(?8, source), version = version + ?9 WHERE no = ?1",
    )?
    .execute(params![
        job,
        columns.0,
        columns.1,
        columns.2,
        attempt,
        serde_json::Value::Object(card).to_string(),
        document,
        source,
        // Noted events (a booking during a step) leave the job where its holder believes it to be; of two persons who
        // correct the same reading, the second must have seen the first one's.
        i64::from(before != after || matches!(record.event, EventKind::Corrected { .. }))
    ])?;
    Ok(())
}

fn next_attempt(event: &EventKind, attempt: i64) -> i64 {
    match event {
        EventKind::Started { .. } => attempt + 1,
        EventKind::Finished { .. } | EventKind::Decided { .. } | EventKind::Tried { .. } | EventKind::Waited { .. } => {
            0
        }
        _ => attempt,
    }
}

fn merge(card: &str, record: &Record) -> Result<Facts, Error> {
    let mut card: Facts = serde_json::from_str(card).map_err(|source| Error::Unreadable { seq: record.seq, source })?;
    let sets_card =
        !matches!(record.event, EventKind::Stored { .. } | EventKind::Checked { .. } | EventKind::Attempted { .. });
    if sets_card {
        for (key, value) in &record.facts {
            if value.is_null() {
                card.remove(key);
            } else {
                card.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(card)
}

fn fold_side_tables(tx: &Transaction<'_>, job: i64, record: &Record) -> Result<(), Error> {
    if let EventKind::Stored { copy, version } = &record.event {
        let inventory = record.facts.get("inventory_sha512").and_then(|value| value.as_str()).unwrap_or_default();
        tx.execute(
            "INSERT INTO stored(job, copy, version, inventory_sha512, at) VALUES(?1, ?2, ?3, ?4, ?5)
             ON CONFLICT(job, copy) DO UPDATE SET version = ?3, inventory_sha512 = ?4, at = ?5",
            params![job, copy, version, inventory, record.at.to_string()],
        )?;
    }
    fold_booking(tx, Some(job), record)
}

/// A number is booked, sealed or void; one that was lost belongs to no job.
fn fold_booking(tx: &Transaction<'_>, job: Option<i64>, record: &Record) -> Result<(), Error> {
    let at = record.at.to_string();
    match &record.event {
        EventKind::Booked { year, number } => {
            tx.execute(
                "INSERT INTO booking(year, number, job, state, at, why) VALUES(?1, ?2, ?3, 'booked', ?4, '')",
                params![year, number, job, at],
            )?;
        }
        EventKind::Voided { year, number, why } => {
            tx.execute(
                "INSERT INTO booking(year, number, job, state, at, why) VALUES(?1, ?2, ?3, 'void', ?4, ?5)
                 ON CONFLICT(year, number) DO UPDATE SET state = 'void', why = ?5",
                params![year, number, job, at, why],
            )?;
        }
        EventKind::Finished { stage: model::Stage::Certify } | EventKind::Adopted => {
            tx.execute("UPDATE booking SET state = 'sealed' WHERE job = ?1 AND state = 'booked'", [job])?;
        }
        _ => {}
    }
    Ok(())
}

/// Whether a state still has work before it.
pub(crate) fn is_open(state: &JobState) -> bool {
    match state {
        JobState::Ready(_) | JobState::Running(_) | JobState::Waiting(..) => true,
        JobState::Held(..) | JobState::Duplicate | JobState::Rejected | JobState::Done => false,
    }
}

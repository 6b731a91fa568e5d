//! The file: settings, tables, migrations (forward only, by `user_version`).

use std::{path::Path, time::Duration};

use failpoint::failpoint;
use rusqlite::{Connection, OpenFlags};

use crate::Error;

const FORMAT: i64 = 1;

/// Events are the truth; the other tables are folded from them and say so by having no data of their own.
const TABLES: &str = "
CREATE TABLE event(
  seq INTEGER PRIMARY KEY,
  job INTEGER,
  line TEXT NOT NULL,
  hash BLOB NOT NULL CHECK(length(hash) = 32)
) STRICT;
CREATE INDEX event_of_job ON event(job, seq);
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

CREATE TABLE job(
  no INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  document TEXT,
  state TEXT NOT NULL CHECK(state IN ('ready','running','waiting','held','duplicate','rejected','done')),
  stage TEXT,
  reason TEXT,
  attempt INTEGER NOT NULL,
  version INTEGER NOT NULL,
  card TEXT NOT NULL
) STRICT;
CREATE INDEX job_queue ON job(state, stage, no);
CREATE INDEX job_source ON job(source);
CREATE INDEX job_document ON job(document);

CREATE TABLE artifact(
  job INTEGER NOT NULL REFERENCES job(no),
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY(job, name)
) STRICT;

CREATE TABLE booking(
  year INTEGER NOT NULL,
  number INTEGER NOT NULL CHECK(number > 0),
  job INTEGER,
  state TEXT NOT NULL CHECK(state IN ('booked','sealed','void')),
  at TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY(year, number)
) STRICT;
CREATE INDEX booking_of_job ON booking(job);

CREATE TABLE stored(
  job INTEGER NOT NULL REFERENCES job(no),
  copy TEXT NOT NULL,
  version TEXT NOT NULL,
  inventory_sha512 TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY(job, copy)
) STRICT;
";

pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let (connection, found) = open_to_write(path)?;
    match found {
        0 => {
            connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {FORMAT}; COMMIT;"))?;
        }
        FORMAT => {}
        _ => return Err(Error::Newer { found, known: FORMAT }),
    }
    Ok(connection)
}

/// Opens a file that came to its form by steps, and takes those it lacks, each in its own transaction.
pub(crate) fn open_stepwise(path: &Path, steps: &[&str]) -> Result<Connection, Error> {
    let (connection, found) = open_to_write(path)?;
    let taken = usize::try_from(found).unwrap_or(usize::MAX);
    if taken > steps.len() {
        return Err(Error::Newer { found, known: steps.len() as i64 });
    }
    for (no, step) in steps.iter().enumerate().skip(taken) {
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {step} PRAGMA user_version = {}; COMMIT;", no + 1))?;
    }
    Ok(connection)
}

fn open_to_write(path: &Path) -> Result<(Connection, i64), Error> {
    let fail = |source| Error::Open { path: path.to_owned(), source };
    let connection = Connection::open(path).map_err(fail)?;
    prepare(&connection).map_err(fail)?;
    // A power cut may take what was not synced: FULL is what makes a commit an acknowledgement.
    connection.pragma_update(None, "journal_mode", "WAL").map_err(fail)?;
    connection.pragma_update(None, "synchronous", synchronous()).map_err(fail)?;
    // Without it INSERT OR REPLACE would slip past the triggers.
    connection.pragma_update(None, "recursive_triggers", "ON").map_err(fail)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fail)?;
    Ok((connection, found))
}

pub(crate) fn open_to_read(path: &Path) -> Result<Connection, Error> {
    let fail = |source| Error::Open { path: path.to_owned(), source };
    // Read-write without CREATE: a reader of a WAL file may have to make its shared memory.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    prepare(&connection).map_err(fail)?;
    connection.pragma_update(None, "query_only", "ON").map_err(fail)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fail)?;
    if found != FORMAT {
        return Err(Error::Newer { found, known: FORMAT });
    }
    Ok(connection)
}

/// The switch is the mistake that a power cut must bring to light.
fn synchronous() -> &'static str {
    failpoint!("register:synchronous:off", |_| "OFF");
    "FULL"
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "foreign_keys", "ON")
}

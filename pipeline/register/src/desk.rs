//! What the portal keeps: accounts, sessions, and who looked at what.
//!
//! A file of its own beside the register, not tables in it. The register is folded from a chain of events that every copy's
//! journal carries, and can be thrown away and folded again; who read a document is no part of a document's life. In the
//! chain each look would wake the index (it lists what has events after its last commit), make the write-once journals
//! grow with every click, and keep for ever, on every copy, what people read; in a table of the register a rebuild would
//! lose it. Here no rebuild touches it, and it is a chain as well: entries are only added, and a change shows.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use model::{Clock, Sha256};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use crate::{Error, record::GENESIS, schema};

/// The steps by which the file came to its form; only ever added to. `user_version` counts those taken.
const STEPS: &[&str] = &["
CREATE TABLE account(
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK(role IN ('reader','archivist')),
  password TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('once','spent','own')),
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE session(
  token BLOB PRIMARY KEY CHECK(length(token) = 32),
  account TEXT NOT NULL REFERENCES account(name),
  csrf TEXT NOT NULL,
  begun INTEGER NOT NULL,
  seen INTEGER NOT NULL
) STRICT;

CREATE TABLE access(
  no INTEGER PRIMARY KEY,
  document TEXT,
  line TEXT NOT NULL,
  hash BLOB NOT NULL CHECK(length(hash) = 32)
) STRICT;
CREATE INDEX access_of_document ON access(document, no);
CREATE TRIGGER access_is_never_changed BEFORE UPDATE ON access BEGIN SELECT RAISE(ABORT, 'accesses are never changed'); END;
CREATE TRIGGER access_is_never_deleted BEFORE DELETE ON access BEGIN SELECT RAISE(ABORT, 'accesses are never deleted'); END;
"];

/// A session is written down as seen only so often: each writing is a sync.
const SEEN_EVERY_S: i64 = 30;

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Finds, looks and downloads.
    Reader,
    /// Also decides about what is held.
    Archivist,
}

impl Role {
    /// Name in SQL and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Archivist => "archivist",
        }
    }

    fn from_name(name: &str) -> Self {
        if name == "archivist" { Self::Archivist } else { Self::Reader }
    }
}

/// How an account's password stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordState {
    /// Made by the operator's command; it opens one session, in which it must be changed.
    Once,
    /// Made by the command and used; it opens nothing any more.
    Spent,
    /// Chosen by its owner.
    Own,
}

impl PasswordState {
    /// Name in SQL and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Spent => "spent",
            Self::Own => "own",
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The password's hash in PHC form.
    pub password: String,
    /// How the password stands.
    pub state: PasswordState,
}

/// An account as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The account.
    pub account: Account,
    /// Since when its password stands so.
    pub since: Timestamp,
    /// Sessions that were not ended, past their limits or not.
    pub sessions: u64,
}

/// Who acts by a command on the machine itself: no account can have this name.
const OPERATOR: &str = "mocban portal";

/// A running session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: Account,
    /// What each form must carry.
    pub csrf: String,
}

/// When sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// After so long without a request.
    pub idle: Duration,
    /// After so long in any case.
    pub whole: Duration,
}

/// One entry of the access log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Position, from 1 without gaps.
    pub no: u64,
    /// When, UTC.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What: `login`, `refused`, `logout`, `password`, `view`, `download`; by the operator's commands `given` and `closed`.
    pub act: String,
    /// The document, by identity or `#JOB`.
    pub document: Option<String>,
    /// Which part of it: a page, a file; of an operator's act the account.
    pub part: Option<String>,
    /// Hash of the entry before; zeros for the first.
    pub prev: Sha256,
}

/// The portal's file of one home.
pub struct Desk {
    connection: Mutex<Connection>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// Opens the file, makes it, or takes the steps it lacks.
    ///
    /// # Errors
    /// [`Error::Newer`] when a later mocban wrote it, [`Error::AccessLog`] when the end of the log does not chain.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let connection = schema::open_stepwise(path, STEPS)?;
        let desk = Self { connection: Mutex::new(connection), clock };
        desk.check_log(64)?;
        Ok(desk)
    }

    /// Gives an account a password that opens one session; makes the account when it is new. Its sessions end.
    pub fn give_password(&self, name: &str, role: Option<Role>, hash: &str) -> Result<(), Error> {
        self.write(|tx, now| {
            tx.execute(
                "INSERT INTO account(name, role, password, state, at) VALUES(?1, coalesce(?2, 'archivist'), ?3, 'once', ?4)
                 ON CONFLICT(name) DO UPDATE SET role = coalesce(?2, role), password = ?3, state = 'once', at = ?4",
                params![name, role.map(Role::name), hash, now.as_second()],
            )?;
            tx.execute("DELETE FROM session WHERE account = ?1", [name])?;
            add(tx, now, &Note { actor: OPERATOR, act: "given", document: None, part: Some(name) })
        })
    }

    /// Takes an account away; its sessions end, what it did stays in the log. False when there is none of this name.
    pub fn close(&self, name: &str) -> Result<bool, Error> {
        self.write(|tx, now| {
            tx.execute("DELETE FROM session WHERE account = ?1", [name])?;
            let closed = tx.execute("DELETE FROM account WHERE name = ?1", [name])? > 0;
            if closed {
                add(tx, now, &Note { actor: OPERATOR, act: "closed", document: None, part: Some(name) })?;
            }
            Ok(closed)
        })
    }

    /// All accounts, by name.
    pub fn accounts(&self) -> Result<Vec<Kept>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT name, role, password, state, at, (SELECT count(*) FROM session WHERE account = name)
             FROM account ORDER BY name",
        )?;
        let kept = statement.query_map([], |row| {
            let since = Timestamp::from_second(row.get(4)?).unwrap_or_default();
            Ok(Kept { account: account_of_row(row, 0)?, since, sessions: row.get::<_, i64>(5)?.unsigned_abs() })
        })?;
        Ok(kept.collect::<Result<_, _>>()?)
    }

    /// The owner chose a password in a session that goes on; all other sessions of the account end. False, and nothing is
    /// changed, when that session has ended or the account is not as it was seen: another password was given or chosen.
    pub fn own_password(&self, seen: &Account, hash: &str, keep: &[u8; 32]) -> Result<bool, Error> {
        self.write(|tx, now| {
            let name = &seen.name;
            let chosen = tx.execute(
                "UPDATE account SET password = ?2, state = 'own', at = ?3 WHERE name = ?1 AND password = ?4
                 AND EXISTS(SELECT 1 FROM session WHERE token = ?5 AND account = ?1)",
                params![name, hash, now.as_second(), seen.password, keep],
            )?;
            if chosen == 0 {
                return Ok(false);
            }
            tx.execute("DELETE FROM session WHERE account = ?1 AND token <> ?2", params![name, keep])?;
            add(tx, now, &Note { actor: name, act: "password", document: None, part: None })?;
            Ok(true)
        })
    }

    /// One account.
    pub fn account(&self, name: &str) -> Result<Option<Account>, Error> {
        let connection = self.lock();
        let account = connection
            .prepare_cached("SELECT name, role, password, state FROM account WHERE name = ?1")?
            .query_row([name], |row| account_of_row(row, 0))
            .optional()?;
        Ok(account)
    }

    /// Whether nobody has an account yet.
    pub fn is_new(&self) -> Result<bool, Error> {
        Ok(self.lock().query_row("SELECT NOT EXISTS(SELECT 1 FROM account)", [], |row| row.get(0))?)
    }

    /// Begins a session of an account whose password was given; one made by the command is spent by it. False, and nothing is
    /// begun, when the password was spent before or is not the account's any more.
    pub fn begin_session(&self, seen: &Account, token: &[u8; 32], csrf: &str) -> Result<bool, Error> {
        self.write(|tx, now| {
            let name = &seen.name;
            let opens = tx.execute(
                "UPDATE account SET state = iif(state = 'once', 'spent', state)
                 WHERE name = ?1 AND password = ?2 AND state = ?3 AND state <> 'spent'",
                params![name, seen.password, seen.state.name()],
            )?;
            if opens == 0 {
                return Ok(false);
            }
            tx.execute(
                "INSERT INTO session(token, account, csrf, begun, seen) VALUES(?1, ?2, ?3, ?4, ?4)",
                params![token, name, csrf, now.as_second()],
            )?;
            add(tx, now, &Note { actor: name, act: "login", document: None, part: None })?;
            Ok(true)
        })
    }

    /// The session of a token; `act` marks it as seen (a page that renews itself is nobody's act). One past its limits is
    /// ended by this look.
    pub fn session(&self, token: &[u8; 32], limits: SessionLimits, act: bool) -> Result<Option<Session>, Error> {
        let now = self.clock.now().as_second();
        let found = self
            .lock()
            .prepare_cached(
                "SELECT csrf, begun, seen, name, role, password, state FROM session JOIN account ON name = account
                 WHERE token = ?1",
            )?
            .query_row([token], |row| {
                let session = Session { csrf: row.get(0)?, account: account_of_row(row, 3)? };
                Ok((session, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
            })
            .optional()?;
        let Some((session, begun, seen)) = found else { return Ok(None) };
        let (idle, whole) = (limits.idle.as_secs().cast_signed(), limits.whole.as_secs().cast_signed());
        if now - seen >= idle || now - begun >= whole {
            self.write(|tx, _| Ok(tx.execute("DELETE FROM session WHERE token = ?1", [token])?))?;
            return Ok(None);
        }
        if act && now - seen >= SEEN_EVERY_S.min(idle / 4) {
            self.write(|tx, _| Ok(tx.execute("UPDATE session SET seen = ?2 WHERE token = ?1", params![token, now])?))?;
        }
        Ok(Some(session))
    }

    /// Ends a session.
    pub fn end_session(&self, token: &[u8; 32], name: &str) -> Result<(), Error> {
        self.write(|tx, now| {
            tx.execute("DELETE FROM session WHERE token = ?1", [token])?;
            add(tx, now, &Note { actor: name, act: "logout", document: None, part: None })
        })
    }

    /// Notes that somebody looked at, fetched or was refused something.
    pub fn note(&self, actor: &str, act: &str, document: Option<&str>, part: Option<&str>) -> Result<(), Error> {
        self.write(|tx, now| add(tx, now, &Note { actor, act, document, part }))
    }

    /// The newest entries of a document's access log.
    pub fn accesses_of(&self, document: &str, limit: u32) -> Result<Vec<Access>, Error> {
        self.accesses("WHERE document = ?1 ORDER BY no DESC LIMIT ?2", params![document, limit])
    }

    /// The newest entries of the access log.
    pub fn newest_accesses(&self, limit: u32) -> Result<Vec<Access>, Error> {
        self.accesses("ORDER BY no DESC LIMIT ?1", params![limit])
    }

    fn accesses(&self, condition: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Access>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&format!("SELECT no, line FROM access {condition}"))?;
        let mut rows = statement.query(values)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row.get::<_, i64>(0)?.unsigned_abs(), &row.get::<_, String>(1)?)?);
        }
        Ok(found)
    }

    /// Follows the last `count` entries (all for `u64::MAX`).
    ///
    /// # Errors
    /// [`Error::AccessLog`] names the first that does not fit.
    pub fn check_log(&self, count: u64) -> Result<(), Error> {
        let connection = self.lock();
        let last = head(&connection)?.0;
        let first = last.saturating_sub(count) + 1;
        let mut before = (first == 1).then_some(GENESIS);
        let mut statement = connection.prepare("SELECT no, line, hash FROM access WHERE no >= ?1 ORDER BY no")?;
        let mut rows = statement.query([first.cast_signed()])?;
        let mut expected = first;
        while let Some(row) = rows.next()? {
            let (no, line, hash): (i64, String, [u8; 32]) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let no = no.unsigned_abs();
            let entry = read(no, &line)?;
            let fits = no == expected && entry.no == no && before.is_none_or(|before| before == entry.prev);
            if !fits || Sha256::of(line.as_bytes()).0 != hash {
                return Err(Error::AccessLog { no });
            }
            before = Some(Sha256(hash));
            expected += 1;
        }
        Ok(())
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>, Timestamp) -> Result<T, Error>) -> Result<T, Error> {
        let now = self.clock.now();
        let mut connection = self.lock();
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = work(&tx, now)?;
        tx.commit()?;
        Ok(answer)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Note<'a> {
    actor: &'a str,
    act: &'a str,
    document: Option<&'a str>,
    part: Option<&'a str>,
}

fn add(tx: &Transaction<'_>, now: Timestamp, note: &Note<'_>) -> Result<(), Error> {
    let (last, prev) = head(tx)?;
    let entry = Access {
        no: last + 1,
        at: now,
        actor: note.actor.to_owned(),
        act: note.act.to_owned(),
        document: note.document.map(str::to_owned),
        part: note.part.map(str::to_owned),
        prev,
    };
    let line = serde_json::to_string(&entry).map_err(|source| Error::Unreadable { seq: entry.no, source })?;
    tx.prepare_cached("INSERT INTO access(no, document, line, hash) VALUES(?1, ?2, ?3, ?4)")?.execute(params![
        entry.no.cast_signed(),
        entry.document,
        line,
        Sha256::of(line.as_bytes()).0
    ])?;
    Ok(())
}

fn head(connection: &Connection) -> Result<(u64, Sha256), Error> {
    let row = connection
        .query_row("SELECT no, hash FROM access ORDER BY no DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(row.map_or((0, GENESIS), |(no, hash): (i64, [u8; 32])| (no.unsigned_abs(), Sha256(hash))))
}

fn read(no: u64, line: &str) -> Result<Access, Error> {
    serde_json::from_str(line).map_err(|source| Error::Unreadable { seq: no, source })
}

fn account_of_row(row: &Row<'_>, from: usize) -> rusqlite::Result<Account> {
    Ok(Account {
        name: row.get(from)?,
        role: Role::from_name(&row.get::<_, String>(from + 1)?),
        password: row.get(from + 2)?,
        state: match row.get::<_, String>(from + 3)?.as_str() {
            "own" => PasswordState::Own,
            "once" => PasswordState::Once,
            _ => PasswordState::Spent,
        },
    })
}

#[cfg(test)]
mod tests;

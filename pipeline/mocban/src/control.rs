//! The daemon's ear: a Unix socket in the home, open to the home's owner only. One JSON line asks, one answers.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use conduct::{
    Error, Home, correct,
    decide::{self, Decided, Decision},
    refused::Refused,
    signing::SessionState,
};
use rustix::fs::Mode;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What the daemon can be asked.
#[derive(Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Open a signing session.
    KeyOpen {
        /// The PIN; it crosses this socket and is not kept.
        pin: Zeroizing<String>,
    },
    /// Close it.
    KeyClose,
    /// How it stands.
    KeyStatus,
    /// An audit ended; it is to be noted in the register.
    Audited {
        /// `sound`, `damaged`, `unreadable`.
        outcome: String,
        /// The copies' parts of `mocban.audit/1`.
        copies: Vec<serde_json::Value>,
    },
    /// A person's decision.
    Decide {
        /// The document.
        id: String,
        /// The decision.
        decision: Decision,
        /// Who.
        by: String,
        /// Why.
        why: String,
    },
    /// A reviewer's corrections.
    Describe {
        /// The document.
        id: String,
        /// Fields with their values.
        set: BTreeMap<String, String>,
        /// Who.
        by: String,
    },
}

/// What it answers: a code of the catalogue with its facts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) ok: bool,
    pub(crate) code: String,
    pub(crate) facts: Vec<(String, String)>,
}

impl Answer {
    fn new(ok: bool, code: &str, facts: Vec<(String, String)>) -> Self {
        Self { ok, code: code.to_owned(), facts }
    }

    /// Something that the command line itself cannot make sense of.
    pub(crate) fn misspoken(code: &str) -> Self {
        Self::new(false, code, Vec::new())
    }

    fn refused(id: String, refused: &Refused) -> Self {
        let mut facts = refused.facts();
        facts.push(("id".into(), id));
        Self::new(false, refused.code(), facts)
    }

    fn failed(error: &Error) -> Self {
        Self::new(false, &error.code(), error.facts())
    }
}

fn socket(root: &Path) -> PathBuf {
    root.join("mocban.sock")
}

/// Asks the running daemon; `None` when there is none.
pub(crate) fn ask(root: &Path, request: &Request) -> Result<Option<Answer>, Error> {
    let path = socket(root);
    let Ok(mut stream) = UnixStream::connect(&path) else { return Ok(None) };
    let failed = |source| Error::from(durable::Error::io("ask", &path, source));
    stream.set_read_timeout(Some(Duration::from_mins(1))).map_err(failed)?;
    let mut line = Zeroizing::new(serde_json::to_vec(request)?);
    line.push(b'\n');
    stream.write_all(&line).map_err(failed)?;
    let mut answer = String::new();
    BufReader::new(stream).take(1 << 20).read_line(&mut answer).map_err(failed)?;
    Ok(Some(serde_json::from_str(&answer)?))
}

/// Makes the socket. The lock of the home is held, so one that lies there belongs to a daemon that died.
pub(crate) fn listen(root: &Path) -> Result<UnixListener, Error> {
    let path = socket(root);
    durable::remove(&path)?;
    let failed = |source| Error::from(durable::Error::io("listen", &path, source));
    let listener = UnixListener::bind(&path).map_err(failed)?;
    rustix::fs::chmod(&path, Mode::RUSR | Mode::WUSR).map_err(|e| failed(e.into()))?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// Answers until the daemon stops. One question at a time: each takes milliseconds.
pub(crate) fn answer(home: &Home, listener: &UnixListener, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        match listener.accept() {
            Ok((stream, _)) => {
                if let Err(reason) = one(home, &stream) {
                    tracing::warn!(%reason, "a question on the socket broke off");
                }
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn one(home: &Home, stream: &UnixStream) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut line = Zeroizing::new(String::new());
    BufReader::new(stream).take(1 << 20).read_line(&mut line)?;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => obey(home, request),
        Err(_) => Answer::new(false, "bad-request", Vec::new()),
    };
    let mut out = serde_json::to_vec(&answer)?;
    out.push(b'\n');
    (&*stream).write_all(&out)
}

/// Does what was asked, in the process that holds the home.
pub(crate) fn obey(home: &Home, request: Request) -> Answer {
    match request {
        Request::KeyOpen { pin } => match home.signing.open(pin) {
            Ok(()) => {
                if let Err(error) = home.register.resume(model::Cause::Key.code()) {
                    return Answer::failed(&error.into());
                }
                session(home)
            }
            Err(error) => Answer::failed(&error),
        },
        Request::KeyClose => {
            home.signing.close();
            session(home)
        }
        Request::KeyStatus => session(home),
        Request::Audited { outcome, copies } => match home.register.note(&conduct::audit::noted(&outcome, &copies)) {
            Ok(()) => Answer::new(true, "audit-noted", Vec::new()),
            Err(error) => Answer::failed(&error.into()),
        },
        Request::Decide { id, decision, by, why } => match decide::decide(home, &id, None, &decision, &by, &why) {
            Ok(Decided::Moved) => {
                let act = decision.act().name().to_owned();
                Answer::new(true, "decided", vec![("id".into(), id), ("decision".into(), act)])
            }
            Ok(Decided::Refused(refused)) => Answer::refused(id, &refused),
            Err(error) => Answer::failed(&error),
        },
        Request::Describe { id, set, by } => match correct::correct(home, &id, None, &set, &by) {
            Ok(Ok(())) => {
                let fields = set.into_keys().collect::<Vec<_>>().join(", ");
                Answer::new(true, "corrected", vec![("id".into(), id), ("fields".into(), fields)])
            }
            Ok(Err(refused)) => Answer::refused(id, &refused),
            Err(error) => Answer::failed(&error),
        },
    }
}

fn session(home: &Home) -> Answer {
    match home.signing.state() {
        SessionState::Open { left } => Answer::new(true, "session-open", vec![("left".into(), left.to_string())]),
        SessionState::Closed => Answer::new(true, "session-closed", Vec::new()),
        SessionState::Refused => Answer::new(true, "session-refused", Vec::new()),
    }
}

/// The PIN from a descriptor. `/proc/self/fd/N` is opened afresh, so that an unlinked file can be read by each command.
pub(crate) fn pin_from(fd: Option<i32>) -> Result<Option<Zeroizing<String>>, Error> {
    let Some(fd) = fd else { return Ok(None) };
    let path = PathBuf::from(format!("/proc/self/fd/{fd}"));
    let bytes = Zeroizing::new(durable::read_limited(&path, 256)?);
    let text = std::str::from_utf8(&bytes).map_err(|e| durable::Error::io("read", &path, std::io::Error::other(e)))?;
    Ok(Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
}

/// The PIN typed by a person, not shown.
pub(crate) fn typed_pin(prompt: &str) -> Result<Zeroizing<String>, Error> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let path = PathBuf::from("/dev/tty");
    let failed = |source: std::io::Error| Error::from(durable::Error::io("ask", &path, source));
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin).map_err(|e| failed(e.into()))?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &silent).map_err(|e| failed(e.into()))?;
    let mut err = std::io::stderr();
    err.write_all(prompt.as_bytes()).and_then(|()| err.flush()).map_err(failed)?;
    let mut line = Zeroizing::new(String::new());
    let read = stdin.read_line(&mut line);
    tcsetattr(&stdin, OptionalActions::Flush, &before).map_err(|e| failed(e.into()))?;
    read.map_err(failed)?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

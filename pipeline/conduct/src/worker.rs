//! The dangerous work (probing, decoding, recognition, rendering, judging foreign files) in processes of its own.
//!
//! A worker limits itself, reads paths, writes no file and answers on stdout; its death is an attempt, not an outage.
//! Task: one JSON object on stdin. Answer: `J` + length (8 bytes, big endian) + JSON per part, or for [`Task::Assemble`] the PDF
//! in `B` frames; a last `E` frame with an empty body says that the answer is whole.

use std::{
    io::{BufReader, BufWriter, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use model::{PageWords, SourceKind, Submission};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Error;

/// What a worker is asked to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Probe, hash and order a candidate's files.
    Claim {
        /// The inbound folder.
        #[serde(with = "path_text")]
        inbound: PathBuf,
        /// Path below it.
        source: String,
        /// Path template.
        template: String,
        /// Limits.
        limits: Limits,
    },
    /// Decode each page once: words, findings, and the ink map of page one.
    Read {
        /// A file for each of the submission's files.
        #[serde(with = "path_texts")]
        originals: Vec<PathBuf>,
        /// What was claimed.
        submission: Submission,
        /// Engine settings.
        reading: Reading,
        /// Limits.
        limits: Limits,
    },
    /// Write the PDF/A.
    Assemble {
        /// A file for each of the submission's files.
        #[serde(with = "path_texts")]
        originals: Vec<PathBuf>,
        /// What was claimed.
        submission: Submission,
        /// Words of every page: a JSON file.
        #[serde(with = "path_text")]
        words: PathBuf,
        /// Document title.
        title: String,
        /// Limits.
        limits: Limits,
    },
    /// Limit yourself and load the language data: whether a worker could read a page.
    TryOut {
        /// Engine settings.
        reading: Reading,
        /// Limits.
        limits: Limits,
    },
    /// Show one page, for people to look at.
    Picture {
        /// The file.
        file: PathBuf,
        /// Its kind.
        kind: SourceKind,
        /// Page of the file, from 0.
        frame: u32,
        /// Width of the picture, px.
        width: u32,
        /// Limits.
        limits: Limits,
    },
    /// Judge the signatures of a PDF.
    Judge {
        /// The file, in parts that follow one another.
        #[serde(with = "path_texts")]
        parts: Vec<PathBuf>,
        /// PEM anchors.
        #[serde(with = "path_text")]
        anchors: PathBuf,
        /// The time of judgement.
        now: jiff::Timestamp,
        /// Limits.
        limits: Limits,
    },
}

/// Paths cross as text: a name that is not UTF-8 is percent-encoded, as it is everywhere.
mod path_text {
    use std::path::{Path, PathBuf};

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&intake::encode_name(path.as_os_str()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        Ok(intake::decode_name(&String::deserialize(from)?))
    }
}

mod path_texts {
    use std::path::PathBuf;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(paths: &[PathBuf], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(paths.iter().map(|path| intake::encode_name(path.as_os_str())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
        Ok(Vec::<String>::deserialize(from)?.iter().map(|text| intake::decode_name(text)).collect())
    }
}

/// Settings of recognition.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reading {
    /// `tesseract` or `none`.
    pub engine: String,
    /// Language data.
    pub language: String,
    /// Folder of language data; empty for the system's.
    #[serde(with = "path_text")]
    pub tessdata: PathBuf,
    /// CPU seconds a page.
    pub cpu_budget_s: u64,
}

impl Reading {
    /// As the settings say.
    pub(crate) fn of(settings: &config::Recognize) -> Self {
        let engine = match settings.engine {
            config::Engine::Tesseract => "tesseract",
            config::Engine::None => "none",
        };
        Self {
            engine: engine.to_owned(),
            language: settings.language.clone(),
            tessdata: settings.tessdata.clone(),
            cpu_budget_s: settings.cpu_budget_s,
        }
    }
}

/// Limits a worker keeps.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Limits {
    /// Largest file.
    pub file_bytes: u64,
    /// Largest page.
    pub page_pixels: u64,
    /// Most pages.
    pub pages: u32,
    /// Address space of the process.
    pub worker_bytes: u64,
    /// CPU time of the process, seconds: whoever asked may be dead and cannot end it.
    pub cpu_s: u64,
}

impl Limits {
    /// The settings' limits for a worker that answers once, or a page at a time for so many pages.
    pub fn of(limits: &config::Limits, pages: usize) -> Self {
        Self {
            file_bytes: limits.file_bytes,
            page_pixels: limits.page_pixels,
            pages: limits.document_pages,
            worker_bytes: limits.worker_bytes,
            cpu_s: limits.worker_deadline_s.saturating_mul(pages.max(1) as u64),
        }
    }
}

/// One page as read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PageRead {
    /// Words.
    pub words: PageWords,
    /// What a person should see.
    pub findings: Vec<String>,
    /// Page one's ink map, as `certify::placement` stores it, base64.
    pub ink: Option<String>,
}

/// What a worker answers for [`Task::Claim`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer<T> {
    /// Done.
    Done(T),
    /// It cannot be done; the error's code, facts and what to do.
    Refused(Refusal),
}

/// An error that crossed the process boundary.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable code.
    pub code: String,
    /// Facts of the text.
    pub facts: Vec<(String, String)>,
    /// Disposition: `hold:REASON`, `wait:CAUSE`, `retry`, `bug`.
    pub disposition: String,
}

/// One frame of an answer.
#[derive(Debug)]
pub enum Frame {
    /// JSON.
    Json(Vec<u8>),
    /// Bytes of a stream.
    Bytes(Vec<u8>),
    /// The answer is whole.
    End,
}

const FRAME_LIMIT: u64 = 256 << 20;

/// Writes one frame.
pub fn write_frame(out: &mut dyn Write, kind: u8, body: &[u8]) -> std::io::Result<()> {
    out.write_all(&[kind])?;
    out.write_all(&(body.len() as u64).to_be_bytes())?;
    out.write_all(body)
}

fn read_frame(from: &mut dyn Read) -> std::io::Result<Frame> {
    let mut head = [0_u8; 9];
    from.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u64::from_be_bytes(length);
    if length > FRAME_LIMIT {
        return Err(std::io::Error::other("a frame beyond the limit"));
    }
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body)?;
    match kind {
        b'J' => Ok(Frame::Json(body)),
        b'B' => Ok(Frame::Bytes(body)),
        b'E' => Ok(Frame::End),
        _ => Err(std::io::Error::other("an unknown frame")),
    }
}

/// A stream of `B` frames on the worker's side.
#[derive(Debug)]
pub struct FrameWriter<W: Write>(pub W);

impl<W: Write> Write for FrameWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        write_frame(&mut self.0, b'B', bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// Runs one task in a fresh process. `each` is given every frame before the end; `patience` bounds the wait for each one.
///
/// # Errors
/// [`Error::WorkerDied`] when the process ends or is silent before its answer is whole; whatever `each` answers.
pub(crate) fn ask(
    executable: &Path,
    task: &Task,
    patience: Duration,
    each: &mut dyn FnMut(Frame) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut child = start(executable, task)?;
    let (sender, receiver) = mpsc::sync_channel(4);
    let stdout = child.stdout.take();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            let Some(stdout) = stdout else { return };
            let mut stdout = BufReader::with_capacity(1 << 16, stdout);
            loop {
                let frame = read_frame(&mut stdout);
                let last = !matches!(frame, Ok(Frame::Json(_) | Frame::Bytes(_)));
                if sender.send(frame).is_err() || last {
                    return;
                }
            }
        });
        let answer = collect(&receiver, patience, each);
        if answer.is_err() {
            // The reader ends when the pipe closes.
            drop(child.kill());
        }
        drop(receiver);
        answer
    });
    let status = child.wait().map_err(|source| Error::Spawn { path: executable.to_owned(), source })?;
    match answer {
        Err(Error::WorkerDied { detail }) => Err(Error::WorkerDied { detail: format!("{detail}; {status}") }),
        other => other,
    }
}

fn collect(
    receiver: &mpsc::Receiver<std::io::Result<Frame>>,
    patience: Duration,
    each: &mut dyn FnMut(Frame) -> Result<(), Error>,
) -> Result<(), Error> {
    loop {
        match receiver.recv_timeout(patience) {
            Ok(Ok(Frame::End)) => return Ok(()),
            Ok(Ok(frame)) => each(frame)?,
            Ok(Err(e)) if e.kind() == ErrorKind::UnexpectedEof => {
                return Err(Error::WorkerDied { detail: "the answer breaks off".into() });
            }
            Ok(Err(e)) => return Err(Error::WorkerDied { detail: e.to_string() }),
            Err(_) => return Err(Error::WorkerDied { detail: "no answer in time".into() }),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that starts worker processes")]
fn start(executable: &Path, task: &Task) -> Result<Child, Error> {
    let failed = |source| Error::Spawn { path: executable.to_owned(), source };
    let mut child = Command::new(executable)
        .arg("worker")
        .env_clear()
        // Must stand before libgomp loads: its threads double the cost of a page.
        .env("OMP_THREAD_LIMIT", "1")
        // What one line of a page gave back serves the next one instead of going to the kernel and coming again as zeroed pages.
        .env("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=268435456:glibc.malloc.trim_threshold=268435456")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(failed)?;
    if let Some(stdin) = child.stdin.take() {
        let mut stdin = BufWriter::new(stdin);
        // A worker that dies before reading is found when its answer is missing.
        let sent = serde_json::to_writer(&mut stdin, task).map_err(std::io::Error::from).and_then(|()| stdin.flush());
        if let Err(e) = sent {
            tracing::warn!(reason = %e, "the worker did not take its task");
        }
    }
    Ok(child)
}

/// Asks for an answer of one JSON part.
pub(crate) fn ask_one<T: DeserializeOwned>(executable: &Path, task: &Task, patience: Duration) -> Result<T, Error> {
    let mut answer: Option<Answer<T>> = None;
    ask(executable, task, patience, &mut |frame| {
        if let Frame::Json(body) = frame {
            answer = Some(parse(&body)?);
        }
        Ok(())
    })?;
    match answer {
        Some(Answer::Done(done)) => Ok(done),
        Some(Answer::Refused(refusal)) => Err(Error::Refused(refusal)),
        None => Err(Error::WorkerDied { detail: "an empty answer".into() }),
    }
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| Error::WorkerDied { detail: format!("not understood: {e}") })
}

/// A picture of one page, made in a worker: JPEG bytes.
pub(crate) fn picture(executable: &Path, task: &Task, patience: Duration) -> Result<Vec<u8>, Error> {
    let (mut bytes, mut answer): (_, Option<Answer<()>>) = (Vec::new(), None);
    ask(executable, task, patience, &mut |frame| {
        match frame {
            Frame::Json(body) => answer = Some(parse(&body)?),
            Frame::Bytes(body) => bytes.extend(body),
            Frame::End => {}
        }
        Ok(())
    })?;
    match answer {
        Some(Answer::Done(())) => Ok(bytes),
        Some(Answer::Refused(refusal)) => Err(Error::Refused(refusal)),
        None => Err(Error::WorkerDied { detail: "an empty answer".into() }),
    }
}

/// The verdicts on a PDF, judged in a worker. A file that cannot be judged is `invalid`, and says why.
pub fn judge(
    executable: &Path,
    parts: &[PathBuf],
    anchors: &Path,
    now: jiff::Timestamp,
    limits: Limits,
) -> serde_json::Value {
    let task = Task::Judge { parts: parts.to_vec(), anchors: anchors.to_owned(), now, limits };
    match ask_one(executable, &task, Duration::from_secs(limits.cpu_s)) {
        Ok(report) => report,
        Err(error) => serde_json::json!({
            "schema": "mocban.verify/1", "file": parts.first().map(|path| path.display().to_string()), "signatures": [],
            "overall": "invalid", "reasons": [error.code()],
        }),
    }
}

//! The inside of a worker process: limits itself, does one task, answers on standard output, writes nothing.

use std::{
    io::{BufWriter, Read as _, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use certify::placement::InkMap;
use conduct::{
    disposition_name,
    worker::{Answer, FrameWriter, Limits, PageRead, Reading, Refusal, Task, write_frame},
};
use intake::Template;
use model::{Disposition, PageImage, PageWords, SourceKind, Submission};
use recognize::{Budget, NoText, Tesseract, TextRecognizer};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::Serialize;

/// The longest task that is read.
const TASK_LIMIT: u64 = 256 << 20;

/// Entry of `mocban worker`.
pub(crate) fn main() -> ExitCode {
    let mut input = Vec::new();
    let task = std::io::stdin()
        .lock()
        .take(TASK_LIMIT)
        .read_to_end(&mut input)
        .ok()
        .and_then(|_| serde_json::from_slice::<Task>(&input).ok());
    let Some(task) = task else { return ExitCode::from(crate::exit::USAGE) };
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let done = work(task, &mut out).and_then(|()| write_frame(&mut out, b'E', &[])).and_then(|()| out.flush());
    // A reader that went away needs no answer.
    ExitCode::from(if done.is_ok() { crate::exit::OK } else { crate::exit::BUG })
}

fn work(task: Task, out: &mut dyn Write) -> std::io::Result<()> {
    match task {
        Task::Claim { inbound, source, template, limits } => {
            limit(&limits);
            send(out, claim(&inbound, &source, &template, &limits))
        }
        Task::Read { originals, submission, reading, limits } => {
            limit(&limits);
            read(out, &originals, &submission, &reading, &limits)
        }
        Task::Assemble { originals, submission, words, title, limits } => {
            limit(&limits);
            assemble(out, &originals, &submission, &words, &title)
        }
        Task::TryOut { reading, limits } => {
            limit(&limits);
            send(out, try_out(&reading))
        }
        Task::Judge { parts, anchors, now, limits } => {
            limit(&limits);
            send(out, judge(&parts, &anchors, now))
        }
        Task::Picture { file, kind, frame, width, limits } => {
            limit(&limits);
            match picture::draw(&file, kind, frame, width, &limits) {
                Ok(jpeg) => {
                    write_frame(out, b'B', &jpeg)?;
                    send(out, Ok(()))
                }
                Err(refusal) => send::<()>(out, Err(refusal)),
            }
        }
    }
}

/// A hostile image must not take the machine with it.
fn limit(limits: &Limits) {
    let set = |resource, value: u64| setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }).ok();
    set(Resource::As, limits.worker_bytes);
    set(Resource::Cpu, limits.cpu_s);
    set(Resource::Core, 0);
    // Nothing is written: a file of any length is too long.
    set(Resource::Fsize, 0);
}

fn send<T: Serialize>(out: &mut dyn Write, answer: Result<T, Refusal>) -> std::io::Result<()> {
    let answer = match answer {
        Ok(done) => Answer::Done(done),
        Err(refusal) => Answer::Refused(refusal),
    };
    write_frame(out, b'J', &serde_json::to_vec(&answer)?)
}

fn refusal(code: &str, facts: Vec<(&'static str, String)>, disposition: Disposition) -> Refusal {
    Refusal {
        code: code.to_owned(),
        facts: facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        disposition: disposition_name(disposition),
    }
}

/// The same three questions are asked of every stage's error.
macro_rules! refused {
    () => {
        |error| refusal(error.code(), error.facts(), error.disposition())
    };
}

mod picture;

fn scan_limits(limits: &Limits) -> scan::Limits {
    scan::Limits { bytes: limits.file_bytes, pixels: limits.page_pixels, frames: limits.pages }
}

fn claim(inbound: &Path, source: &str, template: &str, limits: &Limits) -> Result<Submission, Refusal> {
    let template = Template::parse(template).map_err(refused!())?;
    let candidate = intake::candidate(inbound, source, &template).map_err(refused!())?;
    intake::claim(inbound, &candidate, &template, &scan_limits(limits)).map_err(refused!())
}

fn read(
    out: &mut dyn Write,
    originals: &[PathBuf],
    submission: &Submission,
    reading: &Reading,
    limits: &Limits,
) -> std::io::Result<()> {
    let mut engine = recognizer(reading);
    let mut foreign = None;
    let budget = Budget { cpu: std::time::Duration::from_secs(reading.cpu_budget_s) };
    for page in &submission.pages {
        let answer = pixels(&mut foreign, originals, submission, page, limits)
            .and_then(|pixels| read_page(engine.as_mut(), &pixels, page, budget))
            .map_err(|refusal| on_page(refusal, page.page));
        let failed = answer.is_err();
        send(out, answer)?;
        out.flush()?;
        if failed {
            break;
        }
    }
    Ok(())
}

/// Whatever went wrong, the page is named.
fn on_page(mut refusal: Refusal, page: u32) -> Refusal {
    if refusal.facts.iter().all(|(name, _)| name != "page") {
        refusal.facts.push(("page".to_owned(), page.to_string()));
    }
    refusal
}

fn recognizer(reading: &Reading) -> Box<dyn TextRecognizer> {
    match tesseract(reading) {
        Some(engine) => Box::new(engine),
        None => Box::new(NoText),
    }
}

fn tesseract(reading: &Reading) -> Option<Tesseract> {
    let tessdata = (!reading.tessdata.as_os_str().is_empty()).then_some(reading.tessdata.as_path());
    (reading.engine != "none").then(|| Tesseract::new(tessdata, &reading.language))
}

/// The version of the engine that has its language data; empty without an engine.
fn try_out(reading: &Reading) -> Result<String, Refusal> {
    tesseract(reading).map_or_else(|| Ok(String::new()), |mut engine| engine.load().map_err(refused!()))
}

fn read_page(
    engine: &mut dyn TextRecognizer,
    pixels: &scan::Pixels,
    page: &PageImage,
    budget: Budget,
) -> Result<PageRead, Refusal> {
    let dpi = (page.dpi_x, page.dpi_y);
    let ink = if page.page == 1 {
        let map = InkMap::from_pixels(pixels, dpi.0, dpi.1)
            .to_bytes()
            .map_err(|e| refusal("E-CONDUCT-05", vec![("reason", e.to_string())], Disposition::Bug))?;
        Some(STANDARD.encode(map))
    } else {
        None
    };
    let findings = recognize::findings(pixels, dpi);
    let words: PageWords = engine.read(pixels, dpi, page.page, budget).map_err(refused!())?;
    Ok(PageRead { words, findings, ink })
}

/// Own scans are decoded from the originals; pages of a PDF are rendered at their own resolution.
fn pixels(
    foreign: &mut Option<(u32, raster::Document)>,
    originals: &[PathBuf],
    submission: &Submission,
    page: &PageImage,
    limits: &Limits,
) -> Result<scan::Pixels, Refusal> {
    let missing = || refusal("E-CONDUCT-03", vec![("path", submission.source.clone())], Disposition::Bug);
    let path = originals.get(page.file as usize).ok_or_else(missing)?;
    let kind = submission.files.get(page.file as usize).map(|file| file.kind).ok_or_else(missing)?;
    if kind != SourceKind::Pdf {
        return scan::decode(path, kind, page.frame, &scan_limits(limits)).map_err(refused!());
    }
    let document = if let Some((_, document)) = foreign.take().filter(|(file, _)| *file == page.file) {
        document
    } else {
        let limits = raster::Limits { bytes: limits.file_bytes, pixels: limits.page_pixels, pages: limits.pages };
        raster::Document::open(path, &limits).map_err(refused!())?
    };
    let rendered = document.render(page.frame + 1, page.dpi_x).map_err(refused!());
    *foreign = Some((page.file, document));
    rendered
}

fn assemble(
    out: &mut dyn Write,
    originals: &[PathBuf],
    submission: &Submission,
    words: &Path,
    title: &str,
) -> std::io::Result<()> {
    let words: Vec<PageWords> = serde_json::from_slice(&std::fs::read(words)?)?;
    let mut stream = BufWriter::with_capacity(1 << 20, FrameWriter(&mut *out));
    let written = ::assemble::assemble(originals, submission, &words, title, &mut stream).map_err(refused!());
    stream.flush()?;
    drop(stream);
    send(out, written.map(|_| ()))
}

fn judge(parts: &[PathBuf], anchors: &Path, now: jiff::Timestamp) -> Result<verify::Report, Refusal> {
    let pem = std::fs::read(anchors).map_err(|e| {
        refusal(
            "E-PKI-ANCHORS",
            vec![("path", anchors.display().to_string()), ("reason", e.to_string())],
            Disposition::Bug,
        )
    })?;
    let anchors = verify::Anchors::from_pem(&pem).map_err(refused!())?;
    Ok(verify::judge_parts(parts, &anchors, now))
}

//! Objects onto a copy, durable and read back, and the audit of a copy.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use model::{DocumentId, Sha256};
use preserve::{
    Content, DirectoryCopy, Object, Part, User,
    audit::{self, Reading},
    store_together,
};
use serde_json::{Value, json};

use crate::meter::{Meter, peak_kib};

const NAME: &str = "a";

/// As many as the pipeline stores together when as many wait.
const TOGETHER: usize = 16;

/// Stores each file of a folder as an object of its own on every copy, as the pipeline does: measured once, what waits
/// stored together, the copies written side by side while the next documents are measured.
pub(crate) fn store_all(from: &Path, to: &[PathBuf]) -> Result<Value> {
    let created = "2026-01-02T03:04:05Z".parse()?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(from)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut copies = Vec::new();
    for root in to {
        std::fs::create_dir_all(root)?;
        DirectoryCopy::init(root, NAME, created)?;
        copies.push(DirectoryCopy::open(root, NAME, false)?);
    }
    let meter = Meter::start();
    let next = AtomicUsize::new(0);
    let writing: Vec<Mutex<()>> = copies.iter().map(|_| Mutex::new(())).collect();
    let batches: Vec<&[PathBuf]> = files.chunks(TOGETHER).collect();
    let work = || {
        let mut bytes = 0;
        while let Some(files) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
            bytes += store(files, created, &copies, &writing)?;
        }
        Ok(bytes)
    };
    let stored: Vec<Result<u64>> = std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow!("a thread panicked")))).collect()
    });
    let bytes: u64 = stored.into_iter().sum::<Result<u64>>()?;
    Ok(json!({
        "objects": files.len(), "copies": copies.len(), "bytes": bytes, "cpu_s": meter.cpu_s(),
        "wall_s": meter.wall_s(), "peak_kib": peak_kib(),
    }))
}

/// Stores files together; gives the bytes that lie on the copies then.
fn store(files: &[PathBuf], created: Timestamp, copies: &[DirectoryCopy], writing: &[Mutex<()>]) -> Result<u64> {
    let object = |file: &PathBuf| Object {
        id: DocumentId::of_content(&[Sha256::of(file.as_os_str().as_encoded_bytes())]),
        parts: vec![Part { logical: "document.pdf".into(), content: Content::Joined(vec![file.clone()]) }],
        created,
        message: "certified archival object".into(),
        user: User { name: "mocban".into(), address: Some("mailto:archive@example.vn".into()) },
    };
    let objects: Vec<Object> = files.iter().map(object).collect();
    let measures = objects.iter().map(Object::measure).collect::<Result<Vec<_>, _>>()?;
    let together: Vec<_> = objects.iter().zip(&measures).collect();
    let stored: Vec<_> = std::thread::scope(|scope| {
        let store = |(copy, writing): (&'_ DirectoryCopy, &'_ Mutex<()>)| {
            let _one_writer = writing.lock().map_err(|_| anyhow!("a writer panicked"))?;
            Ok::<_, anyhow::Error>(store_together(copy, &together)?)
        };
        let writers: Vec<_> = copies.iter().zip(writing).map(|one| scope.spawn(move || store(one))).collect();
        writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut bytes = 0;
    for joined in stored {
        bytes += joined.map_err(|_| anyhow!("a writer panicked"))??.iter().map(|stored| stored.bytes).sum::<u64>();
    }
    Ok(bytes)
}

/// Audits a copy.
pub(crate) fn audit_all(copy: &Path, reading: Reading) -> Result<Value> {
    let copy = DirectoryCopy::open(copy, NAME, false)?;
    let meter = Meter::start();
    let report = audit::audit(&copy, None, reading);
    Ok(json!({
        "objects": report.objects, "files": report.files, "bytes": report.bytes, "faults": report.faults.len(),
        "cpu_s": meter.cpu_s(), "wall_s": meter.wall_s(), "peak_kib": peak_kib(),
    }))
}

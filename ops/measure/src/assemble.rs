//! Scans to PDF/A without words: what the peer that only wraps images does too.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};
use intake::{Template, claim, look};
use serde_json::{Value, json};

use crate::meter::{Meter, peak_kib};

/// Writes `NAME.pdf` of each document below `inbound`, `rounds` times; probing and hashing the scans is not measured.
pub(crate) fn run(inbound: &Path, to: &Path, rounds: u32) -> Result<Value> {
    let template = Template::parse("{fonds}/{inventory}/{file}/{document}")?;
    let limits = scan::Limits::default();
    let mut documents = Vec::new();
    for candidate in look(inbound, &template)? {
        let submission = claim(inbound, &candidate, &template, &limits)?;
        let originals: Vec<_> = candidate.files.iter().map(|file| file.path.clone()).collect();
        documents.push((submission, originals));
    }
    std::fs::create_dir_all(to)?;
    let meter = Meter::start();
    let (mut pages, mut bytes) = (0, 0);
    for _ in 0..rounds {
        for (submission, originals) in &documents {
            let name = Path::new(&submission.source).file_name().context("a document has a name")?;
            let mut out = BufWriter::new(File::create(to.join(name).with_added_extension("pdf"))?);
            let made = assemble::assemble(originals, submission, &[], &submission.source, &mut out)?;
            out.flush()?;
            pages += made.pages;
            bytes += made.bytes;
        }
    }
    let each = 1e3 / f64::from(pages.max(1));
    Ok(json!({
        "pages": pages / rounds.max(1), "bytes": bytes / u64::from(rounds.max(1)), "cpu_ms_page": meter.cpu_s() * each,
        "wall_ms_page": meter.wall_s() * each, "peak_kib": peak_kib(),
    }))
}

//! Scans to searchable PDF/A, one thread.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};
use intake::{Template, claim, look};
use model::PageWords;
use recognize::{Budget, Tesseract, TextRecognizer as _};
use serde_json::{Value, json};

use crate::meter::{Meter, peak_kib};

/// Makes a PDF and a text (`SOURCE.pdf`, `SOURCE.txt`) of every document of images below `inbound`.
pub(crate) fn run(inbound: &Path, to: &Path) -> Result<Value> {
    let template = Template::parse("{fonds}/{inventory}/{file}/{document}")?;
    let limits = scan::Limits::default();
    let mut engine = Tesseract::new(None, "vie");
    let meter = Meter::start();
    let (mut documents, mut pages) = (0, 0);
    for candidate in look(inbound, &template)? {
        let submission = claim(inbound, &candidate, &template, &limits)?;
        let originals: Vec<_> = candidate.files.iter().map(|file| file.path.clone()).collect();
        let mut words: Vec<PageWords> = Vec::new();
        for page in &submission.pages {
            let file = page.file as usize;
            let kind = submission.files[file].kind;
            let pixels = scan::decode(&originals[file], kind, page.frame, &limits)?;
            words.push(engine.read(&pixels, (page.dpi_x, page.dpi_y), page.page, Budget::default())?);
        }
        let target = to.join(&submission.source);
        let folder = target.parent().context("a document lies in a folder")?;
        std::fs::create_dir_all(folder)?;
        let text: Vec<String> = words.iter().map(PageWords::text).collect();
        std::fs::write(target.with_added_extension("txt"), text.join("\u{c}"))?;
        let mut out = BufWriter::new(File::create(target.with_added_extension("pdf"))?);
        assemble::assemble(&originals, &submission, &words, &submission.source, &mut out)?;
        out.flush()?;
        documents += 1;
        pages += submission.pages.len();
    }
    Ok(json!({
        "documents": documents, "pages": pages, "cpu_s": meter.cpu_s(), "wall_s": meter.wall_s(), "peak_kib": peak_kib(),
    }))
}

//! `document.toml` beside the pages, or `NAME.toml` beside `NAME.pdf`.

use std::path::{Path, PathBuf};

use model::{Declared, Field, Submission};

use crate::{Error, find::Candidate, names::decode_name};

/// Longest declaration.
const DECLARATION_MAX_BYTES: u64 = 256 * 1024;

/// Reads a candidate's declaration; none is an empty one.
pub fn read(candidate: &Candidate) -> Result<Declared, Error> {
    let Some(path) = &candidate.declared else { return Ok(Declared::default()) };
    let shown = format!("{} ({})", candidate.source, path.file_name().unwrap_or_default().to_string_lossy());
    let refused = |detail: String| Error::Declaration { path: shown.clone(), detail };
    let bytes = durable::read_limited(path, DECLARATION_MAX_BYTES)?;
    let text = std::str::from_utf8(&bytes).map_err(|e| refused(e.to_string()))?;
    let declared: Declared = toml::from_str(text).map_err(|e| {
        let line =
            e.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.matches('\n').count() + 1);
        refused(format!("line {line}: {}", e.message()))
    })?;
    if let Some(unknown) = declared.description.keys().find(|name| Field::from_name(name).is_none()) {
        return Err(refused(format!("unknown field {unknown} in [description]")));
    }
    Ok(declared)
}

/// Where a submission's declaration may lie: it leaves inbound with the scans. Another document's is never named.
pub fn declared_paths(inbound: &Path, submission: &Submission) -> Vec<PathBuf> {
    let source = inbound.join(decode_name(&submission.source));
    let single = submission.files.iter().any(|file| file.path == submission.source);
    vec![if single { source.with_extension("toml") } else { source.join("document.toml") }]
}

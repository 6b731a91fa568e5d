//! The walk that is the truth about inbound: what lies where a document should lie.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use model::Sha256;
use walkdir::WalkDir;

use crate::{Error, Template, names::decode_name, names::encode_name, order::natural_key};

/// Forms taken at document level, by extension in any case.
const EXTENSIONS: &[&str] = &["pdf", "tif", "tiff", "jpg", "jpeg", "png"];
/// Names under which writers still write.
const UNFINISHED: &[&str] = &["part", "tmp", "partial", "crdownload"];
/// What file managers and network disks leave behind.
const LITTER: &[&str] = &["thumbs.db", "desktop.ini", ".ds_store", "@eadir", "$recycle.bin", "lost+found"];
/// Levels below a document's folder that are looked at, to tell that they are there.
const BELOW: usize = 2;

/// A file as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where it lies.
    pub path: PathBuf,
    /// Length.
    pub bytes: u64,
    /// When it was last written.
    pub modified: Timestamp,
}

/// How a document lies in inbound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One file at document level.
    Single,
    /// A folder of page images, or of one multi-page file.
    Folder,
    /// It cannot be one document, and why.
    Odd {
        /// Whether multi-page files and page images are mixed.
        mixed: bool,
        /// What is odd.
        detail: String,
    },
}

/// Something at a document's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Path below inbound; names as text.
    pub source: String,
    /// Its content files in natural order.
    pub files: Vec<Seen>,
    /// Its declaration.
    pub declared: Option<PathBuf>,
    /// A file a writer still writes beside it.
    pub unfinished: Option<PathBuf>,
    /// How it lies there.
    pub shape: Shape,
}

impl Candidate {
    /// Tells this content's outside (names, lengths, times) apart from another's.
    pub fn look(&self) -> String {
        let mut context = Sha256::context();
        let declared = self.declared.iter().filter_map(|path| seen(path).ok());
        context.update(format!("{:?}\n", self.shape).as_bytes());
        for file in self.files.iter().cloned().chain(declared) {
            let name = encode_name(file.path.file_name().unwrap_or_default());
            context.update(format!("{name}\n{}\n{}\n", file.bytes, file.modified).as_bytes());
        }
        Sha256::from_ring(&context.finish()).to_hex()
    }
}

/// Looks at inbound. Links are not followed; what cannot be read is told with its document.
///
/// # Errors
/// Only when inbound itself cannot be listed.
pub fn look(inbound: &Path, template: &Template) -> Result<Vec<Candidate>, Error> {
    let depth = template.depth();
    let refused = |path: &Path, e: std::io::Error| Error::Look { path: path.to_owned(), source: e };
    std::fs::read_dir(inbound).map_err(|e| refused(inbound, e))?;
    let mut candidates = Vec::new();
    let walk = WalkDir::new(inbound).min_depth(1).max_depth(depth).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !is_skipped(entry.path()) && !is_litter(entry.path())) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                candidates.extend(unreadable(inbound, &error));
                continue;
            }
        };
        let at_level = entry.depth() == depth;
        let kind = entry.file_type();
        if kind.is_dir() && at_level {
            candidates.extend(folder(inbound, entry.path()));
        } else if !kind.is_dir() {
            candidates.extend(single(inbound, entry.path(), at_level));
        }
    }
    Ok(candidates)
}

/// A folder that cannot be listed is told; one that went away while we walked is looked at next time.
fn unreadable(inbound: &Path, error: &walkdir::Error) -> Option<Candidate> {
    let reason = error.io_error().filter(|reason| reason.kind() != std::io::ErrorKind::NotFound)?;
    unlisted(inbound, error.path()?, reason)
}

fn unlisted(inbound: &Path, path: &Path, reason: &std::io::Error) -> Option<Candidate> {
    let mut candidate = empty(inbound, path)?;
    candidate.shape = Shape::Odd { mixed: false, detail: format!("it cannot be listed: {reason}") };
    Some(candidate)
}

/// Looks at one document's place.
///
/// # Errors
/// [`Error::Gone`] when nothing is there any more.
pub fn candidate(inbound: &Path, source: &str, template: &Template) -> Result<Candidate, Error> {
    let below = decode_name(source);
    let path = inbound.join(&below);
    let at_level = below.iter().count() == template.depth();
    // Not through a link: what lies behind it is not in inbound.
    let is_dir = std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
    let found = match is_dir {
        true if at_level => folder(inbound, &path),
        // Above the level of documents only what cannot be listed is told; what can be is looked into.
        true => std::fs::read_dir(&path).err().and_then(|reason| unlisted(inbound, &path, &reason)),
        false => single(inbound, &path, at_level),
    };
    found.ok_or_else(|| Error::Gone { path: source.to_owned() })
}

fn single(inbound: &Path, path: &Path, at_level: bool) -> Option<Candidate> {
    // Declarations and what writers still write belong to a document; alone they are none.
    let apart =
        is_skipped(path) || is_litter(path) || has_extension(path, UNFINISHED) || has_extension(path, &["toml"]);
    if apart || std::fs::symlink_metadata(path).is_err() {
        return None;
    }
    let mut candidate = empty(inbound, path)?;
    match seen(path) {
        Ok(_) if !has_extension(path, EXTENSIONS) => {
            candidate.shape = Shape::Odd { mixed: false, detail: "it is no scan".to_owned() };
        }
        Ok(file) => candidate.files.push(file),
        Err(detail) => candidate.shape = Shape::Odd { mixed: false, detail },
    }
    if !at_level && candidate.shape == Shape::Single {
        let detail = "it lies above the level of documents".to_owned();
        candidate.shape = Shape::Odd { mixed: false, detail };
    }
    candidate.declared = seen(&path.with_extension("toml")).ok().map(|file| file.path);
    candidate.unfinished = twin(path);
    Some(candidate)
}

fn folder(inbound: &Path, path: &Path) -> Option<Candidate> {
    if has_extension(path, UNFINISHED) {
        return None;
    }
    let mut candidate = empty(inbound, path)?;
    (candidate.shape, candidate.unfinished) = (Shape::Folder, twin(path));
    let mut odd = None;
    let walk = WalkDir::new(path).min_depth(1).max_depth(BELOW).sort_by_file_name().into_iter();
    for entry in walk
        .filter_entry(|entry| !is_litter(entry.path()) && (entry.file_type().is_file() || !is_skipped(entry.path())))
    {
        let Ok(entry) = entry else {
            odd = Some("a part of it cannot be read".to_owned());
            continue;
        };
        let (file, name) = (entry.path(), encode_name(entry.file_name()));
        if entry.file_type().is_dir() {
            continue;
        }
        if entry.depth() > 1 {
            odd = Some(format!("{name} lies in a folder inside it"));
        } else if has_extension(file, UNFINISHED) {
            candidate.unfinished = Some(file.to_owned());
        } else if name == "document.toml" {
            match seen(file) {
                Ok(file) => candidate.declared = Some(file.path),
                Err(detail) => odd = Some(detail),
            }
        } else if is_skipped(file) {
            // A hidden file is its owner's business.
        } else if has_extension(file, EXTENSIONS) {
            match seen(file) {
                Ok(file) => candidate.files.push(file),
                Err(detail) => odd = Some(detail),
            }
        } else {
            odd = Some(format!("{name} is no scan"));
        }
    }
    if candidate.files.is_empty() && odd.is_none() {
        return None;
    }
    candidate.files.sort_by_cached_key(|file| natural_key(&encode_name(file.path.file_name().unwrap_or_default())));
    let pdfs = candidate.files.iter().filter(|file| has_extension(&file.path, &["pdf"])).count();
    if let Some(detail) = odd {
        candidate.shape = Shape::Odd { mixed: false, detail };
    } else if pdfs > 0 && candidate.files.len() > 1 {
        let detail = format!("{pdfs} PDF of {} files", candidate.files.len());
        candidate.shape = Shape::Odd { mixed: true, detail };
    }
    Some(candidate)
}

fn empty(inbound: &Path, path: &Path) -> Option<Candidate> {
    let below = path.strip_prefix(inbound).ok()?;
    let source = below.iter().map(encode_name).collect::<Vec<_>>().join("/");
    Some(Candidate { source, files: Vec::new(), declared: None, unfinished: None, shape: Shape::Single })
}

/// Length and time of a regular file; the text says why it is none.
fn seen(path: &Path) -> Result<Seen, String> {
    let name = encode_name(path.file_name().unwrap_or_default());
    let meta = std::fs::symlink_metadata(path).map_err(|e| format!("{name}: {e}"))?;
    if !meta.is_file() {
        return Err(format!("{name} is a link, a pipe or a device, not a file"));
    }
    let modified = meta.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(Seen { path: path.to_owned(), bytes: meta.len(), modified })
}

/// `NAME.part` or `NAME.EXT.part` beside a file or folder.
fn twin(path: &Path) -> Option<PathBuf> {
    UNFINISHED
        .iter()
        .flat_map(|extension| {
            let mut longer = path.as_os_str().to_owned();
            longer.push(format!(".{extension}"));
            [PathBuf::from(longer), path.with_extension(extension)]
        })
        .find(|twin| twin.try_exists().unwrap_or(false))
}

fn has_extension(path: &Path, among: &[&str]) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    among.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn is_litter(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    LITTER.contains(&name.as_str())
}

fn is_skipped(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(b".") || name.starts_with(b"~")
}

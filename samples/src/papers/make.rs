//! Makes a set: writes the inbound tree and, outside it, the truth.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use crate::authority::Agency;

use super::{
    document::{Made, make_document},
    error::Error,
    fonts::Fonts,
    prng::Seeded,
    recipe::{Odd, Recipe},
    truth::Truth,
};

/// What a run of the generator wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Documents.
    pub documents: u32,
    /// Pages.
    pub pages: u32,
    /// Bytes of scans.
    pub bytes: u64,
}

/// Makes every recipe below `inbound`; truths go below `truth`. Existing files are written over.
/// The same seed writes the same bytes; signatures by `agency`, whom signed recipes need, differ.
pub fn make(
    recipes: &[Recipe],
    seed: u64,
    fonts: &Fonts,
    agency: Option<&Agency>,
    inbound: &Path,
    truth: &Path,
) -> Result<Written, Error> {
    let seed = Seeded::new(seed);
    let next = AtomicUsize::new(0);
    let outcome = Mutex::new(Ok(Written::default()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(recipe) = recipes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let made = make_document(recipe, recipes, &seed, fonts, agency);
                    let made = made.and_then(|made| write(&made, inbound, truth));
                    let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                    match (made, &mut *outcome) {
                        (Ok(written), Ok(sum)) => {
                            sum.documents += written.documents;
                            sum.pages += written.pages;
                            sum.bytes += written.bytes;
                        }
                        (Err(error), slot @ Ok(_)) => *slot = Err(error),
                        (_, Err(_)) => return,
                    }
                }
            });
        }
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The recipe a duplicate repeats.
pub(crate) fn original<'a>(recipe: &'a Recipe, all: &'a [Recipe]) -> &'a Recipe {
    match recipe.odd {
        Odd::Duplicate(place) => all.iter().find(|other| other.place == place).unwrap_or(recipe),
        _ => recipe,
    }
}

fn write(made: &Made, inbound: &Path, truth: &Path) -> Result<Written, Error> {
    let mut written = Written { documents: 1, pages: made.truth.pages.len() as u32, bytes: 0 };
    for (name, bytes) in &made.files {
        put(&inbound.join(name), bytes)?;
        written.bytes += bytes.len() as u64;
    }
    put(&truth_path(truth, &made.truth), &json(&made.truth))?;
    Ok(written)
}

/// Where a document's truth lies.
fn truth_path(directory: &Path, truth: &Truth) -> PathBuf {
    directory.join(format!("{}.json", truth.source))
}

fn json(truth: &Truth) -> Vec<u8> {
    serde_json::to_vec_pretty(truth).unwrap_or_default()
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(Error::io(parent))?;
    }
    std::fs::write(path, bytes).map_err(Error::io(path))?;
    // A fixed day long ago (2024-05-06 UTC): a scan whose writer is done, and the same for everyone.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_hours(476_376);
    let file = std::fs::File::options().append(true).open(path).map_err(Error::io(path))?;
    file.set_modified(long_ago).map_err(Error::io(path))
}

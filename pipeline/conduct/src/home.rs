//! One home: its folders, settings, register, copies and index, opened together.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use augment::ValidationCache;
use config::{CopySettings, Policy, Settings};
use durable::HomeLock;
use model::{Clock, Sha256};
use pki::{path::Anchors, transport::HttpTransport, tsa::Tsa};
use preserve::{
    CopyStore as _, DirectoryCopy,
    journal::{self, ChainHead},
};
use register::{Artifact, Job, Register};
use search::Index;

use crate::{Error, signing::Signing};

/// Stands in a home from the time a rebuilt register takes its place until everything is taken over.
pub(crate) const REBUILDING: &str = "rebuilding";

/// A home opened for work. Dropping it gives the lock back.
pub struct Home {
    /// The folder.
    pub root: PathBuf,
    /// Settings.
    pub settings: Settings,
    /// Policy profile.
    pub policy: Policy,
    /// The register.
    pub register: Register,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The executable that `worker` processes run.
    pub worker: PathBuf,
    /// The index; it has one writer.
    pub index: Mutex<Index>,
    /// The signing session, when a person opened one.
    pub signing: Signing,
    /// The road to TSA, OCSP and CRL.
    pub(crate) transport: HttpTransport,
    /// The authorities' revocation data, shared between documents.
    pub(crate) validation: ValidationCache,
    font: OnceLock<pdf::Font>,
    /// Where the journal of each medium ends, as this home wrote it.
    pub(crate) journalled: Mutex<BTreeMap<String, ChainHead>>,
    /// Media whose journals tell nothing that the register does not know.
    ours: Mutex<BTreeSet<String>>,
    /// The copies that could be reached when the index could not be filled; none while it lacks nothing.
    index_gap: Mutex<Option<Vec<String>>>,
    /// For each copy, held by the thread that writes documents to it: others wait here, without the patience of the copy's lock.
    pub(crate) storing: Vec<Mutex<()>>,
    _lock: HomeLock,
}

impl Home {
    /// Locks and opens a home: settings, register (jobs that were running when the process died become ready), index,
    /// left-over temporary files.
    ///
    /// # Errors
    /// Whatever stands in the way, before anything was touched.
    pub fn open(root: &Path, clock: Arc<dyn Clock>, worker: PathBuf) -> Result<Self, Error> {
        match root.join(REBUILDING).try_exists() {
            Ok(false) => Self::open_rebuilt(root, clock, worker),
            Ok(true) => Err(Error::RebuildUnfinished),
            Err(source) => Err(durable::Error::io("look for", &root.join(REBUILDING), source).into()),
        }
    }

    /// As [`Self::open`], also while what the copies hold is not taken over yet.
    pub(crate) fn open_rebuilt(root: &Path, clock: Arc<dyn Clock>, worker: PathBuf) -> Result<Self, Error> {
        let settings = Settings::load(root)?;
        let policy = Policy::load(root, &settings.profile)?;
        let lock = durable::lock_home(root)?;
        for folder in ["work", "index"] {
            durable::create_dir(&root.join(folder))?;
        }
        durable::create_dir(&settings.inbound.path)?;
        let register = Register::open(&root.join("register.sqlite"), Arc::clone(&clock))?;
        durable::clean_temps(&root.join("work"))?;
        let index = open_index(&root.join("index"))?;
        let transport = HttpTransport::new(Duration::from_secs(settings.tsa.timeout_s));
        let signing = Signing::new(&settings, Arc::clone(&clock));
        let storing = settings.copy.iter().map(|_| Mutex::new(())).collect();
        Ok(Self {
            root: root.to_owned(),
            settings,
            policy,
            register,
            clock,
            worker,
            index: Mutex::new(index),
            signing,
            transport,
            validation: ValidationCache::new(),
            font: OnceLock::new(),
            journalled: Mutex::new(BTreeMap::new()),
            ours: Mutex::new(BTreeSet::new()),
            index_gap: Mutex::new(None),
            storing,
            _lock: lock,
        })
    }

    /// The timestamp authorities. Made once for all the work: they remember how large tokens are.
    pub(crate) fn tsa(&self) -> Tsa<'_> {
        Tsa::new(&self.settings.tsa.urls, &self.transport)
    }

    /// The font of the mark, read once it is there.
    pub(crate) fn font(&self) -> Result<&pdf::Font, Error> {
        if let Some(font) = self.font.get() {
            return Ok(font);
        }
        let font = pdf::Font::load(&self.settings.appearance.font).map_err(certify::Error::from)?;
        Ok(self.font.get_or_init(|| font))
    }

    /// The folder of work files.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Publishes a repeatable result under its digest; the same content again is success.
    pub(crate) fn publish(&self, job: &Job, name: &str, bytes: &[u8]) -> Result<Artifact, Error> {
        let sha256 = Sha256::of(bytes);
        let path = digest_path(job, sha256);
        durable::create_dir(&signed_folder(self, job))?;
        let place = self.root.join(&path);
        if let Err(error) = durable::publish(&place, bytes) {
            // Under this digest nothing else is ours: somebody altered what was made before.
            let altered = matches!(error, durable::Error::Occupied { .. });
            if !altered {
                return Err(error.into());
            }
            durable::remove(&place)?;
            durable::publish(&place, bytes)?;
        }
        Ok(Artifact { name: name.to_owned(), sha256, bytes: bytes.len() as u64, path })
    }

    /// A published file of a job, its digest checked.
    pub(crate) fn fetch(&self, job: i64, name: &str) -> Result<Vec<u8>, Error> {
        let artifact = self.artifact(job, name)?;
        let path = self.root.join(&artifact.path);
        match durable::read_limited(&path, artifact.bytes) {
            Ok(bytes) if Sha256::of(&bytes) == artifact.sha256 => Ok(bytes),
            Ok(_) => Err(Error::WorkFile { path }),
            Err(error) => Err(self.lost(path, error)),
        }
    }

    /// What it means that a work file cannot be read: it is lost or altered, unless all of `work` is away.
    pub(crate) fn lost(&self, path: PathBuf, error: durable::Error) -> Error {
        let is_lost = error.is_not_found() || matches!(error, durable::Error::TooLarge { .. });
        if is_lost && self.work().is_dir() { Error::WorkFile { path } } else { error.into() }
    }

    /// A published file's entry.
    pub(crate) fn artifact(&self, job: i64, name: &str) -> Result<Artifact, Error> {
        self.register.artifact(job, name)?.ok_or_else(|| Error::WorkFile { path: self.root.join("work").join(name) })
    }

    /// The copies, opened one by one: a medium may be away. At its first use a copy's medium is noted in the register; from
    /// then on no other passes for it.
    pub fn copies(&self) -> Vec<(String, Result<DirectoryCopy, Error>)> {
        self.settings.copy.iter().map(|copy| (copy.name.clone(), self.copy(copy))).collect()
    }

    /// The copies that can be used now.
    pub(crate) fn reachable(&self) -> Vec<DirectoryCopy> {
        self.copies().into_iter().filter_map(|(_, copy)| copy.ok()).collect()
    }

    pub(crate) fn copy(&self, settings: &CopySettings) -> Result<DirectoryCopy, Error> {
        let copy = open_copy(&self.register, settings)?;
        self.is_ours(&copy)?;
        let pinned = self.register.pin(&settings.name, copy.medium())?;
        if pinned == copy.medium() {
            return Ok(copy);
        }
        Ok(DirectoryCopy::open_pinned(&settings.path, &settings.name, settings.immutable, Some(&pinned))?)
    }

    /// Whether a copy is known to tell nothing that the register does not know ([`is_of`]); looked at once for each medium.
    pub(crate) fn is_ours(&self, copy: &DirectoryCopy) -> Result<bool, Error> {
        let mut ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
        let known = ours.contains(copy.medium()) || is_of(&self.register, copy)?;
        if known {
            ours.insert(copy.medium().to_owned());
        }
        Ok(known)
    }

    pub(crate) fn gap(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        self.index_gap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the index usable again after a fault or when its folder went away, and fills what it lacks.
    pub(crate) fn renew_index(&self) -> Result<(), Error> {
        {
            let mut index = crate::steps::index::lock(self);
            *index = open_index(&self.root.join("index"))?;
        }
        crate::calendar::fill_index(self)
    }
}

/// Opens a copy on the medium the register knows it by, as far as it knows one.
///
/// # Errors
/// The copy's own, before anything was touched there.
pub fn open_copy(register: &Register, settings: &CopySettings) -> Result<DirectoryCopy, Error> {
    let pinned = register.pinned(&settings.name)?;
    Ok(DirectoryCopy::open_pinned(&settings.path, &settings.name, settings.immutable, pinned.as_deref())?)
}

/// As [`open_copy`], for whoever would write there.
///
/// # Errors
/// [`Error::OtherRegister`] when the copy's journal tells what the register does not know.
pub fn open_own_copy(register: &Register, settings: &CopySettings) -> Result<DirectoryCopy, Error> {
    let copy = open_copy(register, settings)?;
    is_of(register, &copy).map(|_| copy)
}

/// A register that was rebuilt from an older copy, or made anew, must not write on one whose journal goes on. False while that
/// journal cannot be read.
fn is_of(register: &Register, copy: &DirectoryCopy) -> Result<bool, Error> {
    match journal::last(copy) {
        Ok(last) if !register.has_event(last.seq, last.hash)? => {
            Err(Error::OtherRegister { copy: copy.name().to_owned(), event: last.seq })
        }
        Ok(_) => Ok(true),
        Err(_) => Ok(false),
    }
}

/// A damaged index is thrown away: it is derived, and start-up fills what it lacks.
fn open_index(path: &Path) -> Result<Index, Error> {
    match Index::open(path) {
        Err(error) if error.is_damage() => {
            tracing::warn!(reason = %error, "the index is damaged and is made again");
            Index::discard(path)?;
            Ok(Index::open(path)?)
        }
        opened => Ok(opened?),
    }
}

/// Where a job's repeatable result lies, relative to the home: under its digest, in the job's own folder, so that one
/// document's end never takes a file of another.
pub(crate) fn digest_path(job: &Job, sha256: Sha256) -> String {
    format!("work/{}/{sha256}", job.no)
}

/// Where a job's signed revisions lie: under job and stage, since signing again gives other bytes.
pub(crate) fn signed_folder(home: &Home, job: &Job) -> PathBuf {
    home.work().join(job.no.to_string())
}

/// The pinned anchors.
pub(crate) fn anchors(home: &Home) -> Result<Anchors, Error> {
    let pem = durable::read_limited(&home.settings.trust.anchors, 1 << 20)?;
    Ok(Anchors::from_pem(&pem)?)
}

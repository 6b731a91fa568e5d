//! What all handlers share.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use conduct::{Home, desk};
use jiff::Timestamp;
use register::{Desk, Job, Register, SessionLimits};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::{Error, attempts::Attempts, looks::Looks, pictures::Pictures};

/// Handlers that work at the same time; the rest wait their turn.
const AT_WORK: usize = 16;
/// Workers (pictures, verdicts) at the same time: they take memory and a processor each.
pub(crate) const HEAVY: usize = 2;
/// Passwords of strangers that are hashed at the same time; who is logged in does not wait for them.
const LOGINS: usize = 1;
/// Verdicts kept; a document's are judged again after a while, as certificates end.
const VERDICTS: usize = 256;
/// Ends of seals kept in memory.
const SEALS: usize = 10_000;
const VERDICT_LASTS: Duration = Duration::from_mins(15);

pub(crate) struct App {
    pub(crate) home: Arc<Home>,
    /// A connection of its own for reading: the pipeline's never waits for a page.
    pub(crate) register: Register,
    pub(crate) desk: Desk,
    pub(crate) attempts: Attempts,
    pictures: Pictures,
    verdicts: Mutex<BTreeMap<String, (Duration, Value)>>,
    ends: Mutex<BTreeMap<String, Option<Timestamp>>>,
    looks: Looks,
    at_work: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
    logins: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(home: Arc<Home>, desk: Desk) -> Result<Self, Error> {
        let register = Register::open_to_read(&home.root.join("register.sqlite"), Arc::clone(&home.clock))?;
        Ok(Self {
            home,
            register,
            desk,
            attempts: Attempts::default(),
            pictures: Pictures::default(),
            verdicts: Mutex::default(),
            ends: Mutex::default(),
            looks: Looks::default(),
            at_work: Arc::new(Semaphore::new(AT_WORK)),
            heavy: Arc::new(Semaphore::new(HEAVY)),
            logins: Arc::new(Semaphore::new(LOGINS)),
        })
    }

    /// Runs a handler's work on a blocking thread under a permit.
    pub(crate) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        self.under(&self.at_work, work).await
    }

    /// The same for work that takes a processor and memory.
    pub(crate) async fn heavy_work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        self.under(&self.heavy, work).await
    }

    /// The same for a login.
    pub(crate) async fn login_work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        self.under(&self.logins, work).await
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the portal's one door from tokio to blocking threads, under permits"
    )]
    async fn under<T: Send + 'static>(
        self: &Arc<Self>,
        permits: &Arc<Semaphore>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        let permit = Arc::clone(permits).acquire_owned().await.ok()?;
        let app = Arc::clone(self);
        // The permit goes with the work, which goes on when the client that asked for it hangs up.
        let working = move || {
            let done = work(&app);
            drop(permit);
            done
        };
        tokio::task::spawn_blocking(working).await.ok()
    }

    pub(crate) fn session_limits(&self) -> SessionLimits {
        let settings = &self.home.settings.portal;
        SessionLimits {
            idle: Duration::from_secs(settings.idle_minutes * 60),
            whole: Duration::from_secs(settings.hours * 3600),
        }
    }

    /// A picture of a page, from memory or drawn in a worker.
    pub(crate) fn picture(&self, job: &Job, page: u32, width: u32) -> Result<Arc<[u8]>, Error> {
        // What a page looks like changes with the document's state and seal only.
        let sealed = job.card.get("sealed_sha256").and_then(Value::as_str).unwrap_or_default();
        let look = job.card.get("look").and_then(Value::as_str).unwrap_or_default();
        let key = (format!("{} {} {sealed} {look}", job.no, conduct::card::state_name(&job.state)), page, width);
        if desk::may_be_seen(&self.home, job)
            && let Some(kept) = self.pictures.get(&key)
        {
            return Ok(kept);
        }
        let drawn: Arc<[u8]> = desk::picture(&self.home, job, page, width)?.into();
        self.pictures.put(key, Arc::clone(&drawn));
        Ok(drawn)
    }

    /// The verdicts on a stored document.
    pub(crate) fn verdicts(&self, job: &Job) -> Result<Value, Error> {
        let sealed = job.card.get("sealed_sha256").and_then(Value::as_str).unwrap_or_default().to_owned();
        let now = self.home.clock.monotonic();
        let fresh = |at: &Duration| now.saturating_sub(*at) < VERDICT_LASTS;
        if let Some((at, report)) = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).get(&sealed)
            && fresh(at)
        {
            return Ok(report.clone());
        }
        let report = desk::verdicts(&self.home, job)?;
        let mut kept = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (at, _)| fresh(at));
        if kept.len() < VERDICTS {
            kept.insert(sealed, (now, report.clone()));
        }
        Ok(report)
    }

    /// When a document's seal needs its next timestamp; none when that is not known.
    pub(crate) fn seal_ends(&self, job: &Job) -> Option<Timestamp> {
        let sealed = job.card.get("sealed_sha256").and_then(Value::as_str)?;
        let lock = || self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ends) = lock().get(sealed) {
            return *ends;
        }
        // A copy that is away now may answer later: only what was read is kept.
        let ends = desk::seal_ends(&self.home, job).ok()?;
        let mut kept = lock();
        if kept.len() >= SEALS {
            kept.clear();
        }
        kept.insert(sealed.to_owned(), ends);
        ends
    }

    /// Notes that somebody looked at a page.
    pub(crate) fn looked(&self, actor: &str, job: &Job, page: u32) -> Result<(), Error> {
        let document = document_name(job);
        let noted = || self.desk.note(actor, "view", Some(&document), Some(&page.to_string()));
        Ok(self.looks.once((actor, &document, page), self.home.clock.monotonic(), noted)?)
    }
}

/// How the access log names a document.
pub(crate) fn document_name(job: &Job) -> String {
    job.document.map_or_else(|| format!("#{}", job.no), |id| id.to_string())
}

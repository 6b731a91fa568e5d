//! Lanes: which threads take which stages, and what becomes of a step's answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use failpoint::failpoint;
use model::{Cause, Disposition, HoldReason, Stage, event::EventKind, stage::JobState};
use pki::tsa::Tsa;
use register::{Commit, Facts, Job};
use serde_json::json;

use crate::{
    Error, Home,
    breaker::Breaker,
    dispatcher::Progress,
    step::{Answer, step},
    steps,
};

/// A document that kills its step this often is held by itself.
const ATTEMPTS: u32 = 3;
/// Looking for work without being woken.
const IDLE: Duration = Duration::from_millis(500);

/// Documents that are stored or listed together: what a sync costs is shared, and nobody waits for more to come.
const TOGETHER: usize = 16;

/// Threads for a set of stages. Pixels and recognition share one bounded pool; the token has one owner; a medium has one writer.
pub(crate) struct Lane {
    pub stages: &'static [Stage],
    pub threads: usize,
    /// How many documents a thread takes at once when as many are ready.
    pub together: usize,
}

/// What the lanes share.
pub(crate) struct Shared<'a> {
    pub home: &'a Home,
    pub tsa: Tsa<'a>,
    pub report: &'a (dyn Fn(Progress<'_>) + Sync),
    breaker: Mutex<Breaker>,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    active: usize,
    stopping: bool,
    /// Stages that wait as a whole, with their cause.
    paused: BTreeMap<Stage, Cause>,
    /// Jobs whose next attempt has its time.
    deferred: BTreeMap<i64, Duration>,
    /// Done jobs whose seal could not rise when it was last tried.
    set_back: BTreeSet<i64>,
    /// Jobs touched in this run.
    touched: Vec<i64>,
    bug: Option<Error>,
}

/// How many pages are read at the same time.
pub(crate) fn workers(limits: &config::Limits) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if limits.workers == 0 { processors } else { limits.workers }
}

pub(crate) fn lanes(home: &Home) -> Vec<Lane> {
    let lane = |stages, threads| Lane { stages, threads, together: 1 };
    vec![
        // One claim at a time, so that two equal scans cannot both be the first.
        lane(&[Stage::Intake], 1),
        lane(&[Stage::Recognize, Stage::Describe, Stage::Review, Stage::Assemble], workers(&home.settings.limits)),
        lane(&[Stage::Certify], 1),
        lane(&[Stage::Augment], 2),
        // While one writes the other measures what it will write.
        Lane { together: TOGETHER, ..lane(&[Stage::Preserve], 2) },
        Lane { together: TOGETHER, ..lane(&[Stage::Index], 1) },
    ]
}

impl<'a> Shared<'a> {
    pub(crate) fn new(home: &'a Home, report: &'a (dyn Fn(Progress<'_>) + Sync)) -> Self {
        Self {
            home,
            tsa: home.tsa(),
            report,
            breaker: Mutex::new(Breaker::default()),
            state: Mutex::new(State::default()),
            wake: Condvar::new(),
        }
    }

    /// What a call to the timestamp authorities came to.
    pub(crate) fn timestamped<T>(&self, answer: &Result<T, Error>) {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(_) => breaker.worked(),
            Err(error) if error.disposition() == Disposition::Wait(Cause::Timestamp) => {
                let attempts = error.facts().into_iter().find(|(name, _)| name == "attempts");
                breaker.failed(self.home.clock.monotonic(), attempts.map(|(_, text)| text).unwrap_or_default());
            }
            Err(_) => {}
        }
    }

    /// What the timestamp authorities answered last, while it is too early to ask them again.
    pub(crate) fn without_timestamps(&self) -> Option<String> {
        let breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        breaker.is_open(self.home.clock.monotonic()).map(str::to_owned)
    }

    /// A stage's step on jobs that were taken together; the key is not used while its signature could not be timestamped.
    fn step<'j>(&self, jobs: &'j [Job], stage: Stage) -> Vec<Answer<'j>> {
        if stage == Stage::Certify
            && let Some(attempts) = self.without_timestamps()
        {
            let unused = |job| (job, Err(certify::Error::NoTimestamp { attempts: attempts.clone() }.into()));
            return jobs.iter().map(unused).collect();
        }
        let answers = step(self.home, &self.tsa, jobs, stage);
        if matches!(stage, Stage::Certify | Stage::Augment) {
            for (_, answer) in &answers {
                self.timestamped(answer);
            }
        }
        answers
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// New work may be there.
    pub(crate) fn notify(&self) {
        self.wake.notify_all();
    }

    /// Takes no more jobs; steps under way end first.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.wake.notify_all();
    }

    pub(crate) fn stopping(&self) -> bool {
        self.lock().stopping
    }

    /// Waits a while, less when stopped or woken.
    pub(crate) fn rest(&self, duration: Duration) {
        let state = self.lock();
        if !state.stopping {
            drop(self.wake.wait_timeout(state, duration));
        }
    }

    /// Lets paused stages of a cause go on.
    pub(crate) fn resume(&self, cause: Cause) -> Result<(), Error> {
        let resumed = self.home.register.resume(cause.code())?;
        self.lock().paused.retain(|_, paused| *paused != cause);
        if resumed > 0 {
            self.wake.notify_all();
        }
        Ok(())
    }

    pub(crate) fn paused(&self) -> BTreeMap<Stage, Cause> {
        self.lock().paused.clone()
    }

    pub(crate) fn touched(&self) -> Vec<i64> {
        let mut touched = self.lock().touched.clone();
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    pub(crate) fn touch(&self, job: i64) {
        self.lock().touched.push(job);
    }

    /// A seal could not rise.
    pub(crate) fn set_back(&self, job: i64) {
        self.lock().set_back.insert(job);
    }

    pub(crate) fn was_set_back(&self, job: i64) -> bool {
        self.lock().set_back.contains(&job)
    }

    pub(crate) fn take_bug(&self) -> Option<Error> {
        self.lock().bug.take()
    }

    pub(crate) fn fail(&self, error: Error) {
        let mut state = self.lock();
        state.bug.get_or_insert(error);
        state.stopping = true;
        drop(state);
        self.wake.notify_all();
    }

    /// Whether nothing is under way and nothing could be taken now or later.
    pub(crate) fn quiet(&self) -> Result<bool, Error> {
        let state = self.lock();
        if state.active > 0 || !state.deferred.is_empty() {
            return Ok(false);
        }
        for stage in Stage::ALL {
            if !state.paused.contains_key(stage) && self.home.register.open_in(*stage)? > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// One thread of a lane: take, work, commit, until stopped.
    pub(crate) fn work(&self, lane: &Lane) {
        loop {
            match self.take(lane) {
                Ok(jobs) if !jobs.is_empty() => {
                    let done = self.advance(&jobs);
                    let mut state = self.lock();
                    state.active -= jobs.len();
                    drop(state);
                    self.wake.notify_all();
                    if let Err(error) = done {
                        self.fail(error);
                    }
                }
                Ok(_) => {
                    let state = self.lock();
                    if state.stopping {
                        return;
                    }
                    drop(self.wake.wait_timeout(state, IDLE));
                }
                Err(error) => self.fail(error),
            }
        }
    }

    /// The next jobs of a lane, all of one stage.
    fn take(&self, lane: &Lane) -> Result<Vec<Job>, Error> {
        let now = self.home.clock.monotonic();
        let mut state = self.lock();
        if state.stopping {
            return Ok(Vec::new());
        }
        state.deferred.retain(|_, due| *due > now);
        let open: Vec<Stage> = lane.stages.iter().copied().filter(|stage| !state.paused.contains_key(stage)).collect();
        let skip: Vec<i64> = state.deferred.keys().copied().collect();
        let jobs = self.home.register.take(&open, &skip, lane.together)?;
        // Under the same lock as the take: `quiet` never sees the gap between them.
        state.active += jobs.len();
        state.touched.extend(jobs.iter().map(|job| job.no));
        Ok(jobs)
    }

    fn advance(&self, jobs: &[Job]) -> Result<(), Error> {
        let Some(Job { state: JobState::Running(stage), .. }) = jobs.first() else { return Ok(()) };
        for job in jobs {
            (self.report)(Progress::Started { job, stage: *stage });
        }
        for (job, answer) in self.step(jobs, *stage) {
            self.record(job, *stage, answer)?;
        }
        Ok(())
    }

    fn record(&self, job: &Job, stage: Stage, answer: Result<Vec<Commit>, Error>) -> Result<(), Error> {
        let committed = match answer {
            Ok(commits) => self.home.register.commit(job, &commits)?,
            Err(error) => self.settle(job, stage, error)?,
        };
        if stage == Stage::Preserve {
            failpoint!("preserve:stored:after");
        }
        if committed.state == JobState::Done {
            failpoint!("index:done:after");
        }
        (self.report)(Progress::Moved { job: &committed, stage });
        Ok(())
    }

    /// How often a document began again since a person last looked at it.
    fn restarts(&self, job: &Job) -> Result<u32, Error> {
        let history = self.home.register.history(job.no)?;
        let since = history.iter().rev().take_while(|record| !matches!(record.event, EventKind::Decided { .. }));
        Ok(since.filter(|record| record.event == EventKind::Restarted).count() as u32)
    }

    /// An error is an event too: wait, hold, another attempt, or stop.
    fn settle(&self, job: &Job, stage: Stage, error: Error) -> Result<Job, Error> {
        let sealed = steps::is_sealed(self.home, job);
        let error = match error {
            // Beginning again would sign a second time.
            Error::WorkFile { path } if sealed => Error::WorkFileSealed { path },
            Error::Changed { source_path } if sealed => Error::ChangedSealed { source_path },
            error => error,
        };
        tracing::info!(job = job.no, stage = stage.name(), code = error.code(), reason = %error, "a step did not finish");
        let detail = detail(job, &error);
        let commit = match error.disposition() {
            Disposition::Bug => return Err(error),
            Disposition::Hold(reason) => held(reason, detail),
            Disposition::Wait(cause) => {
                if !is_its_own(cause, stage, &error) {
                    self.lock().paused.insert(stage, cause);
                }
                waited(cause, detail)
            }
            // A work file that is gone, or a scan that changed, is mended by beginning again.
            Disposition::Retry { after } if is_mended_by_beginning_again(&error) => {
                let again = self.restarts(job)?;
                // What was altered stands in the way of what is made again.
                if again < ATTEMPTS && durable::remove_tree(&crate::home::signed_folder(self.home, job)).is_ok() {
                    self.lock().deferred.insert(job.no, self.home.clock.monotonic() + after * (10 * again));
                    Commit::of(EventKind::Restarted)
                } else {
                    held(HoldReason::Unworkable, detail)
                }
            }
            Disposition::Retry { .. } if job.attempt >= ATTEMPTS => match exhausted(stage, &error) {
                Some(cause) => {
                    self.lock().paused.insert(stage, cause);
                    waited(cause, detail)
                }
                None => held(HoldReason::Unworkable, detail),
            },
            Disposition::Retry { after } => {
                self.lock().deferred.insert(job.no, self.home.clock.monotonic() + after * job.attempt.max(1));
                Commit::of(EventKind::Retried { code: error.code() })
            }
        };
        Ok(self.home.register.commit(job, &[commit])?)
    }
}

/// Whether a wait is the document's own; every other cause stands in the way of the whole stage.
fn is_its_own(cause: Cause, stage: Stage, error: &Error) -> bool {
    match (stage, error) {
        (Stage::Preserve | Stage::Index, Error::Preserve(error)) => error.is_about_a_document(),
        (Stage::Index, Error::TooFewCopies { .. }) => true,
        _ => cause == Cause::Review,
    }
}

/// What is waited for when attempts are used up over a service, the token or a disk; what is about the document itself is held.
fn exhausted(stage: Stage, error: &Error) -> Option<Cause> {
    match (stage, error) {
        (Stage::Certify, Error::Key(_) | Error::Certify(certify::Error::Key(_))) => Some(Cause::Key),
        (Stage::Augment, Error::Augment(_) | Error::Pki(_)) => Some(Cause::Revocation),
        (Stage::Certify | Stage::Augment | Stage::Preserve | Stage::Index, Error::Durable(_) | Error::Preserve(_))
        | (Stage::Certify, Error::Certify(_)) => Some(Cause::Medium),
        _ => None,
    }
}

fn is_mended_by_beginning_again(error: &Error) -> bool {
    matches!(error, Error::WorkFile { .. } | Error::Changed { .. })
}

pub(crate) fn held(reason: HoldReason, detail: Facts) -> Commit {
    Commit::of(EventKind::Held { reason: reason.code().into() }).with(detail)
}

pub(crate) fn waited(cause: Cause, detail: Facts) -> Commit {
    Commit::of(EventKind::Waited { cause: cause.code().into() }).with(detail)
}

/// Code and facts of an error, for the person who looks at the document; whatever it is about, the document is named.
pub(crate) fn detail(job: &Job, error: &Error) -> Facts {
    let mut facts = Facts::new();
    let mut named: Facts = error.facts().into_iter().map(|(name, value)| (name, json!(value))).collect();
    named.entry("path").or_insert_with(|| json!(job.source));
    facts.insert("detail".into(), json!({"code": error.code(), "facts": named}));
    facts
}

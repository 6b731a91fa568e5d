//! Looks at inbound, feeds the queue, runs the lanes. `run` ends when nothing can move; `serve` when it is told to.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use failpoint::failpoint;
use intake::{Candidate, Settler, Template, Verdict};
use model::{Cause, Disposition, Stage, event::EventKind, stage::JobState};
use register::{Commit, Facts, Job};
use serde_json::json;

use crate::{
    Error, Home,
    calendar::{self, After},
    lanes::{Shared, held, lanes, waited},
    signing::SessionState,
};

/// What an onlooker is told.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A stage was taken.
    Started {
        /// The job.
        job: &'a Job,
        /// The stage.
        stage: Stage,
    },
    /// The stage ended and the job moved.
    Moved {
        /// The job as it is now.
        job: &'a Job,
        /// The stage that ended.
        stage: Stage,
    },
}

/// Whether to end when nothing can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Take what lies in inbound and end.
    Run,
    /// Go on until told to stop.
    Serve,
}

/// How often a daemon tries again what waited.
const TRY_AGAIN: Duration = Duration::from_mins(1);
/// How long a daemon stands still before it tries again to record.
const STAND_STILL: Duration = Duration::from_secs(5);
/// How soon it hears that it shall stop.
const PULSE: Duration = Duration::from_millis(100);
/// How often a daemon walks inbound although nobody woke it.
const LOOK_ANYWAY: Duration = Duration::from_secs(30);

/// Works. Answers the jobs touched.
///
/// # Errors
/// Only what stops the whole house; what concerns a document or a service is a hold or a wait in the register.
pub fn work(
    home: &Home,
    mode: Mode,
    stop: &AtomicBool,
    report: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Vec<i64>, Error> {
    let mut after = After::Death;
    loop {
        let error = match work_on(home, mode, stop, report, after) {
            // What a person mends (a full disk under the register) ends no daemon: it stands still, and goes on by itself.
            Err(error) if mode == Mode::Serve && is_mendable(&error) => error,
            ended => return ended,
        };
        if after == After::Death {
            tracing::error!(code = error.code(), reason = %error, "nothing can be recorded; standing still until it can");
        }
        after = After::Standstill;
        for _ in 0..STAND_STILL.as_millis() / PULSE.as_millis() {
            if stop.load(Ordering::SeqCst) {
                return Err(error);
            }
            std::thread::sleep(PULSE);
        }
    }
}

fn is_mendable(error: &Error) -> bool {
    matches!(error.disposition(), Disposition::Wait(_) | Disposition::Retry { .. })
}

fn work_on(
    home: &Home,
    mode: Mode,
    stop: &AtomicBool,
    report: &(dyn Fn(Progress<'_>) + Sync),
    after: After,
) -> Result<Vec<i64>, Error> {
    calendar::start(home, after)?;
    let shared = Shared::new(home, report);
    // Also for those who only ever `run`: what was stored at B-T rises at the next start, a copy that is back catches up.
    calendar::raise_late(&shared)?;
    // A daemon fills a new disk in its rounds: it looks at inbound, and can be stopped, between them.
    calendar::catch_up(&shared, (mode == Mode::Serve).then_some(calendar::CATCH_UP))?;
    let lanes = lanes(home);
    std::thread::scope(|scope| {
        for lane in &lanes {
            for _ in 0..lane.threads {
                scope.spawn(|| shared.work(lane));
            }
        }
        let fed = feed(&shared, mode, stop);
        shared.stop();
        fed
    })?;
    if let Some(bug) = shared.take_bug() {
        return Err(bug);
    }
    for (stage, cause) in shared.paused() {
        home.register.pause(stage, cause.code())?;
    }
    home.flush_journal()?;
    Ok(shared.touched())
}

fn feed(shared: &Shared<'_>, mode: Mode, stop: &AtomicBool) -> Result<(), Error> {
    let home = shared.home;
    let settle = Duration::from_secs(home.settings.inbound.settle_s);
    let template = Template::parse(&home.settings.inbound.template)?;
    let mut settler = Settler::new(settle, Duration::from_secs(home.settings.inbound.incomplete_after_s));
    let woken = std::sync::Arc::new(AtomicBool::new(true));
    let _watch = if mode == Mode::Serve { watch(home, &woken) } else { None };
    let (mut looks, mut pending) = (0_u64, false);
    let (mut last_look, mut last_round) = (Duration::ZERO, home.clock.monotonic());
    while !stop.load(Ordering::SeqCst) && !shared.stopping() {
        let now = home.clock.monotonic();
        // Notify only wakes: the walk finds the truth, and it also comes by itself where notify is silent (NFS, SMB).
        let since = now.saturating_sub(last_look);
        let wanted = mode == Mode::Run || pending || woken.load(Ordering::SeqCst) || since >= LOOK_ANYWAY;
        if looks == 0 || (wanted && since >= settle) {
            woken.store(false, Ordering::SeqCst);
            pending = match look(shared, &template, &mut settler, looks > 0) {
                // Inbound on a share that is away: what was claimed goes on, and inbound is looked at again.
                Err(error @ Error::Intake(_)) if mode == Mode::Serve && is_mendable(&error) => {
                    tracing::error!(code = error.code(), reason = %error, "inbound cannot be looked at");
                    false
                }
                looked => looked?,
            };
            (looks, last_look) = (looks + 1, home.clock.monotonic());
        }
        if mode == Mode::Run && looks >= 2 && shared.quiet()? {
            return Ok(());
        }
        show_pauses(shared)?;
        if mode == Mode::Serve && now.saturating_sub(last_round) >= TRY_AGAIN {
            calendar::round(shared)?;
            last_round = now;
        }
        shared.rest(Duration::from_millis(50).max(settle / 8));
    }
    Ok(())
}

/// A stage that pauses makes all its documents wait, visibly. A session that a person opened ends the wait for it at once, and
/// so does the end of the timestamp authorities' rest.
fn show_pauses(shared: &Shared<'_>) -> Result<(), Error> {
    for (stage, cause) in shared.paused() {
        let over = match cause {
            Cause::Key => matches!(shared.home.signing.state(), SessionState::Open { .. }),
            Cause::Timestamp => shared.without_timestamps().is_none(),
            _ => false,
        };
        if over {
            shared.resume(cause)?;
        } else {
            shared.home.register.pause(stage, cause.code())?;
        }
    }
    Ok(())
}

/// One look at inbound: what is whole becomes a job, what is not yet is shown as arriving. Answers whether some is arriving.
fn look(shared: &Shared<'_>, template: &Template, settler: &mut Settler, again: bool) -> Result<bool, Error> {
    let home = shared.home;
    let candidates = intake::look(&home.settings.inbound.path, template)?;
    failpoint!("intake:look:after");
    let (mut seen, mut pending) = (BTreeSet::new(), false);
    for candidate in &candidates {
        seen.insert(candidate.source.clone());
        // Also of what is under way: it may stop, and then what was seen meanwhile tells whether its scan is still.
        let verdict = settler.consider(candidate, home.clock.now());
        let job = home.register.job_of_source(&candidate.source)?;
        if is_under_way(job.as_ref()) || left_meanwhile(home, template, candidate, job.as_ref()) {
            continue;
        }
        let told = match verdict {
            Verdict::Settled => enter(shared, candidate),
            Verdict::Arriving => {
                pending = true;
                if again { record(shared, candidate, &waited(Cause::Arriving, Facts::new())) } else { Ok(()) }
            }
            Verdict::Hold(reason, detail) => {
                let mut facts = Facts::new();
                let named = json!({"path": candidate.source, "detail": detail});
                facts.insert("detail".into(), json!({"code": format!("held-{}", reason.code()), "facts": named}));
                record(shared, candidate, &held(reason, facts))
            }
        };
        pending |= moved_meanwhile(told)?;
    }
    pending |= moved_meanwhile(withdrawn(home, &seen))?;
    Ok(pending)
}

/// Whether a person moved a document between our look at it and what we had to record: the next look sees it as it is now.
fn moved_meanwhile(told: Result<(), Error>) -> Result<bool, Error> {
    match told {
        Err(Error::Register(register::Error::Moved { .. })) => Ok(true),
        told => told.map(|()| false),
    }
}

/// What a lane has, or will take without another look.
fn is_under_way(job: Option<&Job>) -> bool {
    job.is_some_and(|job| match &job.state {
        JobState::Ready(_) | JobState::Running(_) => true,
        JobState::Waiting(_, cause) => cause != Cause::Arriving.code(),
        JobState::Held(..) | JobState::Duplicate | JobState::Rejected | JobState::Done => false,
    })
}

/// The walk takes a while, and a document may be done before its candidate's turn: then its originals left inbound, and what
/// was seen is no new scan. Asked in this order (the job's state, then the folder) there is no gap between the two.
fn left_meanwhile(home: &Home, template: &Template, candidate: &Candidate, job: Option<&Job>) -> bool {
    let done = job.is_some_and(|job| job.state == JobState::Done);
    let there = || intake::candidate(&home.settings.inbound.path, &candidate.source, template);
    done && !there().is_ok_and(|now| now.look() == candidate.look())
}

fn enter(shared: &Shared<'_>, candidate: &Candidate) -> Result<(), Error> {
    let home = shared.home;
    if let Some(job) = home.register.job_of_source(&candidate.source)?
        && job.state == JobState::Waiting(Stage::Intake, Cause::Arriving.code().into())
    {
        let mut facts = Facts::new();
        facts.insert("look".into(), json!(candidate.look()));
        facts.insert("detail".into(), json!(null));
        home.register.commit(&job, &[Commit::of(EventKind::Resumed).with(facts)])?;
        shared.notify();
        return Ok(());
    }
    if let Some(no) = home.register.enter(&candidate.source, &candidate.look())? {
        failpoint!("intake:enter:after");
        shared.touch(no);
        shared.notify();
    }
    Ok(())
}

/// Records what a candidate that no lane may take comes to: a hold, or the wait for its writer.
fn record(shared: &Shared<'_>, candidate: &Candidate, commit: &Commit) -> Result<(), Error> {
    let register = &shared.home.register;
    if let Some(job) = register.job_of_source(&candidate.source)?
        && job.state == JobState::Waiting(Stage::Intake, Cause::Arriving.code().into())
    {
        shared.touch(job.no);
        if matches!(commit.event, EventKind::Held { .. }) {
            register.commit(&job, std::slice::from_ref(commit))?;
        }
        return Ok(());
    }
    if let Some(no) = register.enter_and(&candidate.source, &candidate.look(), Some(commit))? {
        shared.touch(no);
    }
    Ok(())
}

/// A scan that was still arriving and is gone again was taken back by whoever dropped it.
fn withdrawn(home: &Home, seen: &BTreeSet<String>) -> Result<(), Error> {
    for job in home.register.jobs_waiting_for(Cause::Arriving.code())? {
        if !seen.contains(&job.source) {
            let actor = "mocban".to_owned();
            home.register.commit(
                &job,
                &[Commit::of(EventKind::Decided { decision: "reject".into(), actor, why: String::new() })
                    .with(withdrawn_detail(&job))],
            )?;
        }
    }
    Ok(())
}

fn withdrawn_detail(job: &Job) -> Facts {
    let mut facts = Facts::new();
    facts.insert("detail".into(), json!({"code": "withdrawn", "facts": {"path": job.source}}));
    // Nobody turned it away: should it come back as it was (a share that was gone for a moment), it enters anew.
    facts.insert("look".into(), serde_json::Value::Null);
    facts
}

fn watch(home: &Home, woken: &std::sync::Arc<AtomicBool>) -> Option<notify::RecommendedWatcher> {
    use notify::Watcher as _;
    let flag = std::sync::Arc::clone(woken);
    let mut watcher = notify::recommended_watcher(move |_| flag.store(true, Ordering::SeqCst)).ok()?;
    watcher.watch(&home.settings.inbound.path, notify::RecursiveMode::Recursive).ok()?;
    Some(watcher)
}

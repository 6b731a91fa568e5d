use std::sync::Arc;

use model::{FixedClock, Sha256, Stage, event::EventKind, stage::JobState};

use super::*;

mod walks;

fn register() -> (tempfile::TempDir, Register) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clock = FixedClock::new("2026-12-31T16:59:00Z".parse().expect("time"));
    let register = Register::open(&dir.path().join("register.sqlite"), Arc::new(clock)).expect("open");
    (dir, register)
}

fn facts(pairs: &[(&str, &str)]) -> Facts {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect()
}

/// One job alone.
fn take(register: &Register, stages: &[Stage], skip: &[i64]) -> Option<Job> {
    register.take(stages, skip, 1).expect("take").pop()
}

fn step(register: &Register, stage: Stage) -> Job {
    let job = take(register, &[stage], &[]).expect("a job");
    register.commit(&job, &[Commit::of(EventKind::Finished { stage })]).expect("commit")
}

#[test]
fn a_job_walks_and_the_chain_holds() {
    let (_dir, register) = register();
    assert_eq!(register.enter("a/b", "1").expect("enter"), Some(1));
    assert_eq!(register.enter("a/b", "1").expect("enter"), None, "open: not entered twice");
    for stage in Stage::ALL {
        step(&register, *stage);
    }
    assert_eq!(register.job(1).expect("job").state, JobState::Done);
    assert_eq!(register.enter("a/b", "1").expect("enter"), Some(2), "done means gone from inbound: dropped again");
    let twin = take(&register, &[Stage::Intake], &[]).expect("job");
    let same = Commit::of(EventKind::Duplicated { of: "a".into() });
    register.commit(&twin, &[same]).expect("duplicate");
    assert_eq!(register.enter("a/b", "1").expect("enter"), None, "a duplicate is told once");
    assert_eq!(register.enter("a/b", "2").expect("enter"), Some(3), "other content at the same place");
    register.check_tail(u64::MAX).expect("chain");
    assert_eq!(register.totals().expect("totals").documents.get("done"), Some(&1));
}

#[test]
fn a_step_commits_only_where_the_job_still_is() {
    let (_dir, register) = register();
    register.enter("a", "1").expect("enter");
    let job = take(&register, &[Stage::Intake], &[]).expect("job");
    let held = Commit::of(EventKind::Held { reason: "unreadable".into() });
    register.commit(&job, std::slice::from_ref(&held)).expect("first");
    assert!(matches!(register.commit(&job, &[held]), Err(Error::Moved { job: 1 })));
}

#[test]
fn a_number_booked_during_a_step_does_not_move_the_job() {
    let (_dir, register) = register();
    register.enter("a", "1").expect("enter");
    let job = take(&register, &[Stage::Intake], &[]).expect("job");
    register.book(&job).expect("book");
    register.commit(&job, &[Commit::of(EventKind::Finished { stage: Stage::Intake })]).expect("commit");
}

#[test]
fn the_most_advanced_job_goes_first() {
    let (_dir, register) = register();
    register.enter("a", "1").expect("enter");
    register.enter("b", "1").expect("enter");
    step(&register, Stage::Intake);
    let job = take(&register, &[Stage::Intake, Stage::Recognize], &[]).expect("job");
    assert_eq!((job.no, job.state), (1, JobState::Running(Stage::Recognize)));
    let other = take(&register, &[Stage::Intake, Stage::Recognize], &[2]);
    assert_eq!(other, None, "job 2 was skipped");
}

#[test]
fn numbers_are_gapless_and_survive() {
    let (_dir, register) = register();
    for source in ["a", "b"] {
        register.enter(source, "1").expect("enter");
    }
    let (a, b) = (register.job(1).expect("a"), register.job(2).expect("b"));
    let first = register.book(&a).expect("book");
    assert_eq!((first.year, first.number), (2026, 1));
    assert_eq!(register.book(&a).expect("again"), first, "a booking survives");
    assert_eq!(register.book(&b).expect("book").number, 2);
    let a = register.job(1).expect("a");
    let held = Commit::of(EventKind::Held { reason: "no_room".into() });
    let void = Commit::of(EventKind::Voided { year: 2026, number: 1, why: "rejected".into() });
    let a = register.commit(&a, &[held, void]).expect("void");
    assert_eq!(register.book(&a).expect("book").number, 3, "a void number is not used again");
    let book = register.book_of(None).expect("book");
    assert_eq!(book.iter().map(|b| b.state.name()).collect::<Vec<_>>(), ["void", "booked", "booked"]);
}

#[test]
fn numbers_nobody_explains_become_void_visibly() {
    let (_dir, register) = register();
    register.enter("a", "1").expect("enter");
    let job = register.job(1).expect("job");
    register.book_proven(&job, 2026, 3).expect("book");
    assert_eq!(register.void_gaps().expect("gaps"), 2);
    let book = register.book_of(Some(2026)).expect("book");
    assert_eq!(
        book.iter().map(|b| (b.number, b.why.as_str())).collect::<Vec<_>>(),
        [(1, "lost"), (2, "lost"), (3, "")]
    );
}

#[test]
fn altering_or_deleting_an_event_is_refused_and_noticed() {
    let (dir, register) = register();
    register.enter("a", "1").expect("enter");
    register.enter("b", "1").expect("enter");
    drop(register);
    let path = dir.path().join("register.sqlite");
    let raw = rusqlite::Connection::open(&path).expect("open");
    assert!(raw.execute("UPDATE event SET line = 'x' WHERE seq = 1", []).is_err());
    assert!(raw.execute("DELETE FROM event", []).is_err());
    raw.execute_batch(
        "DROP TRIGGER event_is_never_changed; UPDATE event SET line = replace(line, '\"a\"', '\"c\"') WHERE seq = 1;",
    )
    .expect("tamper");
    drop(raw);
    let clock = Arc::new(model::SystemClock);
    assert!(matches!(Register::open(&path, clock), Err(Error::Damaged { seq: 1, .. })));
}

#[test]
fn a_restored_register_answers_the_same() {
    let (_dir, register) = register();
    register.enter("a", "1").expect("enter");
    let job = take(&register, &[Stage::Intake], &[]).expect("job");
    let id = model::DocumentId::of_content(&[Sha256::of(b"a")]);
    // A number whose shortest form is easily read back as its neighbour, and one from another writer's hand.
    let awkward: Facts =
        serde_json::from_str(r#"{"x": 0.930000007152557373, "y": 1e2, "z": 5.0e-324}"#).expect("facts");
    let artifact = Artifact { name: "submission".into(), sha256: Sha256::of(b"s"), bytes: 1, path: "work/s".into() };
    let finished = Commit::of(EventKind::Finished { stage: Stage::Intake })
        .with(facts(&[("document", &id.to_string())]).into_iter().chain(awkward).collect())
        .publishing(vec![artifact.clone()]);
    let job = register.commit(&job, &[finished]).expect("commit");
    register.book(&job).expect("book");
    let lines: Vec<String> =
        register.lines_after(0, usize::MAX >> 1).expect("lines").into_iter().map(|l| l.1).collect();

    let (_other_dir, other) = self::register();
    assert_eq!(other.restore(lines).expect("restore"), register.head().expect("head").0);
    assert_eq!(other.jobs().expect("jobs"), register.jobs().expect("jobs"));
    assert_eq!(other.head().expect("head"), register.head().expect("head"));
    assert_eq!(other.book_of(None).expect("book"), register.book_of(None).expect("book"));
    assert_eq!(other.artifact(1, "submission").expect("artifact"), Some(artifact));
    assert_eq!(other.named(id.to_string().get(..8).expect("prefix")).expect("named").len(), 1);
}

#[test]
fn a_held_document_is_tried_again_when_its_files_change() {
    let (_dir, register) = register();
    register.enter("a", "1").expect("enter");
    let job = take(&register, &[Stage::Intake], &[]).expect("job");
    register.commit(&job, &[Commit::of(EventKind::Held { reason: "unreadable".into() })]).expect("hold");
    assert_eq!(register.enter("a", "1").expect("same"), None);
    assert_eq!(register.enter("a", "2").expect("changed"), Some(1));
    assert_eq!(register.job(1).expect("job").state, JobState::Ready(Stage::Intake));
}

#[test]
fn a_crash_leaves_running_jobs_ready_with_their_attempt() {
    let (_dir, register) = register();
    register.enter("a", "1").expect("enter");
    take(&register, &[Stage::Intake], &[]);
    assert_eq!(register.recover().expect("recover"), [1]);
    let job = take(&register, &[Stage::Intake], &[]).expect("job");
    assert_eq!(job.attempt, 2);
}

#[test]
fn what_was_begun_before_is_not_taken_with_others() {
    let (_dir, register) = register();
    for source in ["a", "b", "c", "d"] {
        register.enter(source, "1").expect("enter");
    }
    take(&register, &[Stage::Intake], &[]).expect("job");
    register.recover().expect("a death");
    let taken = |skip: &[i64], most| {
        let jobs = register.take(&[Stage::Intake, Stage::Recognize], skip, most).expect("take");
        assert!(jobs.iter().all(|job| job.state == JobState::Running(Stage::Intake)));
        jobs.iter().map(|job| (job.no, job.attempt)).collect::<Vec<_>>()
    };
    assert_eq!(taken(&[1], 2), [(2, 1), (3, 1)], "no more than asked for");
    register.enter("e", "1").expect("enter");
    assert_eq!(taken(&[1, 5], 9), [(4, 1)], "whose time has not come is not taken with others either");
    assert_eq!(taken(&[], 9), [(1, 2)], "the first one died once and goes alone");
    assert_eq!(taken(&[], 9), [(5, 1)]);
    assert_eq!(taken(&[], 9), []);
}

#[test]
fn every_code_has_its_texts() {
    for n in 1..=8 {
        assert!(messages::has(&format!("E-REGISTER-0{n}")));
    }
}

#[test]
fn a_copy_keeps_to_the_medium_of_its_first_use_and_what_it_lacks_is_known() {
    let (_dir, register) = register();
    assert_eq!(register.pinned("a").expect("pinned"), None);
    assert_eq!(register.pin("a", "one").expect("pin"), "one");
    assert_eq!(register.pin("a", "two").expect("pin"), "one", "the first stays");
    assert_eq!(register.pin("b", "two").expect("pin"), "two");
    register.enter("x", "1").expect("enter");
    for stage in Stage::ALL {
        step(&register, *stage);
    }
    let job = register.job(1).expect("job");
    register.commit(&job, &[Commit::of(EventKind::Stored { copy: "a".into(), version: "v1".into() })]).expect("stored");
    assert_eq!(register.lacking("a", 0, 9).expect("lacking"), []);
    assert_eq!(register.lacking("b", 0, 9).expect("lacking").len(), 1);
    assert_eq!(register.lacking("b", i64::MAX, 9).expect("lacking"), []);
    assert_eq!(register.lacking_count("b").expect("count"), 1);
}

#[test]
fn a_number_of_a_year_that_has_not_come_is_void_when_the_clock_is_right_again() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clock = Arc::new(FixedClock::new("2027-12-01T00:00:00Z".parse().expect("time")));
    let register = Register::open(&dir.path().join("register.sqlite"), clock.clone()).expect("open");
    register.enter("a", "1").expect("enter");
    let job = take(&register, &[Stage::Intake], &[]).expect("job");
    assert_eq!(register.book(&job).expect("book").year, 2027);
    clock.advance(-300);
    assert_eq!(register.book(&job).expect("book").year, 2027, "a clock may be set right by minutes");
    clock.advance(-366 * 86_400);
    let right = register.book(&job).expect("book");
    assert_eq!((right.year, right.number), (2026, 1));
    let book = register.book_of(None).expect("book");
    let told: Vec<_> = book.iter().map(|entry| (entry.year, entry.state.name(), entry.why.as_str())).collect();
    assert_eq!(told, [(2026, "booked", ""), (2027, "void", "clock")]);
}

#[test]
fn a_sealed_document_is_not_begun_again_because_its_scan_looks_different() {
    let (_dir, register) = register();
    register.enter("a", "1").expect("enter");
    let job = take(&register, &[Stage::Intake], &[]).expect("job");
    let held = Commit::of(EventKind::Held { reason: "incomplete".into() }).with(facts(&[("sealed_sha256", "x")]));
    register.commit(&job, &[held]).expect("held");
    assert_eq!(register.enter("a", "2").expect("enter"), None);
}

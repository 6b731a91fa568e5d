//! Work by chance: whatever is done in whatever order, the tables are what the events fold to, and a copy of the events
//! makes the same tables again.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Something that the house or a person does.
#[derive(Debug, Clone)]
enum Act {
    Enter {
        source: usize,
        look: u8,
    },
    Take {
        from: usize,
    },
    /// The outcome of a step, or a person's word, for the n-th job.
    Commit {
        job: usize,
        events: Vec<EventKind>,
    },
    Pause {
        stage: usize,
    },
    Resume,
    Recover,
    Book {
        job: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0..3_usize, 0..2_u8).prop_map(|(source, look)| Act::Enter { source, look }),
        5 => (0..Stage::ALL.len()).prop_map(|from| Act::Take { from }),
        8 => (0..3_usize, proptest::collection::vec(event(), 1..3)).prop_map(|(job, events)| Act::Commit { job, events }),
        1 => (0..Stage::ALL.len()).prop_map(|stage| Act::Pause { stage }),
        1 => Just(Act::Resume),
        2 => Just(Act::Recover),
        1 => (0..3_usize).prop_map(|job| Act::Book { job }),
    ]
}

fn event() -> impl Strategy<Value = EventKind> {
    use EventKind as E;
    let decided = |decision: &str| E::Decided { decision: decision.into(), actor: "An".into(), why: String::new() };
    prop_oneof![
        // Whatever stage the job is at: the marker is replaced by it.
        6 => Just(E::Finished { stage: Stage::Index }),
        1 => Just(E::Retried { code: "E-CONDUCT-01".into() }),
        1 => Just(E::Waited { cause: "key".into() }),
        1 => Just(E::Held { reason: "no_room".into() }),
        2 => Just(decided("retry")),
        1 => Just(decided("reject")),
        1 => Just(E::Duplicated { of: "x".into() }),
        1 => Just(E::Restarted),
        1 => Just(E::Adopted),
        1 => Just(E::Stored { copy: "a".into(), version: "v1".into() }),
        1 => Just(E::Attempted { code: "E-CONDUCT-01".into() }),
    ]
}

fn run(register: &Register, act: Act) -> Result<(), Error> {
    let nth = |index: usize| register.jobs().map(|jobs| jobs.get(index).cloned());
    match act {
        Act::Enter { source, look } => register.enter(["a", "b", "c"][source], &look.to_string()).map(drop),
        Act::Take { from } => register.take(&Stage::ALL[from..], &[], 2).map(drop),
        Act::Commit { job, events } => {
            let Some(job) = nth(job)? else { return Ok(()) };
            let stage = job.state.clone();
            let fitting = |event| match (event, &stage) {
                (EventKind::Finished { .. }, JobState::Running(stage)) => EventKind::Finished { stage: *stage },
                (event, _) => event,
            };
            let commits: Vec<Commit> = events
                .into_iter()
                .enumerate()
                .map(|(at, event)| Commit::of(fitting(event)).with(facts(&[("step", &at.to_string())])))
                .collect();
            register.commit(&job, &commits).map(drop)
        }
        Act::Pause { stage } => register.pause(Stage::ALL[stage], "key").map(drop),
        Act::Resume => register.resume("key").map(drop),
        Act::Recover => register.recover().map(drop),
        Act::Book { job } => match nth(job)? {
            Some(job) => register.book(&job).map(drop),
            None => Ok(()),
        },
    }
}

/// State and attempt of every job by its events alone: a start is an attempt, and whatever ends them for good counts anew.
fn folded(register: &Register) -> BTreeMap<i64, (JobState, u32)> {
    let mut jobs = BTreeMap::new();
    for (seq, line, _) in register.lines_after(0, usize::MAX >> 1).expect("lines") {
        let record = Record::from_line(seq, &line).expect("an event");
        let Some(no) = record.job else { continue };
        if matches!(record.event, EventKind::Entered { .. }) {
            jobs.insert(no, (JobState::Ready(Stage::Intake), 0));
            continue;
        }
        let (state, attempts) = jobs.get_mut(&no).expect("entered before");
        *state = state.next(&record.event).expect("what was recorded was allowed");
        match record.event {
            EventKind::Started { .. } => *attempts += 1,
            EventKind::Finished { .. }
            | EventKind::Waited { .. }
            | EventKind::Decided { .. }
            | EventKind::Tried { .. } => *attempts = 0,
            _ => {}
        }
    }
    jobs
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn tables_are_what_the_events_fold_to(acts in proptest::collection::vec(act(), 1..60)) {
        let (_dir, register) = register();
        for act in acts {
            let before = (register.head().expect("head"), register.jobs().expect("jobs"));
            match run(&register, act) {
                Ok(()) => {}
                // What the state does not allow leaves no trace, not even of the events before it.
                Err(Error::Illegal { .. }) => {
                    prop_assert_eq!((register.head().expect("head"), register.jobs().expect("jobs")), before);
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            }
            let cached: BTreeMap<i64, (JobState, u32)> =
                register.jobs().expect("jobs").into_iter().map(|job| (job.no, (job.state, job.attempt))).collect();
            prop_assert_eq!(cached, folded(&register));
        }
        register.check_tail(u64::MAX).expect("the chain holds");
        let lines: Vec<String> =
            register.lines_after(0, usize::MAX >> 1).expect("lines").into_iter().map(|line| line.1).collect();
        let (_other_dir, other) = self::register();
        other.restore(lines).expect("restored");
        prop_assert_eq!(other.jobs().expect("jobs"), register.jobs().expect("jobs"));
        prop_assert_eq!(other.book_of(None).expect("book"), register.book_of(None).expect("book"));
        prop_assert_eq!(other.head().expect("head"), register.head().expect("head"));
    }

    /// The count by which start-up holds a document that keeps killing the process: whatever happens to the others meanwhile,
    /// no death is forgotten.
    #[test]
    fn deaths_are_counted_whatever_happens_to_the_others(others in proptest::collection::vec(act(), 0..12)) {
        let (_dir, register) = register();
        register.enter("deadly", "1").expect("enter");
        let mut deaths = 0;
        for act in others.into_iter().chain([Act::Recover; 1]) {
            // The first job is left alone but for dying.
            if matches!(act, Act::Commit { job: 0, .. } | Act::Pause { .. } | Act::Book { .. }) {
                continue;
            }
            run(&register, act).ok();
            let job = register.job(1).expect("job");
            if job.state == JobState::Ready(Stage::Intake) {
                let others: Vec<i64> = register.jobs().expect("jobs").iter().map(|job| job.no).filter(|no| *no != 1).collect();
                register.take(&[Stage::Intake], &others, 2).expect("taken");
            }
            deaths += u32::from(register.recover().expect("recovered").contains(&1));
            prop_assert_eq!(register.job(1).expect("job").attempt, deaths);
        }
        prop_assert!(deaths > 0);
    }
}

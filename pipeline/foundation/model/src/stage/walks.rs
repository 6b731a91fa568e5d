//! Jobs walked by chance: whatever happens in whatever order, no job goes where it may not.

use proptest::prelude::*;

use super::*;

fn stage() -> impl Strategy<Value = Stage> {
    proptest::sample::select(Stage::ALL)
}

/// Any event, whether or not it fits.
fn event() -> impl Strategy<Value = EventKind> {
    use EventKind as E;
    prop_oneof![
        2 => stage().prop_map(|stage| E::Started { stage }),
        2 => stage().prop_map(|stage| E::Finished { stage }),
        1 => Just(E::Recovered),
        1 => Just(E::Retried { code: "E-CONDUCT-01".into() }),
        1 => Just(E::Waited { cause: "key".into() }),
        1 => Just(E::Resumed),
        1 => Just(E::Held { reason: "no_room".into() }),
        2 => decided(),
        1 => Just(E::Corrected { fields: vec!["number".into()], actor: "An".into() }),
        1 => Just(E::Duplicated { of: "x".into() }),
        1 => Just(E::Tried { source: "a".into() }),
        1 => Just(E::Restarted),
        1 => Just(E::Adopted),
        1 => Just(E::Entered { source: "a".into() }),
        2 => noted(),
    ]
}

fn decided() -> impl Strategy<Value = EventKind> {
    proptest::sample::select(&["retry", "accept", "place", "approve", "reject"][..])
        .prop_map(|decision| EventKind::Decided { decision: decision.into(), actor: "An".into(), why: String::new() })
}

/// Events that are written beside the work.
fn noted() -> impl Strategy<Value = EventKind> {
    use EventKind as E;
    proptest::sample::select(vec![
        E::Attempted { code: "E-CONDUCT-01".into() },
        E::Booked { year: 2026, number: 1 },
        E::Voided { year: 2026, number: 1, why: "rejected".into() },
        E::Stored { copy: "a".into(), version: "v1".into() },
        E::Checked { copy: "a".into(), outcome: "sound".into() },
        E::Pinned { copy: "a".into(), medium: "m".into() },
        E::Raised,
    ])
}

/// An event for each step of a walk: by chance, or the one that takes the work further.
fn walk() -> impl Strategy<Value = Vec<Option<EventKind>>> {
    proptest::collection::vec(prop_oneof![3 => Just(None), 1 => event().prop_map(Some)], 0..60)
}

/// What the house would do next.
fn onward(state: &JobState) -> Option<EventKind> {
    match state {
        JobState::Ready(stage) => Some(EventKind::Started { stage: *stage }),
        JobState::Running(stage) => Some(EventKind::Finished { stage: *stage }),
        JobState::Waiting(..) => Some(EventKind::Resumed),
        JobState::Held(..) | JobState::Duplicate | JobState::Rejected | JobState::Done => None,
    }
}

fn place(state: &JobState) -> Option<Stage> {
    match state {
        JobState::Ready(stage) | JobState::Running(stage) | JobState::Waiting(stage, _) | JobState::Held(stage, _) => {
            Some(*stage)
        }
        JobState::Duplicate | JobState::Rejected | JobState::Done => None,
    }
}

fn is_noted(event: &EventKind) -> bool {
    use EventKind as E;
    matches!(
        event,
        E::Attempted { .. }
            | E::Booked { .. }
            | E::Voided { .. }
            | E::Stored { .. }
            | E::Checked { .. }
            | E::Pinned { .. }
            | E::Raised
    )
}

/// One step, held against what the house promises; the promises are written here a second time, by kind of event.
fn promised(before: &JobState, event: &EventKind, after: &JobState) -> Result<(), TestCaseError> {
    use EventKind as E;
    if is_noted(event) {
        prop_assert_eq!(before, after, "a note moves nothing");
        return Ok(());
    }
    let Some(at) = place(before) else {
        return Err(TestCaseError::fail(format!("{before:?} is the end, but {event:?} was taken")));
    };
    let expected = match event {
        E::Started { stage } => {
            prop_assert_eq!(before, &JobState::Ready(*stage), "only what is ready is started");
            JobState::Running(at)
        }
        E::Finished { stage } => {
            prop_assert_eq!(before, &JobState::Running(*stage), "only what runs is finished");
            Stage::ALL
                .iter()
                .skip_while(|stage| **stage != at)
                .nth(1)
                .map_or(JobState::Done, |next| JobState::Ready(*next))
        }
        E::Recovered | E::Retried { .. } => {
            prop_assert_eq!(before, &JobState::Running(at), "only what ran died or failed");
            JobState::Ready(at)
        }
        E::Waited { cause } => JobState::Waiting(at, cause.clone()),
        E::Held { reason } => JobState::Held(at, reason.clone()),
        E::Resumed => {
            prop_assert!(matches!(before, JobState::Waiting(..)), "only what waits goes on");
            JobState::Ready(at)
        }
        E::Decided { decision, .. } if decision == "reject" => JobState::Rejected,
        // A decision leads back to the stage that asked for it, and past none.
        E::Decided { .. } => JobState::Ready(at),
        E::Corrected { .. } => JobState::Waiting(Stage::Review, "key".into()),
        E::Duplicated { .. } => {
            prop_assert_eq!(before, &JobState::Running(Stage::Intake), "a twin is known when it is read");
            JobState::Duplicate
        }
        E::Tried { .. } | E::Restarted => JobState::Ready(Stage::Intake),
        E::Adopted => JobState::Ready(Stage::Index),
        _ => return Err(TestCaseError::fail(format!("{event:?} was taken"))),
    };
    prop_assert_eq!(after, &expected, "{:?} by {:?}", before, event);
    if matches!(before, JobState::Held(..)) {
        let moves = matches!(event, E::Decided { .. } | E::Tried { .. } | E::Adopted);
        prop_assert!(moves, "{:?} moved what waits for a person", event);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 600, ..ProptestConfig::default() })]

    /// Done means: every stage finished, one after the other, since the document last began, or lying whole on a copy.
    #[test]
    fn no_walk_leaves_the_way(walk in walk()) {
        let mut state = JobState::Ready(Stage::Intake);
        let mut finished = Vec::new();
        let mut adopted = false;
        for event in walk {
            let Some(event) = event.or_else(|| onward(&state)) else { break };
            match state.next(&event) {
                Err(refused) => prop_assert_eq!((refused.state, refused.event), (state.clone(), event)),
                Ok(after) => {
                    promised(&state, &event, &after)?;
                    match &event {
                        EventKind::Finished { stage } => finished.push(*stage),
                        EventKind::Restarted | EventKind::Tried { .. } => finished.clear(),
                        EventKind::Adopted => adopted = true,
                        _ => {}
                    }
                    state = after;
                }
            }
        }
        if state == JobState::Done && !adopted {
            prop_assert_eq!(finished.as_slice(), Stage::ALL);
        }
    }
}

#[test]
fn walks_reach_every_end() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut ends = [0_u32; 3];
    for _ in 0..2000 {
        let steps = walk().new_tree(&mut runner).expect("a walk").current();
        let end = steps.into_iter().fold(JobState::Ready(Stage::Intake), |state, event| {
            event.or_else(|| onward(&state)).and_then(|event| state.next(&event).ok()).unwrap_or(state)
        });
        match end {
            JobState::Done => ends[0] += 1,
            JobState::Rejected => ends[1] += 1,
            JobState::Duplicate => ends[2] += 1,
            JobState::Ready(_) | JobState::Running(_) | JobState::Waiting(..) | JobState::Held(..) => {}
        }
    }
    assert!(ends.iter().all(|count| *count > 5), "{ends:?}: the walks prove nothing about an end they do not reach");
}

//! Whatever goes wrong at whichever operation: an error, never a lie; and after a power cut the same call ends well.

use model::{Cause, Disposition};

use super::*;
use crate::{
    Error,
    doubles::{Failing, FaultyCopy},
    object::{recover, store, store_version},
};

/// Lets `work` meet a fault at its every operation, cuts the power, and does it again on what is left.
fn check(prepare: impl Fn(&MemCopy), work: impl Fn(&dyn CopyStore) -> Result<Stored, Error>, others: &[(u8, Stored)]) {
    for failing in [Failing::Error, Failing::Full, Failing::Short, Failing::Flip] {
        for lasting in [false, true] {
            for at in 1.. {
                let copy = MemCopy::new("m");
                prepare(&copy);
                let copy = FaultyCopy::new(copy, at, failing, lasting);
                let outcome = work(&copy);
                let met = copy.met();
                let left = copy.into_inner().after_power_cut();
                match &outcome {
                    Ok(stored) => assert_survives(&left, stored, others, &format!("{failing:?} at {at}")),
                    Err(error) => {
                        let waits =
                            matches!(error.disposition(), Disposition::Wait(Cause::Medium) | Disposition::Retry { .. });
                        assert!(waits, "{failing:?} at {at}: {error} {:?}", error.disposition());
                    }
                }
                recover(&left).expect("recovery");
                let stored = work(&left).unwrap_or_else(|e| panic!("{failing:?} at {at}, again: {e} {e:?}"));
                assert_survives(&left, &stored, others, &format!("{failing:?} at {at}, again"));
                assert_eq!(left.list("staging").expect("list"), Some(vec![]), "{failing:?} at {at}");
                if !met {
                    break;
                }
            }
        }
    }
}

/// What was acknowledged is whole, and so is what was there before.
fn assert_survives(copy: &MemCopy, stored: &Stored, others: &[(u8, Stored)], when: &str) {
    let mut known: Vec<_> = others.iter().map(|(n, stored)| (id(*n), stored)).collect();
    known.push((id(1), stored));
    assert_eq!(audit(copy, Some(&expected(&known))).faults, [], "{when}");
}

#[test]
fn storing_survives_a_fault_at_every_operation() {
    let other = store(&MemCopy::new("m"), &object(2)).expect("store");
    check(|copy| drop(store(copy, &object(2)).expect("store")), |copy| store(copy, &object(1)), &[(2, other)]);
}

#[test]
fn a_second_version_survives_a_fault_at_every_operation() {
    check(|copy| drop(store(copy, &object(1)).expect("store")), |copy| store_version(copy, &raised(1), first()), &[]);
}

#[test]
fn a_lying_medium_is_found_out_before_the_document_enters() {
    for failing in [Failing::Short, Failing::Flip] {
        for at in 1.. {
            let copy = FaultyCopy::new(MemCopy::new("m"), at, failing, false);
            let outcome = store(&copy, &object(1));
            if !copy.met() {
                break;
            }
            if let Err(error) = outcome {
                assert!(matches!(error, Error::ReadBack { .. }), "{error}");
                let left = copy.into_inner();
                assert_eq!(crate::objects(&left).expect("objects"), [], "it never entered");
                assert_eq!(left.list("staging").expect("list"), Some(vec![]), "and staging is empty");
            }
        }
    }
}

#[test]
fn storing_again_what_rotted_is_not_success() {
    on_each(|_| {});
    let copy = MemCopy::new("m");
    store(&copy, &object(1)).expect("store");
    let path = format!("{}/v1/content/submission.json", crate::layout::place(id(1)));
    copy.tamper(&path, Some(b"[]".to_vec()));
    assert!(matches!(store(&copy, &object(1)), Err(Error::ReadBack { .. })));
}

#[test]
#[should_panic(expected = "a power cut would take it")]
fn the_double_refuses_to_read_what_is_not_durable() {
    let copy = MemCopy::new("m");
    copy.create_new("staging/x/a", &mut Content::Bytes(vec![1]).reader()).expect("write");
    copy.read("staging/x/a", 9).ok();
}

#[test]
#[should_panic(expected = "must never be replaced")]
fn the_double_refuses_to_replace_content() {
    let path = format!("{}/v1/content/document.pdf", crate::layout::place(id(1)));
    MemCopy::new("m").replace(&path, b"x").ok();
}

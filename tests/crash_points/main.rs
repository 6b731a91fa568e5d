//! The real binary killed at its crash points, and its power cut; and the proof that this suite would notice.
//!
//! `MOCBAN_CRASH_ALL=1` (`./ops/test --crash`) takes every hit; else a sample of them. See docs/crash.md.
#![expect(clippy::print_stdout, reason = "how many trials there were is part of the answer")]

mod house;
mod oracle;
mod points;
mod power;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use house::{House, Plan, died};
use mocban_tests::sandbox::binary;
use points::{ELSEWHERE, SYNCS, named};
use power::Disks;

/// Whether every hit is tried.
fn all() -> bool {
    std::env::var_os("MOCBAN_CRASH_ALL").is_some()
}

/// What became of a trial.
struct Outcome {
    name: String,
    /// Whether the process died where it should. Threads race: the last hits of a trace may not come again.
    reached: bool,
    wrong: Vec<String>,
}

/// Tries everything, on all processors.
fn each<T: Sync>(trials: &[T], attempt: impl Fn(&T) -> Outcome + Sync) -> Vec<Outcome> {
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // A run rests between its looks at inbound: two trials keep a processor busy.
    let threads = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(trial) = trials.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome = attempt(trial);
                    outcomes.lock().expect("outcomes").push(outcome);
                }
            });
        }
    });
    outcomes.into_inner().expect("outcomes")
}

/// Says how many trials there were; answers those that went wrong.
fn tally(what: &str, outcomes: &[Outcome]) -> Vec<String> {
    let reached = outcomes.iter().filter(|outcome| outcome.reached).count();
    let bad: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.wrong.is_empty()).collect();
    println!("{what}: {} trials, {reached} died as told, {} bad", outcomes.len(), bad.len());
    bad.iter().map(|outcome| format!("{}:\n    {}", outcome.name, outcome.wrong.join("\n    "))).collect()
}

fn no_fault(bad: &[String]) {
    assert!(bad.is_empty(), "{} trials went wrong:\n{}", bad.len(), bad.join("\n"));
}

/// Dies once for each plan, is started again, and must end as if nothing had been.
fn killed(house: &House, plans: &[Plan]) -> Outcome {
    let home = house.trial();
    let mut signatures = Vec::new();
    let mut outcome = Outcome { name: String::new(), reached: true, wrong: Vec::new() };
    for plan in plans {
        outcome.name = format!("{}{} #{} ", outcome.name, plan.points.join(","), plan.at);
        let run = house.run(home.path(), plan);
        if died(&run) {
            let left = oracle::after_death(house, home.path());
            outcome.wrong.extend(left.wrong);
            signatures.extend(left.signatures);
        } else {
            outcome.reached = false;
        }
    }
    let switches: Vec<&str> = plans.iter().flat_map(|plan| &plan.switches).map(String::as_str).collect();
    let run = house.run(home.path(), &Plan::default().with(&switches));
    outcome.wrong.extend(oracle::at_end(house, home.path(), &run, &signatures));
    outcome
}

/// Every hit of every point; or the first and the last of each, and in between those that a step lands on.
fn hits(traced: &BTreeMap<String, u64>, step: u64) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (point, count) in traced {
        let wanted = |hit: &u64| all() || *hit == 1 || hit == count || hit.is_multiple_of(step);
        plans.extend((1..=*count).filter(wanted).map(|hit| Plan::die(point, hit)));
    }
    plans
}

fn listed() -> Vec<String> {
    let elsewhere: Vec<&str> = ELSEWHERE.iter().map(|(point, _)| *point).collect();
    named().points.into_iter().filter(|point| !elsewhere.contains(&point.as_str())).collect()
}

#[test]
fn killed_at_its_points_the_end_is_the_same() {
    let (house, rising) = (House::new(), House::stored_at_bt());
    let points = listed();
    let (run, rise) = (house.trace(&points), rising.trace(&points));
    let never: Vec<&String> = points.iter().filter(|p| !run.contains_key(*p) && !rise.contains_key(*p)).collect();
    assert!(never.is_empty(), "these points are never passed: {never:?}");
    println!(
        "{} points; {} hits in a run, {} in a rise",
        points.len(),
        run.values().sum::<u64>(),
        rise.values().sum::<u64>()
    );

    let mut bad =
        tally("killed once in a run", &each(&hits(&run, 61), |plan| killed(&house, std::slice::from_ref(plan))));
    bad.extend(tally(
        "killed once in a rise",
        &each(&hits(&rise, 97), |plan| killed(&rising, std::slice::from_ref(plan))),
    ));
    let pairs = pairs(&run);
    bad.extend(tally("killed twice", &each(&pairs, |pair| killed(&house, pair))));
    no_fault(&bad);
}

/// A death, and a death in the recovery from it.
fn pairs(traced: &BTreeMap<String, u64>) -> Vec<[Plan; 2]> {
    let single: Vec<Plan> = traced
        .iter()
        .flat_map(|(point, count)| [1, count.div_ceil(2), *count].map(|hit| Plan::die(point, hit)))
        .collect();
    let (first, second) = if all() { (6, 8) } else { (37, 41) };
    let mut pairs = Vec::new();
    for one in single.iter().step_by(first) {
        pairs.extend(single.iter().step_by(second).map(|two| [one.clone(), two.clone()]));
    }
    pairs
}

/// The moments at which the chain relies on what it wrote: the register says that a document is on its copies, it is stored and
/// listed, or it is done; and the end.
fn relied_on(switches: &[&str]) -> Vec<Plan> {
    let documents = 1..=house::DOCUMENTS as u64;
    let points = ["preserve:stored:after", "index:listed:after", "index:done:after"];
    let plans = points.iter().flat_map(|point| documents.clone().map(|at| Plan::die(point, at)));
    plans.chain([Plan::default()]).map(|plan| plan.with(switches)).collect()
}

fn cut_at(disks: &Disks, house: &House, plan: &Plan) -> Outcome {
    let cut = disks.cut(house, plan);
    Outcome {
        name: format!("power cut at {} #{}", plan.points.join(","), plan.at),
        reached: cut.died,
        wrong: cut.wrong,
    }
}

fn disks(house: &House) -> Option<Disks> {
    let disks = Disks::new(house);
    if disks.is_none() {
        println!("NO POWER WAS CUT: making and mounting ext4 on a loop device is not permitted here (it needs root).");
    }
    disks
}

#[test]
fn after_a_power_cut_nothing_acknowledged_is_lost() {
    let house = House::new();
    let Some(disks) = disks(&house) else { return };
    let syncs: Vec<String> = SYNCS.iter().map(|point| (*point).to_owned()).collect();
    let total: u64 = house.trace(&syncs).values().sum();
    let step = if all() { 3 } else { total / 12 };
    let moments: Vec<u64> = (1..=total).step_by(step as usize).collect();
    println!("{total} syncs");
    let sync = |at: &u64| cut_at(&disks, &house, &Plan { points: syncs.clone(), at: *at, ..Plan::default() });
    let mut bad = tally("power cut", &each(&moments, sync));
    bad.extend(tally("acknowledged, then cut", &each(&relied_on(&[]), |plan| cut_at(&disks, &house, plan))));
    no_fault(&bad);
}

/// The mistakes that kill -9 brings to light, with the points where it does, and how far apart the hits of a sample lie: what is
/// repeatable is made again where it was left half written, so that the first publishings of a run say nothing.
const KILLED: &[(&str, &[&str], usize)] = &[
    ("durable:publish:in-place", &["durable:publish:half"], 7),
    ("register:event:apart", &["register:event:split"], 1),
    ("certify:name:random", &["certify:bytes:after", "durable:link:after"], 1),
];
/// The mistakes that only a power cut brings to light.
const CUT: &[&str] = &["durable:fsync:skipped", "durable:dirsync:skipped", "register:synchronous:off"];

#[test]
fn every_mistake_turns_the_suite_red() {
    let house = House::new();
    let tried: Vec<&str> = KILLED.iter().map(|(switch, ..)| *switch).chain(CUT.iter().copied()).collect();
    let unknown: Vec<&&str> = tried.iter().filter(|switch| !named().switches.contains(**switch)).collect();
    assert!(unknown.is_empty(), "no such switch: {unknown:?}");
    let mut unnoticed = Vec::new();
    for (switch, points, apart) in KILLED {
        let (apart, count) = if all() { (1, 40) } else { (*apart, 6) };
        let plans: Vec<Plan> = points
            .iter()
            .flat_map(|point| (1..).step_by(apart).take(count).map(|hit| Plan::die(point, hit).with(&[switch])))
            .collect();
        let bad = tally(switch, &each(&plans, |plan| killed(&house, std::slice::from_ref(plan))));
        unnoticed.extend(bad.is_empty().then_some(*switch));
    }
    let Some(disks) = disks(&house) else { return };
    for switch in CUT {
        let mut plans = relied_on(&[switch]);
        if all() {
            plans.extend((1..=100).step_by(5).map(|at| Plan::die("register:commit:after", at).with(&[switch])));
        }
        let bad = tally(switch, &each(&plans, |plan| cut_at(&disks, &house, plan)));
        unnoticed.extend(bad.is_empty().then_some(*switch));
    }
    assert!(unnoticed.is_empty(), "the suite stays green with {unnoticed:?}: it proves nothing about them");
}

/// Inbound is listed, the document is done and its scan leaves, and only then the list is gone through.
#[test]
fn a_scan_that_left_while_inbound_was_looked_at_is_not_seen_again() {
    let house = House::new();
    let home = house.trial();
    let run = house.run(home.path(), &Plan::default().with(&["intake:look:after=sleep(2500)"]));
    no_fault(&oracle::at_end(&house, home.path(), &run, &[]));
}

#[test]
fn the_ordinary_build_has_no_crash_point() {
    let named = named();
    let names: BTreeSet<String> = named.points.iter().chain(&named.switches).cloned().collect();
    assert_eq!(found(&names, "mocban-crash"), names, "all are in the test build");
    assert_eq!(found(&names, "mocban"), BTreeSet::new(), "none is in the ordinary build");
}

/// Which of these names a binary holds.
fn found(names: &BTreeSet<String>, program: &str) -> BTreeSet<String> {
    let patterns: Vec<&str> = names.iter().flat_map(|name| ["-e", name.as_str()]).collect();
    let output = Command::new("grep").args(["-a", "-o", "-F"]).args(patterns).arg(binary(program)).output();
    let output = output.expect("grep");
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

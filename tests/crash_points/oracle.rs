//! What must be true after a death and at the end, whatever happened before. Each sentence is one fault.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use mocban_tests::sandbox::{binary, json_lines};
use model::{Clock as _, Sha256, Stage, SystemClock, stage::JobState};
use register::{Booking, BookingState, Job, Register};
use search::Index;
use verify::{Anchors, Verdict};

use crate::house::{DOCUMENTS, House, WORD, files};

type Wrong = Vec<String>;

/// What a death left behind.
pub(crate) struct Left {
    pub wrong: Wrong,
    /// Bytes of signatures that had been published under a name.
    pub signatures: Vec<Vec<u8>>,
    /// Documents that the register calls done.
    pub done: usize,
}

/// Looks at a home in which nobody works, without touching it.
pub(crate) fn after_death(house: &House, home: &Path) -> Left {
    let mut wrong = Wrong::new();
    let signatures = files(&home.join("work"))
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rev"))
        .map(|path| fs::read(home.join("work").join(path)).expect("a published signature"))
        .collect();
    let mut done = 0;
    match Ledger::of(home) {
        Err(error) => wrong.push(format!("the register: {error}")),
        Ok(None) => {}
        Ok(Some(ledger)) => {
            wrong.extend(ledger.folds());
            wrong.extend(ledger.artifacts_exist(home));
            wrong.extend(ledger.originals_are_kept(house, home));
            done = ledger.jobs.iter().filter(|job| job.state == JobState::Done).count();
        }
    }
    Left { wrong, signatures, done }
}

/// Looks at a home whose last run ended by itself.
pub(crate) fn at_end(house: &House, home: &Path, run: &Output, signatures: &[Vec<u8>]) -> Wrong {
    let mut wrong = Wrong::new();
    if run.status.code() != Some(0) {
        let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
        wrong.push(format!("the last run ended with {:?}: {said}", run.status.code()));
    }
    match Ledger::of(home) {
        Err(error) => wrong.push(format!("the register: {error}")),
        Ok(None) => wrong.push("there is no register".to_owned()),
        Ok(Some(ledger)) => {
            wrong.extend(ledger.folds());
            wrong.extend(ledger.all_done());
            wrong.extend(ledger.book_is_gapless());
            wrong.extend(index_holds(home, &ledger.done()));
            wrong.extend(seals(house, home, &ledger.done(), signatures));
        }
    }
    wrong.extend(copies_are_equal(home));
    wrong.extend(audit(home));
    let kept = |path: &PathBuf| !path.ends_with("lock");
    for (folder, what) in [
        ("inbound", "an original stayed"),
        ("work", "a work file stayed"),
        ("copies/a/staging", "something stayed in staging"),
        ("copies/b/staging", "something stayed in staging"),
    ] {
        wrong.extend(files(&home.join(folder)).iter().filter(|p| kept(p)).map(|p| format!("{what}: {}", p.display())));
    }
    let temporary = |path: &PathBuf| path.to_string_lossy().contains(".mocban-tmp-");
    wrong.extend(files(home).into_iter().filter(temporary).map(|p| format!("a temporary file: {}", p.display())));
    wrong
}

/// The register as it lies there, read from a copy of its files.
struct Ledger {
    _folder: tempfile::TempDir,
    register: Register,
    jobs: Vec<Job>,
}

impl Ledger {
    fn of(home: &Path) -> Result<Option<Self>, register::Error> {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["register.sqlite", "register.sqlite-wal"] {
            if home.join(name).is_file() {
                fs::copy(home.join(name), folder.path().join(name)).expect("register");
            }
        }
        let path = folder.path().join("register.sqlite");
        if !path.is_file() {
            return Ok(None);
        }
        let register = Register::open(&path, Arc::new(SystemClock))?;
        register.check_tail(u64::MAX)?;
        let jobs = register.jobs()?;
        Ok(Some(Self { _folder: folder, register, jobs }))
    }

    /// What the tables say is what the events say.
    fn folds(&self) -> Wrong {
        let folder = tempfile::tempdir().expect("a folder");
        let again = Register::open(&folder.path().join("register.sqlite"), Arc::new(SystemClock)).expect("a register");
        let lines = self.register.lines_after(0, usize::MAX >> 1).expect("lines");
        if let Err(error) = again.restore(lines.into_iter().map(|(_, line, _)| line)) {
            return vec![format!("the events do not fold: {error}")];
        }
        let (now, folded) = (tables(&self.register), tables(&again));
        if now == folded { Wrong::new() } else { vec![format!("events fold to\n{folded:#?}\nnot to\n{now:#?}")] }
    }

    /// Every committed file is there with its digest, until the object is stored and the work folder may go.
    fn artifacts_exist(&self, home: &Path) -> Wrong {
        let mut wrong = Wrong::new();
        for job in &self.jobs {
            let released =
                matches!(job.state, JobState::Done | JobState::Ready(Stage::Index) | JobState::Running(Stage::Index));
            for artifact in self.register.artifacts(job.no).expect("artifacts") {
                let there = fs::read(home.join(&artifact.path)).ok();
                let whole = there.as_ref().is_some_and(|bytes| Sha256::of(bytes) == artifact.sha256);
                if !(whole || released && there.is_none() && self.on_both(job)) {
                    let length = there.map(|bytes| bytes.len());
                    wrong.push(format!("#{} {}: {} has {length:?} bytes", job.no, artifact.name, artifact.path));
                }
            }
        }
        wrong
    }

    fn on_both(&self, job: &Job) -> bool {
        self.register.stored(job.no).expect("stored").len() == 2
    }

    fn originals_are_kept(&self, house: &House, home: &Path) -> Wrong {
        let stored = |path: &Path| {
            let owner = |job: &&Job| path.with_extension("").starts_with(Path::new(&job.source).with_extension(""));
            self.jobs.iter().find(owner).is_some_and(|job| self.on_both(job))
        };
        let kept = |path: &Path, bytes: &[u8]| fs::read(home.join("inbound").join(path)).is_ok_and(|now| now == bytes);
        let lost = house.originals.iter().filter(|(path, bytes)| !kept(path, bytes) && !stored(path));
        lost.map(|(path, _)| format!("{} left before it was stored", path.display())).collect()
    }

    fn done(&self) -> Vec<&Job> {
        self.jobs.iter().filter(|job| job.state == JobState::Done).collect()
    }

    fn all_done(&self) -> Wrong {
        let sources: BTreeSet<&str> = self.done().iter().map(|job| job.source.as_str()).collect();
        let whole = self.jobs.len() == DOCUMENTS && sources.len() == DOCUMENTS;
        let level = |job: &&Job| job.card.get("level").and_then(|level| level.as_str()) == Some("B-LTA");
        if whole && self.done().iter().all(level) {
            return Wrong::new();
        }
        let told: Vec<_> = self.jobs.iter().map(|job| (&job.source, &job.state, job.card.get("level"))).collect();
        vec![format!("not all done: {told:?}")]
    }

    fn book_is_gapless(&self) -> Wrong {
        let book = self.register.book_of(None).expect("book");
        let numbers: Vec<u32> = book.iter().map(|booking| booking.number).collect();
        let gapless: Vec<u32> = (1..=DOCUMENTS as u32).collect();
        let sealed = |booking: &Booking| booking.state == BookingState::Sealed;
        let jobs: BTreeSet<_> = book.iter().filter_map(|booking| booking.job).collect();
        if numbers == gapless && book.iter().all(sealed) && jobs.len() == DOCUMENTS {
            Wrong::new()
        } else {
            vec![format!("the book: {book:?}")]
        }
    }
}

#[derive(Debug, PartialEq)]
struct Tables {
    jobs: Vec<Job>,
    sides: Vec<(Vec<register::Artifact>, Vec<register::Stored>)>,
    book: Vec<Booking>,
}

fn tables(register: &Register) -> Tables {
    let jobs = register.jobs().expect("jobs");
    let side = |job: &Job| (register.artifacts(job.no).expect("artifacts"), register.stored(job.no).expect("stored"));
    Tables { sides: jobs.iter().map(side).collect(), book: register.book_of(None).expect("book"), jobs }
}

/// The index answers exactly the done documents, each once.
fn index_holds(home: &Path, done: &[&Job]) -> Wrong {
    let found = Index::open(&home.join("index")).and_then(|index| index.find(WORD, 100));
    let mut found: Vec<_> = match found {
        Ok(found) => found.hits.iter().map(|hit| hit.id).collect(),
        Err(error) => return vec![format!("the index: {error}")],
    };
    let mut wanted: Vec<_> = done.iter().filter_map(|job| job.document).collect();
    found.sort();
    wanted.sort();
    if found == wanted { Wrong::new() } else { vec![format!("the index holds {found:?}, done are {wanted:?}")] }
}

/// Every document has one seal, valid, on its own number; a signature that was published once is the one that stayed.
fn seals(house: &House, home: &Path, done: &[&Job], published: &[Vec<u8>]) -> Wrong {
    let pem = fs::read(house.anchors()).expect("anchors");
    let anchors = Anchors::from_pem(&pem).expect("anchors");
    let mut wrong = Wrong::new();
    let mut papers = Vec::new();
    for path in newest_papers(&home.join("copies/a/ocfl")) {
        let report = verify::judge(&path, &anchors, SystemClock.now());
        if report.overall != Verdict::Valid || report.signatures.len() != 1 {
            wrong.push(format!("{}: {report:?}", path.display()));
        }
        papers.push(fs::read(&path).expect("a paper"));
    }
    let digests: BTreeSet<String> = papers.iter().map(|bytes| Sha256::of(bytes).to_hex()).collect();
    let text = |job: &&Job| job.card.get("sealed_sha256").and_then(|v| v.as_str()).map(str::to_owned);
    let sealed: BTreeSet<String> = done.iter().filter_map(text).collect();
    if digests != sealed {
        wrong.push(format!("papers on the copies {digests:?}, in the register {sealed:?}"));
    }
    for signature in published {
        let length = signature.len().max(1);
        let stayed = papers.iter().any(|paper| paper.windows(length).any(|window| window == signature));
        if !stayed {
            wrong.push("a second signature was made in the place of a published one".to_owned());
        }
    }
    wrong
}

/// The newest `document.pdf` of each object: the one of the highest version that has one.
fn newest_papers(ocfl: &Path) -> Vec<PathBuf> {
    let mut newest: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for path in files(ocfl).into_iter().filter(|path| path.ends_with("content/document.pdf")) {
        let object = path.ancestors().nth(3).expect("an object").to_owned();
        newest.insert(object, ocfl.join(path));
    }
    newest.into_values().collect()
}

fn copies_are_equal(home: &Path) -> Wrong {
    let (a, b) = (home.join("copies/a/ocfl"), home.join("copies/b/ocfl"));
    let (in_a, in_b) = (files(&a), files(&b));
    if in_a != in_b {
        return vec![format!("copy a holds {in_a:?}, copy b {in_b:?}")];
    }
    let differ = |path: &&PathBuf| fs::read(a.join(path)).ok() != fs::read(b.join(path)).ok();
    in_a.iter().filter(differ).map(|path| format!("{} differs between the copies", path.display())).collect()
}

fn audit(home: &Path) -> Wrong {
    let output = Command::new(binary("mocban-crash")).arg("--home").arg(home).args(["--json", "audit"]).output();
    let output = output.expect("mocban starts");
    let said = json_lines(&output);
    let objects = |copy: usize| said.first().and_then(|audit| audit["copies"][copy]["objects"].as_u64());
    let whole = Some(DOCUMENTS as u64);
    if output.status.code() == Some(0) && objects(0) == whole && objects(1) == whole {
        Wrong::new()
    } else {
        vec![format!("the audit: {said:?}")]
    }
}

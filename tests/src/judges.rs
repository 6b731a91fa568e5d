//! Other people's judges: veraPDF and EU DSS (Java), pyHanko and the OCFL validator (Python), qpdf.
//!
//! They are installed on first use and pinned; one that cannot be had is a failure, never a skip. All of them work
//! offline, with the sandbox's roots as their only anchors.
#![expect(clippy::panic, reason = "a judge that cannot be had fails the test")]

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde::Deserialize;

use crate::sandbox::root;

/// The level every sealed file of ours has.
pub const LTA: &str = "PAdES-BASELINE-LTA";

/// The disagreements with their reasons.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    exception: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    judge: String,
    warning: String,
    from: jiff::Timestamp,
    reason: String,
}

impl Exceptions {
    fn read() -> Self {
        let path = judge("exceptions.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let table: Self = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(table.exception.iter().all(|one| !one.reason.is_empty()), "an exception has no reason");
        table
    }

    fn covers(&self, judge: &str, warning: &str, at: Option<jiff::Timestamp>) -> bool {
        self.exception
            .iter()
            .any(|one| one.judge == judge && warning.contains(&one.warning) && at.is_some_and(|at| at >= one.from))
    }
}

/// What veraPDF and DSS say about a file.
#[derive(Debug, Clone, Deserialize)]
pub struct Judged {
    /// The file.
    pub file: PathBuf,
    /// The time DSS judged for, when not now.
    pub at: Option<jiff::Timestamp>,
    /// veraPDF's answer, when it was asked.
    pub pdfa: Option<Pdfa>,
    /// DSS's answer, when it was asked.
    pub dss: Option<Dss>,
}

/// What veraPDF says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Pdfa {
    /// The flavour asked for.
    pub flavour: String,
    /// Whether the file conforms.
    pub compliant: bool,
    /// Clauses that failed, with their messages.
    pub failed: Vec<String>,
    /// Why it could not say.
    pub error: Option<String>,
}

/// What DSS says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Dss {
    /// Every signature.
    pub signatures: Vec<Verdict>,
    /// Every timestamp, in signatures and of the document.
    pub timestamps: Vec<Verdict>,
    /// Whether the last signature or timestamp reaches the file's end.
    pub covers_last_byte: bool,
    /// Whether all of it is good and nothing was changed behind a signature.
    pub clean: bool,
    /// Why it could not say.
    pub error: Option<String>,
}

/// One signature or timestamp.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// `TOTAL_PASSED`, `PASSED`, `INDETERMINATE`, `TOTAL_FAILED`, `FAILED`.
    pub indication: String,
    /// Finer.
    pub sub_indication: Option<String>,
    /// Level of a signature.
    pub format: Option<String>,
    /// Kind of a timestamp.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Who signed.
    pub signer: Option<String>,
    /// What is wrong.
    pub errors: Vec<String>,
    /// What is odd.
    pub warnings: Vec<String>,
    /// What changed behind it.
    pub modified: serde_json::Value,
}

impl Judged {
    /// What is wrong with a sealed file of ours; nothing when every judge is content. `pdfa` says whether it must be
    /// PDF/A-2u: files that came as PDF need not.
    pub fn complaints(&self, pdfa: bool) -> Vec<String> {
        let file = self.file.display();
        let mut wrong = Vec::new();
        match &self.pdfa {
            Some(answer) if pdfa && !answer.compliant => {
                let why = answer.error.clone().unwrap_or_else(|| answer.failed.join("; "));
                wrong.push(format!("{file}: veraPDF {}: {why}", answer.flavour));
            }
            None if pdfa => wrong.push(format!("{file}: veraPDF was not asked")),
            Some(_) | None => {}
        }
        let Some(dss) = &self.dss else { return wrong };
        let exceptions = Exceptions::read();
        if let Some(error) = &dss.error {
            wrong.push(format!("{file}: DSS: {error}"));
        }
        if dss.signatures.is_empty() || dss.timestamps.len() <= dss.signatures.len() {
            wrong.push(format!(
                "{file}: DSS sees {} signatures and {} timestamps",
                dss.signatures.len(),
                dss.timestamps.len()
            ));
        }
        for one in dss.signatures.iter().chain(&dss.timestamps) {
            let what = one.format.as_deref().or(one.kind.as_deref()).unwrap_or("?");
            if !matches!(one.indication.as_str(), "TOTAL_PASSED" | "PASSED") {
                wrong.push(format!("{file}: DSS {what}: {} {:?} {:?}", one.indication, one.sub_indication, one.errors));
            }
            if one.format.as_deref().is_some_and(|format| format != LTA) {
                wrong.push(format!("{file}: DSS: level {what}, {LTA} was expected"));
            }
            for warning in one.warnings.iter().filter(|warning| !exceptions.covers("DSS", warning, self.at)) {
                wrong.push(format!("{file}: DSS {what} warns: {warning}"));
            }
        }
        if !dss.covers_last_byte {
            wrong.push(format!("{file}: DSS: the last timestamp does not reach the end of the file"));
        }
        if wrong.is_empty() && !dss.clean {
            wrong.push(format!("{file}: DSS: changed behind a signature: {:?}", dss.signatures));
        }
        wrong
    }
}

/// Asks veraPDF (flavour 2u) and DSS about files, in one JVM. Without anchors DSS is not asked. `at` moves DSS's clock.
///
/// # Panics
/// When the judges cannot be built or do not answer for every file.
pub fn vera_and_dss(anchors: Option<&Path>, at: Option<jiff::Timestamp>, files: &[PathBuf]) -> Vec<Judged> {
    let mut command = Command::new(judge("run"));
    match anchors {
        Some(anchors) => command.arg("--anchors").arg(anchors),
        None => command.arg("--no-signatures"),
    };
    if let Some(at) = at {
        command.args(["--at", &at.to_string()]);
    }
    let judged: Vec<Judged> = answers(&mut command, files);
    judged.into_iter().map(|one| Judged { at, ..one }).collect()
}

/// What pyHanko says about a file.
#[derive(Debug, Clone, Deserialize)]
pub struct Hanko {
    /// The file.
    pub file: PathBuf,
    /// Every signature.
    #[serde(default)]
    pub signatures: Vec<HankoSignature>,
    /// Whether every signature passes now and later, and the last revision reaches the end.
    pub clean: bool,
    /// Why it could not say.
    pub error: Option<String>,
}

/// One signature, as AdES-LTA.
#[derive(Debug, Clone, Deserialize)]
pub struct HankoSignature {
    /// Field name.
    pub field: String,
    /// Now.
    pub now: HankoVerdict,
    /// In ten years, timestamps renewed.
    pub later: HankoVerdict,
}

/// A verdict of pyHanko.
#[derive(Debug, Clone, Deserialize)]
pub struct HankoVerdict {
    /// `PASSED`, `INDETERMINATE`, `FAILED`, `ERROR`.
    pub indication: String,
    /// Finer.
    pub sub_indication: Option<String>,
    /// In words.
    pub message: Option<String>,
}

impl Hanko {
    /// What is wrong; nothing when pyHanko is content now and in ten years.
    pub fn complaints(&self) -> Vec<String> {
        let file = self.file.display();
        let mut wrong: Vec<String> = self.error.iter().map(|error| format!("{file}: pyHanko: {error}")).collect();
        for signature in &self.signatures {
            for (when, verdict) in [("now", &signature.now), ("in ten years", &signature.later)] {
                if verdict.indication != "PASSED" {
                    wrong.push(format!("{file}: pyHanko {when}: {verdict:?}"));
                }
            }
        }
        if wrong.is_empty() && !self.clean {
            wrong.push(format!("{file}: pyHanko: no signature, or the last one does not reach the end of the file"));
        }
        wrong
    }
}

/// Asks pyHanko about files.
///
/// # Panics
/// When it cannot be installed or does not answer for every file.
pub fn pyhanko(anchors: &Path, files: &[PathBuf]) -> Vec<Hanko> {
    let mut command = Command::new(python());
    command.arg(judge("pyhanko_judge.py")).arg("--anchors").arg(anchors);
    answers(&mut command, files)
}

/// What ocfl-py says about a storage root.
#[derive(Debug, Clone, Deserialize)]
pub struct Ocfl {
    /// The root.
    pub root: PathBuf,
    /// Objects found.
    pub objects: u64,
    /// Objects that are valid.
    pub good: u64,
    /// Errors and warnings.
    pub findings: Vec<String>,
}

/// Asks the OCFL validator about storage roots (`COPY/ocfl`), with every digest.
///
/// # Panics
/// When it cannot be installed or does not answer for every root.
pub fn ocfl(roots: &[PathBuf]) -> Vec<Ocfl> {
    answers(Command::new(python()).arg(judge("ocfl_judge.py")), roots)
}

/// Asks qpdf about one file; tells what is wrong.
///
/// # Panics
/// When qpdf is not installed.
pub fn qpdf(file: &Path) -> Vec<String> {
    let output = run(Command::new("qpdf").arg("--check").arg(file));
    if output.status.success() {
        return Vec::new();
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    vec![format!("{}: qpdf: {said}", file.display())]
}

/// Python with the pinned judges in it.
///
/// # Panics
/// When it cannot be installed.
pub fn python() -> PathBuf {
    let output = run(Command::new(judge("python")).args(["-c", "import sys; print(sys.executable)"]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn judge(name: &str) -> PathBuf {
    root().join("tests/judges").join(name)
}

fn answers<T: for<'a> Deserialize<'a>>(command: &mut Command, files: &[impl AsRef<OsStr>]) -> Vec<T> {
    let output = run(command.args(files));
    let said = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    let parse =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{command:?}: {e}: {line}\n{problem}"));
    let answers: Vec<T> = said.lines().map(parse).collect();
    assert_eq!(answers.len(), files.len(), "{command:?} did not judge every file\n{problem}");
    answers
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

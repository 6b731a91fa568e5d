//! A home with demo authority and token, driven through the commands a person types.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The folder that holds the built binaries: the one this test runs from.
pub fn binaries() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    test.ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
}

/// A built binary.
///
/// # Panics
/// When it was not built: `cargo build -p mocban -p samples` comes first, as `ops/test` does it.
pub fn binary(name: &str) -> PathBuf {
    let path = binaries().join(name);
    assert!(path.is_file(), "{} is not built; run ./ops/test, or cargo build -p mocban -p samples", path.display());
    path
}

/// A sandbox home in a temporary folder that goes when this goes.
#[derive(Debug)]
pub struct Sandbox {
    folder: tempfile::TempDir,
    /// The signing key is P-256 instead of RSA-3072.
    ec: bool,
}

impl Sandbox {
    /// A new home (made at the first command).
    ///
    /// # Panics
    /// When no temporary folder can be made.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), ec: false }
    }

    /// A new home whose key is P-256.
    pub fn with_ec_key() -> Self {
        Self { ec: true, ..Self::new() }
    }

    /// The home.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The inbound folder.
    pub fn inbound(&self) -> PathBuf {
        self.home().join("inbound")
    }

    /// A folder beside the home.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command under `ops/sandbox`: the authority runs, the PIN is at hand.
    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(root().join("ops/sandbox"));
        command
            .args(self.ec.then_some("--ec"))
            .arg(self.home())
            .arg("--")
            .arg(program)
            .args(arguments)
            .env("MOCBAN_BIN_DIR", binaries())
            .stdin(Stdio::null());
        command
    }

    /// Makes the home without doing more.
    ///
    /// # Panics
    /// When the sandbox cannot be made.
    pub fn make(&self) {
        let output = self.command(Path::new("true"), &[]).output().expect("ops/sandbox starts");
        assert!(output.status.success(), "ops/sandbox: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// `mocban …` in the sandbox.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn mocban(&self, arguments: &[&str]) -> Output {
        self.command(&binary("mocban"), arguments).output().expect("mocban starts")
    }

    /// `mocban …` outside the sandbox: no authority, no token, no PIN.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn alone(&self, arguments: &[&str]) -> Output {
        Command::new(binary("mocban"))
            .arg("--home")
            .arg(self.home())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("mocban starts")
    }

    /// The JSON lines of a command outside the sandbox.
    ///
    /// # Panics
    /// When it fails or does not answer JSON.
    pub fn ask(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.alone(&[&["--json"], arguments].concat());
        json_lines(&output)
    }

    /// Adds lines to the settings.
    ///
    /// # Panics
    /// When there are no settings yet.
    pub fn set(&self, lines: &str) {
        let path = self.home().join("mocban.toml");
        let before = std::fs::read_to_string(&path).expect("settings");
        std::fs::write(&path, format!("{before}\n{lines}")).expect("settings");
    }

    /// Has the authority play faults, `tsa=503`; `tsa=ok` ends one.
    ///
    /// # Panics
    /// When it does not know them.
    pub fn fault(&self, settings: &[&str]) {
        let mut command = Command::new(binary("authority"));
        let done = command.arg("fault").arg(self.home()).args(settings).output().expect("fault");
        assert!(done.status.success(), "fault: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Lays papers of the bench set into inbound; the seed tells one lot from another.
    ///
    /// # Panics
    /// When the generator fails.
    pub fn drop_bench(&self, count: u32, pages: u32, seed: u32) {
        let mut command = Command::new(binary("papers"));
        command.args(["make", "--set", "bench", "--pages", &pages.to_string(), "--count", &count.to_string()]);
        command.args(["--seed", &seed.to_string(), "--to"]).arg(self.inbound());
        let output = command.arg("--truth").arg(self.beside("truth")).output().expect("papers");
        assert!(output.status.success(), "papers: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Lays sample papers into inbound; their truth lies beside the home.
    ///
    /// # Panics
    /// When the generator fails.
    pub fn drop_papers(&self, set: &str) -> PathBuf {
        self.papers(set, &[])
    }

    /// Lays every kind of sample paper into inbound, with those that another agency signed.
    ///
    /// # Panics
    /// When the generator fails.
    pub fn drop_all_papers(&self) -> PathBuf {
        self.papers("full", &["--authority".as_ref(), self.home().as_os_str()])
    }

    fn papers(&self, set: &str, more: &[&OsStr]) -> PathBuf {
        let truth = self.beside("truth");
        let output = Command::new(binary("papers"))
            .args(["make", "--set", set, "--to"])
            .arg(self.inbound())
            .arg("--truth")
            .arg(&truth)
            .args(more)
            .output()
            .expect("papers starts");
        assert!(output.status.success(), "papers: {}", String::from_utf8_lossy(&output.stderr));
        truth
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

/// Parses the JSON lines of an answer.
///
/// # Panics
/// When a line is not JSON.
pub fn json_lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| {
            let problem = String::from_utf8_lossy(&output.stderr);
            serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}\n{problem}"))
        })
        .collect()
}

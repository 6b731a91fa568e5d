//! A prepared home that trials copy, and the authority and token they share.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use mocban_tests::sandbox::{Sandbox, binaries, binary, root};
use samples::papers::{
    encode::png,
    scanner::{Colours, Picture},
};
use tempfile::TempDir;
use walkdir::WalkDir;

/// A run that takes longer hangs.
const PATIENCE_S: &str = "120";
/// The documents of every trial: a single scan, a folder of two pages, a scan named in another script.
pub(crate) const DOCUMENTS: usize = 3;
/// A word that every document's description has, by which the index is asked.
pub(crate) const WORD: &str = "nghiệm";

/// What a process is told to do at its crash points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub points: Vec<String>,
    pub at: u64,
    pub trace: Option<PathBuf>,
    pub switches: Vec<String>,
}

impl Plan {
    /// Dies at the nth hit of a point.
    pub(crate) fn die(point: &str, at: u64) -> Self {
        Self { points: vec![point.to_owned()], at, ..Self::default() }
    }

    pub(crate) fn with(mut self, switches: &[&str]) -> Self {
        self.switches = switches.iter().map(|switch| (*switch).to_owned()).collect();
        self
    }
}

/// A home from which trials are copied.
pub(crate) struct House {
    sandbox: Sandbox,
    /// Serves as long as its standard input is open.
    authority: Child,
    /// Path below inbound and bytes of every original.
    pub originals: BTreeMap<PathBuf, Vec<u8>>,
}

impl House {
    /// A home with three small papers in inbound.
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    fn with(more: &str) -> Self {
        let sandbox = Sandbox::new();
        let made = Command::new(root().join("ops/sandbox"))
            .arg("--ec")
            .arg(sandbox.home())
            .args(["--", "true"])
            .env("MOCBAN_BIN_DIR", binaries())
            .stdin(Stdio::null())
            .output()
            .expect("ops/sandbox starts");
        assert!(made.status.success(), "ops/sandbox: {}", String::from_utf8_lossy(&made.stderr));
        let settings = sandbox.home().join("mocban.toml");
        let text = fs::read_to_string(&settings).expect("settings");
        let quick = "\n[recognize]\nengine = \"none\"\n[inbound]\nsettle_s = 0\n[limits]\nworkers = 1\n";
        fs::write(&settings, format!("{text}{quick}{more}")).expect("settings");
        let originals = lay_papers(&sandbox.inbound());
        let authority = serve(&sandbox);
        Self { sandbox, authority, originals }
    }

    /// The same with everything stored at B-T, so that the next run raises it.
    pub(crate) fn stored_at_bt() -> Self {
        let house = Self::with("[augment]\nstore_after_s = 0\n");
        house.fault(&["ocsp=503", "crl=503"]);
        let run = house.run(&house.sandbox.home(), &Plan::default());
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
        house.fault(&["ocsp=ok", "crl=ok"]);
        house
    }

    fn fault(&self, settings: &[&str]) {
        let done = Command::new(binary("authority")).arg("fault").arg(self.sandbox.home()).args(settings).output();
        assert!(done.expect("authority starts").status.success(), "{settings:?}");
    }

    /// The certificates that verdicts are pinned to.
    pub(crate) fn anchors(&self) -> PathBuf {
        self.sandbox.home().join("authority/root.pem")
    }

    /// A fresh home for one trial, in memory: a killed process does not lose what the page cache holds.
    pub(crate) fn trial(&self) -> TempDir {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.expect("a folder for the trial");
        self.furnish(folder.path());
        folder
    }

    /// Copies the prepared home without the authority, of which only the anchors stay.
    pub(crate) fn furnish(&self, to: &Path) {
        for part in ["mocban.toml", "register.sqlite", "inbound", "copies", "index", "policy", "work"] {
            let from = self.sandbox.home().join(part);
            if from.exists() {
                shell("cp", &["-a", &from.to_string_lossy(), &to.to_string_lossy()]);
            }
        }
        fs::create_dir_all(to.join("authority")).expect("folder");
        fs::copy(self.anchors(), to.join("authority/root.pem")).expect("anchors");
    }

    /// `mocban run` of the test build, under a plan.
    pub(crate) fn run(&self, home: &Path, plan: &Plan) -> Output {
        let authority = self.sandbox.home().join("authority");
        let token = self.token();
        let mut command = Command::new("timeout");
        command
            .arg(PATIENCE_S)
            .arg(binary("mocban-crash"))
            .arg("--home")
            .arg(home)
            .args(["run", "--json"])
            .stdin(fs::File::open(authority.join("pin")).expect("PIN"))
            .env("MOCBAN_PIN_FD", "0")
            .env("SOFTHSM2_CONF", token.path().join("softhsm2.conf"))
            .env("MOCBAN_CRASH_POINTS", plan.points.join(","))
            .env("MOCBAN_CRASH_SWITCHES", plan.switches.join(","))
            .env("KILL_AT", plan.at.to_string());
        if let Some(trace) = &plan.trace {
            command.env("MOCBAN_CRASH_TRACE", trace);
        }
        command.output().expect("mocban starts")
    }

    /// The token for one run. `SoftHSM2` writes into its folder at each login and is not there for others meanwhile; and it
    /// does not sync, so that it must not lie on a medium whose power is cut.
    fn token(&self) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder for the token");
        let path = folder.path().to_string_lossy().into_owned();
        shell("cp", &["-a", &self.sandbox.home().join("authority/token").to_string_lossy(), &path]);
        let settings = format!("directories.tokendir = {path}/token\nobjectstore.backend = file\nlog.level = ERROR\n");
        fs::write(folder.path().join("softhsm2.conf"), settings).expect("settings of the token");
        folder
    }

    /// Runs undisturbed and counts the hits of each point.
    pub(crate) fn trace(&self, points: &[String]) -> BTreeMap<String, u64> {
        let home = self.trial();
        let trace = self.sandbox.beside("trace");
        let plan = Plan { points: points.to_vec(), trace: Some(trace.clone()), ..Plan::default() };
        let run = self.run(home.path(), &plan);
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
        let lines = fs::read_to_string(&trace).expect("trace");
        fs::remove_file(&trace).expect("trace");
        let mut hits = BTreeMap::new();
        for line in lines.lines() {
            *hits.entry(line.to_owned()).or_insert(0) += 1;
        }
        hits
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.authority.stdin.take());
        drop(self.authority.wait());
    }
}

/// Whether a process ended as one does whose power fails.
pub(crate) fn died(output: &Output) -> bool {
    output.status.signal() == Some(9) || output.status.code() == Some(137)
}

/// A program of the system, which must succeed.
pub(crate) fn shell(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().expect(program);
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Keeps authority and token at hand until standard input is closed.
fn serve(sandbox: &Sandbox) -> Child {
    let mut child = sandbox
        .command(Path::new("sh"), &["-c", "echo ready; cat >/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ops/sandbox starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its answer");
    BufReader::new(stdout).read_line(&mut line).expect("its answer");
    assert_eq!(line, "ready\n", "the authority did not start");
    child
}

fn lay_papers(inbound: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut originals = BTreeMap::new();
    let mut put = |path: &str, bytes: Vec<u8>| {
        let target = inbound.join(path);
        fs::create_dir_all(target.parent().expect("a folder")).expect("folder");
        fs::File::create(&target).and_then(|mut file| file.write_all(&bytes)).expect("paper");
        originals.insert(PathBuf::from(path), bytes);
    };
    let declared = |what: &str| format!("[description]\nsubject = \"Thử {WORD} {what}\"\n").into_bytes();
    put("P1/1/1/mot.png", page(1));
    put("P1/1/1/mot.toml", declared("một"));
    put("P1/1/1/hai/1.png", page(2));
    put("P1/1/1/hai/2.png", page(3));
    put("P1/1/1/hai/document.toml", declared("hai"));
    put("P1/1/1/Văn bản 3.png", page(4));
    put("P1/1/1/Văn bản 3.toml", declared("ba"));
    originals
}

/// A4 at 72 dpi, white but for some bars: room for the mark, little to compute.
fn page(bars: usize) -> Vec<u8> {
    let (width, height) = (595, 842);
    let mut data = vec![255_u8; width * height];
    for bar in 0..bars {
        for row in 0..4 {
            let start = (300 + bar * 20 + row) * width;
            data[start + 80..start + 500].fill(0);
        }
    }
    png::encode(&Picture { width, height, colours: Colours::Grey, data }, 72.0).expect("a page")
}

/// Files below a folder, by their path.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(folder).expect("below").to_owned())
        .collect();
    found.sort();
    found
}

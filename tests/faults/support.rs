//! A home, its runs, and what they came to.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use mocban_tests::sandbox::{Sandbox, json_lines};
use samples::hostile::page;
use serde_json::Value;

/// What shares mounts and processors runs one after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A home without text recognition.
pub(crate) struct House {
    pub(crate) sandbox: Sandbox,
    _alone: MutexGuard<'static, ()>,
}

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) documents: Vec<Value>,
    pub(crate) told: String,
}

impl Ran {
    /// Where and why every document waits or is held.
    pub(crate) fn stuck(&self) -> Vec<(&str, &str, &str)> {
        let text = |document: &'_ Value, key: &str| document[key].as_str().map(str::to_owned);
        self.documents
            .iter()
            .filter(|document| text(document, "state").is_some_and(|state| state != "done"))
            .map(|document| {
                let at = |path: &str| document.pointer(path).and_then(Value::as_str).unwrap_or_default();
                (at("/stage"), at("/reason"), at("/detail/code"))
            })
            .collect()
    }

    /// Every document is done.
    #[track_caller]
    pub(crate) fn done(&self, count: usize) {
        let done = self.documents.iter().filter(|document| document["state"] == "done").count();
        assert_eq!(
            (self.code, done, self.stuck()),
            (Some(0), count, Vec::new()),
            "{:?}\n{}",
            self.documents,
            self.told
        );
    }
}

impl House {
    pub(crate) fn new(settings: &str) -> Self {
        let house = Self::bare();
        house.sandbox.make();
        house.settle(settings);
        house
    }

    /// Nothing made yet: mounts come first.
    pub(crate) fn bare() -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        Self { sandbox: Sandbox::new(), _alone: alone }
    }

    pub(crate) fn settle(&self, settings: &str) {
        let inbound = "[inbound]\nsettle_s = 0\nincomplete_after_s = 0\n[recognize]\nengine = \"none\"\n";
        self.sandbox.set(&format!("{inbound}{settings}"));
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.sandbox.home().join(below)
    }

    pub(crate) fn ran(output: &std::process::Output) -> Ran {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!told.contains("panicked"), "{told}");
        let mut documents = json_lines(output);
        documents.retain(|object| object["schema"] == "mocban.document/1");
        Ran { code: output.status.code(), documents, told }
    }

    /// Drops so many scans; the lot tells them from others.
    pub(crate) fn drop(&self, count: u64, lot: u64) {
        let folder = self.sandbox.inbound().join("P01/01/01");
        std::fs::create_dir_all(&folder).expect("folder");
        for number in 1..=count {
            let name = format!("{lot}-{number:02}");
            std::fs::write(folder.join(format!("{name}.jpg")), page(lot << 8 | number).expect("page")).expect("scan");
        }
    }

    /// `mocban run` in the sandbox.
    pub(crate) fn run(&self) -> Ran {
        Self::ran(&self.sandbox.mocban(&["--json", "--lang", "en", "run"]))
    }

    /// Puts the register, and nothing else, on a small disk of its own; there is one already.
    pub(crate) fn register_apart(&self) -> Option<Mount> {
        let disk = self.path("disk");
        let mount = Mount::small(&disk)?;
        std::fs::copy(self.path("register.sqlite"), disk.join("register.sqlite")).expect("moved");
        for name in ["register.sqlite", "register.sqlite-wal", "register.sqlite-shm"] {
            drop(std::fs::remove_file(self.path(name)));
        }
        std::os::unix::fs::symlink(disk.join("register.sqlite"), self.path("register.sqlite")).expect("link");
        Some(mount)
    }

    /// The certification register as (year, number, state).
    pub(crate) fn book(&self) -> Vec<(i64, i64, String)> {
        let lines = self.sandbox.ask(&["book"]);
        lines
            .iter()
            .map(|line| {
                let number = |key: &str| line[key].as_i64().expect("a number");
                (number("year"), number("number"), line["state"].as_str().expect("a state").to_owned())
            })
            .collect()
    }

    /// Where the document of a dropped scan will lie on a copy.
    pub(crate) fn place_of(&self, lot: u64, number: u64) -> PathBuf {
        let scan = page(lot << 8 | number).expect("page");
        let id = model::DocumentId::of_content(&[model::Sha256::of(&scan)]).to_string();
        let place = crate::taken_over::place_on_a(self, &id);
        place.strip_prefix(self.path("copies/a")).expect("on the copy").to_owned()
    }

    /// Where a document lies on a copy.
    pub(crate) fn object(&self, copy: &str, id: &str) -> Option<PathBuf> {
        let root = self.path("copies").join(copy).join("ocfl");
        let folders = walkdir::WalkDir::new(root).into_iter().flatten().map(walkdir::DirEntry::into_path);
        folders.filter(|path| path.is_dir()).find(|path| path.to_string_lossy().ends_with(id))
    }

    /// The segments of a copy's journal, in order.
    pub(crate) fn segments(&self, copy: &str) -> Vec<PathBuf> {
        let folder = self.path("copies").join(copy).join("journal");
        let entries = std::fs::read_dir(folder).expect("journal").flatten();
        let mut segments: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        segments.sort();
        segments
    }

    /// A file of it.
    pub(crate) fn part(&self, copy: &str, id: &str, path: &str) -> PathBuf {
        self.object(copy, id).expect("the document is there").join(path)
    }

    #[track_caller]
    pub(crate) fn audit_is_sound(&self) {
        let audit = self.sandbox.alone(&["--json", "audit"]);
        assert_eq!(audit.status.code(), Some(0), "{}", String::from_utf8_lossy(&audit.stdout));
    }

    /// What `status` says of a copy.
    pub(crate) fn copy(&self, name: &str) -> Value {
        let status = self.sandbox.ask(&["status"]).remove(0);
        let copies = status["copies"].as_array().expect("copies");
        copies.iter().find(|copy| copy["name"] == name).expect("the copy").clone()
    }
}

/// Changes a word in the inventories of a document with one version, so that they and their sidecars fit.
pub(crate) fn write_anew(object: &Path, before: &str, after: &str) {
    for folder in [object.to_owned(), object.join("v1")] {
        let inventory = folder.join("inventory.json");
        let text = std::fs::read_to_string(&inventory).expect("inventory").replace(before, after);
        std::fs::write(&inventory, &text).expect("inventory");
        let sidecar = format!("{}  inventory.json\n", model::Sha512::of(text.as_bytes()).to_hex());
        std::fs::write(folder.join("inventory.json.sha512"), sidecar).expect("sidecar");
    }
}

/// A small file system that can be full, read-only and away. Taken down when this goes.
pub(crate) struct Mount(PathBuf);

impl Mount {
    #[expect(clippy::print_stderr, reason = "what cannot be shown is said aloud")]
    /// Mounts a small one; none where mounting is refused, loudly.
    pub(crate) fn small(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).expect("mount point");
        let mounted = mount(&["-t", "tmpfs", "-o", "size=4m", "tmpfs"], at);
        if !mounted {
            eprintln!("SKIPPED: mounting is refused here, so a full disk cannot be shown");
            return None;
        }
        Some(Self(at.to_owned()))
    }

    /// Takes all the space that is left.
    pub(crate) fn fill(&self) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.0.join(".filler")).expect("filler");
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    /// Makes room, as a person does who grows a volume.
    pub(crate) fn grow(&self) {
        assert!(mount(&["-o", "remount,size=64m"], &self.0), "remount");
        // Full is still what it is full of.
        let filler = self.0.join(".filler");
        assert!(filler.metadata().is_ok_and(|meta| meta.len() > 0), "nothing filled the disk");
    }

    /// Takes away what filled it.
    pub(crate) fn clear(&self) {
        std::fs::remove_file(self.0.join(".filler")).expect("filler");
    }

    pub(crate) fn read_only(&self, on: bool) {
        assert!(mount(&["-o", if on { "remount,ro" } else { "remount,rw" }], &self.0), "remount");
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    Command::new("mount").args(arguments).arg(at).output().is_ok_and(|output| output.status.success())
}

impl Drop for Mount {
    fn drop(&mut self) {
        let taken = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(taken.is_ok_and(|status| status.success()) || std::thread::panicking(), "umount {}", self.0.display());
    }
}

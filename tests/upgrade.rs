//! Homes of released versions, kept in samples/stores: each opens, audits, verifies, is rebuilt, found in, and goes on.
//! One that a later version wrote is refused.

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use mocban_tests::sandbox::{Sandbox, binary, json_lines, root};
use serde_json::Value;

/// A stored home, brought to life beside a sandbox that lends it token and authority.
struct Revived {
    sandbox: Sandbox,
    home: PathBuf,
}

impl Revived {
    fn new(version: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.make();
        let home = sandbox.beside("stored");
        let store = root().join("samples/stores").join(version);
        for entry in walkdir::WalkDir::new(&store).into_iter().map(|entry| entry.expect("the store")) {
            let to = home.join(entry.path().strip_prefix(&store).expect("below the store"));
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(to).expect("folder");
            } else {
                std::fs::copy(entry.path(), to).expect("file");
            }
        }
        // Empty folders are not kept in the repository.
        std::fs::create_dir(home.join("copies/a/staging")).expect("staging");
        let authority = sandbox.home().join("authority");
        let read = |path: &Path| std::fs::read_to_string(path).expect("text");
        let pem = format!("{}\n{}", read(&home.join("anchors.pem")), read(&authority.join("root.pem")));
        std::fs::write(home.join("anchors.pem"), pem).expect("anchors");
        let settings: String = read(&home.join("mocban.toml"))
            .lines()
            .map(|line| {
                let address = || read(&authority.join("address")).trim().to_owned();
                let urls = || format!("urls = [\"http://{}/tsa\"]", address());
                if line.starts_with("urls = ") { urls() + "\n" } else { format!("{line}\n") }
            })
            .collect();
        std::fs::write(home.join("mocban.toml"), settings).expect("settings");
        Self { sandbox, home }
    }

    fn mocban(&self, arguments: &[&str]) -> Output {
        let home = self.home.display().to_string();
        let all = [&["--home", &home, "--json"], arguments].concat();
        self.sandbox.command(&binary("mocban"), &all).output().expect("mocban starts")
    }

    /// The answer of a command that must succeed.
    fn ask(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.mocban(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        json_lines(&output)
    }

    /// A scan that is stored already, dropped once more.
    fn drop_again(&self, original: &str) {
        std::fs::copy(self.home.join(original), self.inbound().join("again.tif")).expect("a paper");
    }

    fn drop_new(&self) {
        let (papers, truth) = (self.sandbox.beside("papers"), self.sandbox.beside("truth"));
        let mut make = std::process::Command::new(binary("papers"));
        make.args(["make", "--set", "bench", "--count", "1", "--pages", "1", "--to"]).arg(&papers);
        assert!(make.arg("--truth").arg(truth).status().expect("papers").success());
        let mut made = walkdir::WalkDir::new(papers).into_iter().flatten();
        let paper = made.find(|entry| entry.file_type().is_file()).expect("a paper");
        std::fs::copy(paper.path(), self.inbound().join("new.jpg")).expect("a paper");
    }

    fn inbound(&self) -> PathBuf {
        let folder = self.home.join("inbound/A29.110/02/0007");
        std::fs::create_dir_all(&folder).expect("inbound");
        folder
    }
}

#[test]
fn a_home_of_version_0_1_opens_audits_is_rebuilt_and_goes_on() {
    let stored = Revived::new("v0.1");
    let documents = stored.ask(&["status", "--documents"]);
    assert_eq!(documents.len(), 2, "{documents:?}");
    for document in &documents {
        assert_eq!((&document["state"], &document["level"]), (&"done".into(), &"B-LTA".into()), "{document}");
        let verdict = &stored.ask(&["verify", document["id"].as_str().expect("identity")])[0];
        assert_eq!(verdict["overall"], "valid", "{verdict:#}");
    }
    assert_eq!(stored.ask(&["audit"])[0]["outcome"], "sound");
    let book = stored.ask(&["book"]);
    assert_eq!(book.len(), 2, "{book:?}");

    // Register and index thrown away: the copy alone says it all again.
    std::fs::remove_file(stored.home.join("register.sqlite")).expect("register");
    stored.ask(&["rebuild", "--from", "a"]);
    assert_eq!(stored.ask(&["book"]), book);
    assert_eq!(stored.ask(&["status", "--documents"]), documents);
    let found = &stored.ask(&["search", "uy ban kiem tra"])[0];
    assert_eq!(found["hits"][0]["id"], documents[0]["id"], "{found:#}");

    // And it goes on where it stopped: what it has is known, what is new gets the next number.
    let original = stored_original(&stored.home);
    stored.drop_again(&original);
    stored.drop_new();
    let run = stored.ask(&["run"]);
    let of =
        |source: &str| run.iter().find(|document| document["source"].as_str().is_some_and(|s| s.ends_with(source)));
    assert_eq!(of("again.tif").expect("the twin")["state"], "duplicate", "{run:?}");
    let new = of("new.jpg").expect("the new one");
    assert_eq!((&new["state"], &new["level"]), (&"done".into(), &"B-LTA".into()), "{new}");
    let last = book.iter().max_by_key(|entry| entry["number"].as_u64()).expect("a number");
    let next =
        if new["certification"]["year"] == last["year"] { last["number"].as_u64().expect("number") + 1 } else { 1 };
    assert_eq!(new["certification"]["number"], next, "{new}");
    assert_eq!(stored.ask(&["audit"])[0]["outcome"], "sound");
}

/// A scan among the originals of the stored documents, relative to the home.
fn stored_original(home: &Path) -> String {
    let walk = walkdir::WalkDir::new(home.join("copies/a/ocfl")).into_iter().flatten();
    let scan =
        walk.into_iter().find(|entry| entry.path().extension().is_some_and(|e| e == "tif")).expect("an original");
    scan.path().strip_prefix(home).expect("in the home").to_string_lossy().into_owned()
}

#[test]
fn a_register_of_a_later_version_is_refused_and_left_as_it_is() {
    let stored = Revived::new("v0.1");
    let path = stored.home.join("register.sqlite");
    let mut bytes = std::fs::read(&path).expect("register");
    // SQLite's header: the user version is the big-endian number at byte 60.
    let known = u32::from_be_bytes(bytes[60..64].try_into().expect("4 bytes"));
    assert!(known >= 1, "not where it was thought to be");
    bytes[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    std::fs::write(&path, &bytes).expect("register");
    for command in [&["status"][..], &["run"], &["--lang", "en", "audit"]] {
        let output = stored.mocban(command);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {told}");
        assert!(told.contains("E-REGISTER-04") && told.contains("9999"), "{told}");
    }
    assert_eq!(std::fs::read(&path).expect("register"), bytes, "it was changed");
}

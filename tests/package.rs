//! The Debian package: built from the binary that is there, judged, installed into a throw-away root, run, and purged.

use std::{
    collections::BTreeSet,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use mocban_tests::sandbox::{Sandbox, binaries, json_lines, root};
use serde_json::Value;

const UNITS: [&str; 3] = ["mocban.service", "mocban-audit.service", "mocban-audit.timer"];

fn run(command: &mut Command) -> Output {
    command.output().expect("a tool that ./ops/install test brings")
}

/// A command that must succeed; gives what it printed, complaints too.
fn printed(command: &mut Command) -> String {
    let output = run(command);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

/// dpkg sets owners: as root, or as if.
fn dpkg(at: &Path) -> Command {
    let as_root = printed(Command::new("id").arg("-u")).trim() == "0";
    let mut command = Command::new(if as_root { "dpkg" } else { "fakeroot" });
    if !as_root {
        command.args(["dpkg", "--force-not-root"]);
    }
    command.arg("--root").arg(at).args(["--force-script-chrootless", "--force-depends"]);
    command
}

struct House {
    folder: tempfile::TempDir,
    package: PathBuf,
}

impl House {
    fn build() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let profile = binaries().file_name().and_then(|name| name.to_str()).map(str::to_owned).expect("a profile");
        let profile = if profile == "debug" { "dev".to_owned() } else { profile };
        let out = folder.path().join("out");
        let mut build = Command::new(root().join("ops/package"));
        let printed = printed(build.args(["--profile", &profile, "--no-build"]).arg(&out));
        let package = PathBuf::from(printed.lines().last().expect("the package's path"));
        assert!(package.is_file(), "{printed}");
        Self { folder, package }
    }

    /// A root that knows no package yet.
    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn install(&self) {
        let root = self.root();
        for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"] {
            std::fs::create_dir_all(root.join(folder)).expect("folder");
        }
        std::fs::write(root.join("var/lib/dpkg/status"), "").expect("status");
        printed(dpkg(&root).arg("--install").arg(&self.package));
    }
}

#[test]
fn the_package_is_built_judged_installed_run_and_purged() {
    let house = House::build();
    well_formed(&house);
    house.install();
    owners(&house.root());
    exports(&house.root());
    units(&house.root());
    settings_live_in_etc(&house.root());
    works(&house.root());
    purged(&house);
}

/// What Debian's own linter asks of a package first.
fn well_formed(house: &House) {
    let field =
        |name: &str| printed(Command::new("dpkg-deb").arg("--field").arg(&house.package).arg(name)).trim().to_owned();
    assert_eq!(field("Package"), "mocban");
    let depends = field("Depends");
    for package in ["libtesseract5", "tesseract-ocr-vie", "fonts-liberation2", "libc6", "systemd"] {
        assert!(depends.contains(package), "Depends lacks {package}: {depends}");
    }
    let control = house.folder.path().join("control");
    printed(Command::new("dpkg-deb").arg("--control").arg(&house.package).arg(&control));
    assert_eq!(std::fs::read_to_string(control.join("conffiles")).expect("conffiles"), "/etc/mocban/mocban.toml\n");
    for script in ["postinst", "prerm", "postrm"] {
        let path = control.join(script);
        let text = std::fs::read_to_string(&path).expect("script");
        assert!(text.starts_with("#!/bin/sh\nset -e\n"), "{script} goes on after a failure");
        printed(Command::new("sh").arg("-n").arg(&path));
    }
    let listed = printed(Command::new("dpkg-deb").arg("--contents").arg(&house.package));
    let mut paths = BTreeSet::new();
    for line in listed.lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (mode, owner, path) = (columns[0], columns[1], columns[5].trim_start_matches("./"));
        assert!(owner == "0/0" || owner == "root/root", "{line}");
        assert!(!mode.contains('s') && !mode.contains('t') && mode.chars().nth(8) == Some('-'), "{line}");
        let executable = mode.starts_with("-rwx");
        assert_eq!(executable, path == "usr/bin/mocban", "{line}");
        assert!(!path.starts_with("usr/local") && !path.starts_with("var"), "{line}");
        paths.insert(path.to_owned());
    }
    for wanted in [
        "usr/share/doc/mocban/copyright",
        "usr/share/doc/mocban/changelog.Debian.gz",
        "usr/share/doc/mocban/README.Debian",
        "usr/share/doc/mocban/runbooks/vi/wait-key.md",
        "usr/share/doc/mocban/runbooks/en/exit-10.md",
        "usr/share/man/man1/mocban.1.gz",
        "usr/share/man/man1/mocban-doctor.1.gz",
        "usr/share/man/vi/man1/mocban-doctor.1.gz",
        "usr/share/bash-completion/completions/mocban",
    ] {
        assert!(paths.contains(wanted), "{wanted} is not in the package");
    }
    assert!(UNITS.iter().all(|unit| paths.contains(&format!("usr/lib/systemd/system/{unit}"))), "{paths:?}");
}

/// Libraries the installed binary wants are those of packages it depends on; home and inbound are the service's.
fn owners(root: &Path) {
    let needed = printed(Command::new("readelf").arg("-d").arg(root.join("usr/bin/mocban")));
    let known = ["libtesseract.so.5", "liblept.so.5", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux"];
    for line in needed.lines().filter(|line| line.contains("(NEEDED)")) {
        assert!(known.iter().any(|library| line.contains(library)), "which package brings this? {line}");
    }
    let passwd = std::fs::read_to_string(root.join("etc/passwd")).expect("the user was made");
    let user = passwd.lines().find(|line| line.starts_with("mocban:")).expect("the user mocban");
    let number: u32 = user.split(':').nth(2).and_then(|id| id.parse().ok()).expect("a number");
    let home = std::fs::metadata(root.join("var/lib/mocban")).expect("the home");
    let inbound = std::fs::metadata(root.join("var/lib/mocban/inbound")).expect("inbound");
    assert_eq!((home.uid(), home.permissions().mode() & 0o7777), (number, 0o750));
    assert_eq!((inbound.uid(), inbound.permissions().mode() & 0o7777), (number, 0o2770));
    // What somebody drops belongs to the group, whatever the dropper's umask, so that the daemon can take it away.
    let dropped = root.join("var/lib/mocban/inbound/dropped");
    printed(Command::new("sh").args(["-c", "umask 077; mkdir \"$1\"", "sh"]).arg(&dropped));
    let meta = std::fs::metadata(&dropped).expect("dropped");
    assert_eq!((meta.gid(), meta.permissions().mode() & 0o070), (inbound.gid(), 0o070));
    std::fs::remove_dir(dropped).expect("dropped");
}

/// What the crate `tesseract` answers in the place of OpenMP and leptonica is found there only when the binary exports it; reading
/// works without, and costs more.
fn exports(root: &Path) {
    let exported = printed(Command::new("readelf").args(["--dyn-syms", "--wide"]).arg(root.join("usr/bin/mocban")));
    let names: Vec<&str> = exported
        .lines()
        .filter(|line| !line.contains(" UND "))
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    let sources = [
        include_str!("../pipeline/foundation/tesseract/src/threads.rs"),
        include_str!("../pipeline/foundation/tesseract/src/lines.rs"),
    ];
    let answered: Vec<&str> = sources
        .iter()
        .flat_map(|source| source.split("#[unsafe(no_mangle)]").skip(1))
        .filter_map(|after| after.split_once(" fn ")?.1.split('(').next())
        .collect();
    assert!(answered.contains(&"GOMP_parallel") && answered.contains(&"pixWriteMem"), "{answered:?}");
    for name in answered {
        assert!(names.contains(&name), "{name} is not exported: pipeline/mocban/build.rs");
    }
}

/// systemd reads the units without a word, and finds them well walled in.
fn units(at: &Path) {
    // The base units that ours lean on.
    let copied =
        Command::new("cp").args(["-rn", "/usr/lib/systemd/system/."]).arg(at.join("usr/lib/systemd/system")).status();
    assert!(copied.expect("cp").success());
    let mut verify = Command::new("systemd-analyze");
    let said = printed(verify.arg("verify").arg(format!("--root={}", at.display())).arg("--man=no").args(UNITS));
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("mocban")).collect();
    assert!(ours.is_empty(), "{ours:?}");
    for unit in ["mocban.service", "mocban-audit.service"] {
        // Exposure at most 2.0.
        let mut security = Command::new("systemd-analyze");
        security.arg("security").arg(format!("--root={}", at.display()));
        let said = printed(security.args(["--offline=yes", "--threshold=20", "--no-pager", unit]));
        assert!(said.contains("Overall exposure level"), "{said}");
    }
    // The examples are settings systemd knows.
    for example in std::fs::read_dir(at.join("usr/share/doc/mocban/examples")).expect("examples").flatten() {
        let text = std::fs::read_to_string(example.path()).expect("example");
        let name = example.file_name().to_string_lossy().into_owned();
        assert!(text.contains(&format!("mocban.service.d/{name}")), "{name} does not say where it belongs");
        let folder = at.join("usr/lib/systemd/system/mocban.service.d");
        std::fs::create_dir_all(&folder).expect("drop-ins");
        std::fs::write(folder.join(&name), text).expect("drop-in");
    }
    let mut verify = Command::new("systemd-analyze");
    let said =
        printed(verify.arg("verify").arg(format!("--root={}", at.display())).args(["--man=no", "mocban.service"]));
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("mocban")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

fn settings_live_in_etc(root: &Path) {
    let settings = std::fs::read(root.join("etc/mocban/mocban.toml")).expect("settings");
    assert_eq!(std::fs::read(root.join("var/lib/mocban/mocban.toml")).expect("the link"), settings);
    // A policy of one's own is found where the administrator puts it.
    assert!(root.join("var/lib/mocban/policy").is_dir());
}

/// The installed binary, with the sandbox's token and authority, on the installed home.
fn works(root: &Path) {
    let sandbox = Sandbox::new();
    sandbox.make();
    let home = root.join("var/lib/mocban");
    let mocban = root.join("usr/bin/mocban");
    let ask = |arguments: &[&str]| {
        let home = home.display().to_string();
        let all = [&["--home", &home, "--json"], arguments].concat();
        run(&mut sandbox.command(&mocban, &all))
    };
    let first = ask(&["init"]);
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    let address = std::fs::read_to_string(sandbox.home().join("authority/address")).expect("address");
    let path = root.join("etc/mocban/mocban.toml");
    let text = std::fs::read_to_string(&path).expect("settings");
    let text = text.replace("urls = []", &format!("urls = [\"http://{}/tsa\"]", address.trim()));
    let text = text.replace("\"anchors.pem\"", &format!("\"{}\"", sandbox.home().join("authority/root.pem").display()));
    let media = root.join("media");
    let copy = |name: &str| format!("\n[[copy]]\nname = \"{name}\"\npath = \"{}\"\n", media.join(name).display());
    let text = [text, copy("a"), copy("b")].concat();
    std::fs::write(&path, text).expect("settings");
    assert_eq!(ask(&["init"]).status.code(), Some(0));
    let status = json_lines(&ask(&["run"])).pop().expect("a summary");
    assert_eq!(status["schema"], "mocban.summary/1", "{status}");
    assert_eq!(json_lines(&ask(&["status"])).pop().expect("status")["schema"], "mocban.status/1");
    let report = json_lines(&ask(&["doctor"])).pop().expect("a report");
    let checks = report["checks"].as_array().expect("checks");
    // The home is the service's user's; only that is told to somebody else.
    let faults: Vec<&Value> = checks.iter().filter(|c| c["state"] == "fault").map(|c| &c["code"]).collect();
    let alike = std::fs::metadata(&home).expect("home").uid() == std::fs::metadata("/proc/self").expect("us").uid();
    assert_eq!(faults, if alike { vec![] } else { vec!["doctor-user"] }, "{report:#}");
}

/// Removing leaves the settings, purging takes them, and nothing takes the archive.
fn purged(house: &House) {
    let root = house.root();
    printed(dpkg(&root).args(["--remove", "mocban"]));
    assert!(!root.join("usr/bin/mocban").exists() && root.join("etc/mocban/mocban.toml").is_file());
    let said = printed(dpkg(&root).args(["--purge", "mocban"]));
    assert!(said.contains("/var/lib/mocban and the user mocban stay"), "{said}");
    assert!(!root.join("etc/mocban/mocban.toml").exists());
    assert!(root.join("var/lib/mocban/register.sqlite").is_file(), "the register is the archive's");
    assert!(root.join("media/a/medium.json").is_file(), "a copy is the archive's");
}

//! Copies that cannot be changed, and the other kind of key.

use std::{path::Path, process::Command};

use mocban_tests::sandbox::Sandbox;

use crate::{drawn, house, lay, plain_house, run, valid};

const SOURCE: &str = "P/01/001/thư.png";

fn letter() -> Vec<u8> {
    drawn(|x, y| y > 60.0 && x > 20.0)
}

fn chattr(flag: &str, paths: &[&Path]) -> bool {
    let told = Command::new("chattr").args(["-R", flag]).args(paths).output().expect("chattr (Debian: e2fsprogs)");
    told.status.success()
}

#[test]
fn a_copy_may_be_immutable() {
    let sandbox = plain_house();
    let probe = sandbox.beside("probe");
    std::fs::write(&probe, b"x").expect("probe");
    if !chattr("+i", &[&probe]) {
        println!("SKIPPED: chattr +i is refused here (it needs root and a file system that has it, such as ext4)");
        return;
    }
    assert!(chattr("-i", &[&probe]));
    let path = sandbox.home().join("mocban.toml");
    let mut settings: toml::Table = std::fs::read_to_string(&path).expect("settings").parse().expect("settings");
    settings["copy"][0].as_table_mut().expect("copy a").insert("immutable".into(), true.into());
    std::fs::write(&path, settings.to_string()).expect("settings");

    lay(&sandbox, SOURCE, &letter());
    let (code, done) = run(&sandbox, SOURCE);
    let copies = ["copies/a", "copies/b"].map(|copy| sandbox.home().join(copy));
    let [a, b] = copies.each_ref().map(|copy| stored_pdf(copy));
    let changed = [&a, &b].map(|path| path.as_deref().map(|path| std::fs::remove_file(path).is_ok()));
    let audit = sandbox.alone(&["audit", "--copy", "a"]);
    // Before anything is asserted: what is immutable cannot be cleared away.
    assert!(chattr("-i", &[&copies[0]]));
    assert_eq!((code, &done["state"]), (Some(0), &"done".into()), "{done}");
    assert_eq!(changed, [Some(false), Some(true)], "root cannot remove a stored file of copy a, but one of copy b");
    assert_eq!(audit.status.code(), Some(0), "{}", String::from_utf8_lossy(&audit.stdout));
}

fn stored_pdf(copy: &Path) -> Option<std::path::PathBuf> {
    let found = walkdir::WalkDir::new(copy.join("ocfl")).into_iter().filter_map(Result::ok);
    found.map(walkdir::DirEntry::into_path).find(|path| path.ends_with("v1/content/document.pdf"))
}

#[test]
fn a_p256_key_seals_too() {
    let sandbox = house(Sandbox::with_ec_key(), &[("recognize", "engine = \"none\"")]);
    let certificate = std::fs::read(sandbox.home().join("authority/certificates/signer.crt")).expect("certificate");
    let elliptic = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    assert!(certificate.windows(8).any(|bytes| bytes == elliptic), "the key is on P-256");
    lay(&sandbox, SOURCE, &letter());
    let (code, done) = run(&sandbox, SOURCE);
    assert_eq!((code, &done["level"]), (Some(0), &"B-LTA".into()), "{done}");
    valid(&sandbox, &done);
    let id = done["id"].as_str().expect("identity");
    let report = sandbox.ask(&["verify", id]).pop().expect("a report");
    assert_eq!(report["overall"], "valid", "{report}");
}

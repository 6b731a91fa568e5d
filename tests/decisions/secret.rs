//! `secret`: the gate of Điều 11, read by the real engine.

use mocban_tests::sandbox::Sandbox;
use walkdir::WalkDir;

use crate::{accepted, decide, house, papers, rebuilt_the_same, refused, run, show, stored};

const MARKED: &str = "A29.110/01/0002/001-mật";
const TOP: &str = "A29.110/03/0022/001";
const DECLARED: &str = "A29.110/03/0022/003";

#[test]
fn a_mark_may_be_none_but_a_top_secret_is_never_kept() {
    let sandbox = house(Sandbox::new(), &[]);
    papers(&sandbox, &[MARKED, TOP, DECLARED]);
    let (code, marked) = run(&sandbox, MARKED);
    assert_eq!((code, &marked["reason"], &marked["hold"]["page"]), (Some(20), &"secret".into(), &1.into()), "{marked}");
    assert_eq!(marked["hold"]["acts"], serde_json::json!(["accept", "retry", "reject"]));
    let (top, declared) = (show(&sandbox, TOP), show(&sandbox, DECLARED));
    for document in [&top, &declared] {
        assert_eq!(document["reason"], "secret", "{document}");
        assert_eq!(document["hold"]["acts"], serde_json::json!(["reject"]), "{document}");
        assert_eq!(document["description"], serde_json::json!({}), "nothing that was read is kept");
    }
    assert_eq!(top["detail"]["code"], "held-secret-top");
    assert!(!work_of(&sandbox, &top).exists(), "its work files are erased");
    assert!(work_of(&sandbox, &marked).exists(), "a mark that may be none keeps them");
    assert!(sandbox.inbound().join(TOP).join("001.jpg").is_file(), "the scan stays in inbound");

    refused(&decide(&sandbox, &[TOP, "accept", "--why", "x"]), &["Allowed: reject"]);
    refused(&decide(&sandbox, &[DECLARED, "accept", "--why", "x"]), &["Allowed: reject"]);
    refused(&decide(&sandbox, &[MARKED, "accept"]), &["--why"]);
    rebuilt_the_same(&sandbox);

    accepted(&decide(&sandbox, &[MARKED, "accept", "--by", "Lê Bảo", "--why", "dấu sổ công văn"]));
    // The declaration of the other one is mended where it was made.
    let declaration = sandbox.inbound().join(DECLARED).join("document.toml");
    std::fs::write(&declaration, "secrecy = \"thuong\"\n").expect("declaration");
    let (code, done) = run(&sandbox, MARKED);
    assert_eq!((code, &done["state"]), (Some(20), &"done".into()), "{done}");
    let secrecy = &done["description"]["secrecy"];
    assert_eq!((&secrecy["value"], &secrecy["confirmed_by"]), (&"thuong".into(), &"Lê Bảo".into()));
    let said = stored(&sandbox, &done, "certification.json")["decisions"]["secret"].clone();
    assert_eq!((&said["level"], &said["why"]), (&"mat".into(), &"dấu sổ công văn".into()), "{said}");
    assert_eq!(show(&sandbox, DECLARED)["state"], "done");

    assert_eq!(show(&sandbox, TOP)["state"], "held");
    accepted(&decide(&sandbox, &[TOP, "reject", "--by", "Lê Bảo", "--why", "chuyển theo quy định"]));
    let id = top["id"].as_str().expect("its digest is kept");
    let stores = ["copies/a/ocfl", "copies/b/ocfl", "work"];
    let kept = stores.iter().flat_map(|store| WalkDir::new(sandbox.home().join(store)));
    let kept: Vec<_> = kept.filter_map(Result::ok).filter(|e| e.file_name().to_string_lossy().contains(id)).collect();
    assert!(kept.is_empty(), "{kept:?}");
    assert!(sandbox.inbound().join(TOP).join("001.jpg").is_file(), "the scan stays in inbound");
    rebuilt_the_same(&sandbox);
}

fn work_of(sandbox: &Sandbox, document: &serde_json::Value) -> std::path::PathBuf {
    sandbox.home().join("work").join(document["job"].to_string())
}

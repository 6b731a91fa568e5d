//! The portal in a real browser, over a sandbox with real sealed documents (`tests/browser/` drives it).

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use mocban_tests::{
    drawn::{drawn, lay},
    sandbox::{Sandbox, binary, root},
};
use serde_json::{Value, json};

/// A daemon that ends with this.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.0.kill().and_then(|()| self.0.wait()));
    }
}

/// Starts the daemon and reads what it tells the operator: the portal's address and the first password.
fn serve(sandbox: &Sandbox) -> (Serving, String, String) {
    let mut child = Command::new(binary("mocban"))
        .arg("--home")
        .arg(sandbox.home())
        .args(["--lang", "en", "serve"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("mocban serve");
    let lines = BufReader::new(child.stdout.take().expect("output")).lines();
    let serving = Serving(child);
    let (mut address, mut password) = (None, None);
    let told = lines.map_while(Result::ok).find_map(|line| {
        let after = |mark: &str| line.split(mark).nth(1).map(str::to_owned);
        address = after("open at ").map(|rest| rest.trim_end_matches('/').to_owned()).or(address.take());
        password =
            after("one-time password: ").and_then(|rest| rest.split(' ').next().map(str::to_owned)).or(password.take());
        address.clone().zip(password.clone())
    });
    let (address, password) = told.expect("the daemon tells where the portal is");
    (serving, address, password)
}

/// What the browser's test must find again: certified files with their digests and words that find them.
fn expected(sandbox: &Sandbox) -> (Vec<Value>, Vec<Value>) {
    let (mut sealed, mut held) = (Vec::new(), Vec::new());
    for document in sandbox.ask(&["status", "--documents"]) {
        if document["state"] == "held" {
            held.push(json!({"job": document["job"], "reason": document["reason"], "source": document["source"]}));
        }
        let described = |field: &str| document["description"][field]["value"].as_str();
        let Some(subject) = described("subject") else { continue };
        if document["state"] == "done" && document["form"] == "assembled" {
            let words: Vec<&str> = subject.split_whitespace().take(8).collect();
            sealed.push(json!({
                "id": document["id"], "number": document["certification"]["number"], "pages": document["pages"],
                "sha256": document["sealed_sha256"], "words": words.join(" "), "type": described("type_name"),
                "year": described("issued_date").and_then(|date| date.split('-').next()),
            }));
        }
    }
    (sealed, held)
}

#[test]
fn people_find_check_fetch_and_decide() {
    let sandbox = Sandbox::new();
    sandbox.make();
    sandbox.drop_papers("demo");
    // No zone of the ladder is blank, the lower right of the page is.
    lay(&sandbox, "A29.110/03/0001/chật.png", &drawn(|x, y| x < 78.0 || y < 112.0));
    let worked = sandbox.mocban(&["run"]);
    assert_eq!(worked.status.code(), Some(20), "{}", String::from_utf8_lossy(&worked.stderr));
    let (sealed, held) = expected(&sandbox);
    assert!(sealed.len() > 5 && held.len() > 3, "sealed {sealed:?}, held {held:?}");
    let (_serving, address, password) = serve(&sandbox);
    let browser = root().join("tests/browser");
    let tested = Command::new("node")
        .args(["--test", "--test-concurrency=1", "portal.test.js"])
        .current_dir(&browser)
        .env("PORTAL", &address)
        .env("PASSWORD", &password)
        .env("SEALED", json!(sealed).to_string())
        .env("HELD", json!(held).to_string())
        .output()
        .expect("node starts (./ops/install test)");
    let said = format!("{}\n{}", String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
    assert!(tested.status.success(), "{said}");
    // What was done in the browser, as the operator sees it beside the running daemon.
    let id = sealed[0]["id"].as_str().expect("an identity");
    let looked = sandbox.ask(&["portal", "log", "--document", id]);
    assert!(looked.iter().any(|access| access["act"] == "download" && access["actor"] == "operator"), "{looked:?}");
    assert!(looked.iter().all(|access| access["document"] == id), "{looked:?}");
    let accounts = sandbox.ask(&["portal", "accounts"]);
    assert_eq!((accounts.len(), &accounts[0]["password"]), (1, &"own".into()), "{accounts:?}");
    assert_eq!(sandbox.mocban(&["portal", "close", "operator"]).status.code(), Some(0));
    assert_eq!(sandbox.mocban(&["portal", "close", "operator"]).status.code(), Some(2), "it is gone");
    assert_eq!(sandbox.ask(&["portal", "log", "--limit", "1"])[0]["act"], "closed");
}

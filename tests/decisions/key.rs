//! The signing session of a running daemon (Điều 3.10–3.13).

use std::{
    io::Write as _,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use mocban_tests::sandbox::{Sandbox, binary};
use serde_json::Value;

use crate::{accepted, decide, drawn, lay, plain_house, refused, valid};

const SOURCE: &str = "P/01/001/thư.png";
const HELD: &str = "P/01/001/bảng.png";

/// The demo authority and a daemon; both end with this.
struct Daemon<'a> {
    sandbox: &'a Sandbox,
    authority: Child,
    serving: Child,
}

impl<'a> Daemon<'a> {
    fn start(sandbox: &'a Sandbox) -> Self {
        let mut keeper = sandbox.command(Path::new("sh"), &["-c", "echo up; read line"]);
        let mut authority = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("ops/sandbox");
        let mut said = [0; 3];
        std::io::Read::read_exact(authority.stdout.as_mut().expect("output"), &mut said).expect("the authority is up");
        let serving = mocban(sandbox).arg("serve").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("serve");
        Self { sandbox, authority, serving }
    }

    fn key(&self, arguments: &[&str], pin: &str) -> Output {
        let path = self.sandbox.beside("typed");
        std::fs::write(&path, pin).expect("a PIN");
        let script = format!("exec \"$0\" \"$@\" 3<'{}'", path.display());
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(binary("mocban")).arg("--home").arg(self.sandbox.home());
        command.args(["--lang", "en", "key"]).args(arguments).output().expect("mocban key")
    }

    fn state(&self, source: &str) -> (String, String) {
        let known = self.sandbox.alone(&["--json", "show", source]);
        let document: Value = serde_json::from_slice(&known.stdout).unwrap_or_default();
        let text = |key: &str| document[key].as_str().unwrap_or_default().to_owned();
        (text("state"), text("reason"))
    }

    /// Waits for a state; how long that took.
    fn until(&self, state: &str, reason: &str, longest: Duration) -> Duration {
        self.until_of(SOURCE, state, reason, longest)
    }

    fn until_of(&self, source: &str, state: &str, reason: &str, longest: Duration) -> Duration {
        let start = Instant::now();
        while self.state(source) != (state.to_owned(), reason.to_owned()) {
            assert!(start.elapsed() < longest, "{state} {reason} did not come: {:?}", self.state(source));
            std::thread::sleep(Duration::from_millis(100));
        }
        start.elapsed()
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        drop(self.serving.kill().and_then(|()| self.serving.wait()));
        if let Some(mut stdin) = self.authority.stdin.take() {
            drop(stdin.write_all(b"\n"));
        }
        drop(self.authority.wait());
    }
}

fn mocban(sandbox: &Sandbox) -> Command {
    let mut command = Command::new(binary("mocban"));
    let token = sandbox.home().join("authority/softhsm2.conf");
    command.arg("--home").arg(sandbox.home()).env("SOFTHSM2_CONF", token).env_remove("MOCBAN_PIN_FD");
    command.stdin(Stdio::null());
    command
}

#[test]
fn a_document_waits_for_the_key_and_goes_on_at_once() {
    let sandbox = plain_house();
    let mut daemon = Daemon::start(&sandbox);
    lay(&sandbox, SOURCE, &drawn(|x, y| y > 60.0 && x > 20.0));
    daemon.until("waiting", "key", Duration::from_mins(2));
    let open = ["open", "--pin-fd", "3"];

    let wrong = daemon.key(&open, "0000");
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert_eq!(wrong.status.code(), Some(2), "{said}");
    assert!(said.contains("PIN"), "{said}");
    // Never tried again by itself: it stays refused, and the document waits on.
    std::thread::sleep(Duration::from_secs(3));
    let status = daemon.key(&["status"], "");
    let said = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(said.contains("refused"), "{said}");
    assert_eq!(daemon.state(SOURCE), ("waiting".to_owned(), "key".to_owned()));

    let pin = std::fs::read_to_string(sandbox.home().join("authority/pin")).expect("PIN");
    let right = daemon.key(&open, &pin);
    assert_eq!(right.status.code(), Some(0), "{}", String::from_utf8_lossy(&right.stderr));
    // A daemon looks by itself every minute: this is not that.
    let took = daemon.until("done", "", Duration::from_secs(20));
    println!("sealed, raised, stored and indexed {:.1} s after the session was opened", took.as_secs_f64());
    let done = sandbox.ask(&["show", SOURCE]).pop().expect("a document");
    valid(&sandbox, &done);

    // A decision reaches the daemon the same way, and the document goes on at once, too.
    lay(&sandbox, HELD, &drawn(|x, y| x < 78.0 || y < 112.0));
    daemon.until_of(HELD, "held", "no_room", Duration::from_mins(2));
    refused(&decide(&sandbox, &[HELD, "place", "--box", "5,5"]), &["ink under the box"]);
    accepted(&decide(&sandbox, &[HELD, "place", "--box", "100,150", "--by", "Trần An"]));
    let took = daemon.until_of(HELD, "done", "", Duration::from_secs(20));
    println!("sealed, raised, stored and indexed {:.1} s after the decision", took.as_secs_f64());
    assert_eq!(daemon.key(&["close"], "").status.code(), Some(0));

    let start = Instant::now();
    let told = Command::new("kill").arg(daemon.serving.id().to_string()).status().expect("kill");
    assert!(told.success());
    let ended = daemon.serving.wait().expect("serve ends");
    assert_eq!(ended.code(), Some(0), "SIGTERM ends the daemon orderly");
    println!("SIGTERM: ended after {:.1} s", start.elapsed().as_secs_f64());
    assert!(sandbox.ask(&["audit"]).iter().any(|report| report["outcome"] == "sound"), "and everything is sound");
}

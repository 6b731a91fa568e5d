//! Many at once: a folder of 10,000 pages and one more, 2,000 folders.

use mocban_tests::{
    meter::measured,
    sandbox::{Sandbox, binary},
};
use samples::hostile::{page, scrap};
use serde_json::json;

fn house() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.make();
    let settings = sandbox.home().join("mocban.toml");
    // A person reviews: nothing is sealed here, and everything before the seal is seen.
    let text = std::fs::read_to_string(&settings).expect("settings").replace("mode = \"none\"", "mode = \"every\"");
    std::fs::write(&settings, text).expect("settings");
    sandbox.set("[inbound]\nsettle_s = 0\nincomplete_after_s = 0\n[recognize]\nengine = \"none\"\n");
    sandbox
}

fn run(sandbox: &Sandbox) -> (u64, u64) {
    let mut command = std::process::Command::new(binary("mocban"));
    let run = measured(command.arg("--home").arg(sandbox.home()).arg("run"));
    let problem = String::from_utf8_lossy(&run.output.stderr).into_owned();
    assert_eq!(run.output.status.code(), Some(20), "{problem}");
    assert!(!problem.contains("panicked"), "{problem}");
    (run.time.as_secs(), run.peak_kib / 1024)
}

#[test]
fn ten_thousand_pages_are_one_document_and_one_more_is_too_many() {
    let sandbox = house();
    let folder = sandbox.inbound().join("P01/01/01");
    let bytes = scrap().expect("page");
    for (name, pages) in [("most", 10_000), ("more", 10_001)] {
        std::fs::create_dir_all(folder.join(name)).expect("folder");
        // Links cost nothing to make; to a reader each is a file.
        let first = folder.join(name).join("1.jpg");
        std::fs::write(&first, &bytes).expect("page");
        for page in 2..=pages {
            std::fs::hard_link(&first, folder.join(name).join(format!("{page}.jpg"))).expect("page");
        }
    }
    let (seconds, mib) = run(&sandbox);
    println!("| a folder of 10,000 pages, and one of 10,001 | {seconds} s | {mib} MiB |");
    let objects = sandbox.ask(&["status", "--documents"]);
    let of = |name: &str| objects.iter().find(|o| o["source"] == format!("P01/01/01/{name}")).expect("told").clone();
    let most = of("most");
    assert_eq!((&most["reason"], &most["pages"]), (&json!("review"), &json!(10_000)), "{most}");
    let more = of("more");
    assert_eq!((&more["reason"], &more["detail"]["code"]), (&json!("too_large"), &json!("E-INTAKE-08")), "{more}");
    assert!(mib < 400, "{mib} MiB");
}

#[test]
fn two_thousand_folders_at_once() {
    let sandbox = house();
    for number in 1..=2000_u64 {
        let folder = sandbox.inbound().join(format!("P01/01/01/{number:04}"));
        std::fs::create_dir_all(&folder).expect("folder");
        // Cut off but for a few: the bad ones must not hold up the others, nor get lost in the crowd.
        let mut bytes = page(1000 + number).expect("page");
        bytes.truncate(if number % 100 == 0 { bytes.len() } else { 3000 });
        std::fs::write(folder.join("1.jpg"), bytes).expect("page");
    }
    let (seconds, mib) = run(&sandbox);
    println!("| 2,000 folders at once, all but 20 cut off | {seconds} s | {mib} MiB |");
    let status = sandbox.ask(&["status"]);
    let expected = json!({"unreadable": 1980, "review": 20});
    assert_eq!(status[0]["by_reason"], expected, "{}", status[0]);
    assert_eq!(sandbox.ask(&["hold", "list"]).len(), 2000);
    assert!(mib < 200, "{mib} MiB");
}

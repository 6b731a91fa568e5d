//! The help of the command and of every command below it, as the real binary prints it in both languages, and what it says of a command
//! line that it does not understand.

use std::process::Command;

use mocban_tests::{sandbox::binary, snapshot};

#[test]
fn help_of_every_command() {
    snapshot::compare("help.txt", &told(&[], &[], "Lệnh:"));
    snapshot::compare("help-en.txt", &told(&["--lang", "en"], &[], "Commands:"));
}

#[test]
fn what_is_not_understood_is_said_in_the_readers_language() {
    let wrong: &[&[&str]] = &[
        &["--frob"],
        &["serach", "x"],
        &["status", "--document"],
        &["hold", "decide", "x"],
        &["hold", "decide", "x", "burn"],
        &["hold", "decide", "x", "place", "--size", "full", "--box", "1,2"],
        &["book", "--year", "now"],
        &["export", "x", "--to"],
        &["init", "here"],
    ];
    let mut said = String::new();
    for line in wrong {
        for lang in ["vi", "en"] {
            let output =
                Command::new(binary("mocban")).args(["--lang", lang]).args(*line).output().expect("mocban starts");
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{line:?}");
            let told = String::from_utf8_lossy(&output.stderr);
            said.extend(["$ mocban --lang ", lang, " ", line.join(" ").as_str(), "\n", &*told, "\n"]);
        }
    }
    snapshot::compare("usage.txt", &said);
}

/// A command's help, then that of the commands it names.
fn told(lang: &[&str], command: &[&str], heading: &str) -> String {
    let line = [lang, command, &["--help"]].concat();
    let help = help(&line);
    let below = below(&help, heading).map(|below| told(lang, &[command, &[below]].concat(), heading));
    format!("$ mocban {}\n{help}\n{}", line.join(" "), below.collect::<String>())
}

fn help(line: &[&str]) -> String {
    let output = Command::new(binary("mocban")).args(line).output().expect("mocban starts");
    assert!(output.status.success(), "{line:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn below<'h>(help: &'h str, heading: &str) -> impl Iterator<Item = &'h str> {
    let listed = help.lines().skip_while(move |line| *line != heading).skip(1).take_while(|line| !line.is_empty());
    listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help")
}

//! The help of the command and of every command below it, as the real binary prints it: in English, whatever `--lang` says.

use std::process::Command;

use mocban_tests::{sandbox::binary, snapshot};

#[test]
fn help_of_every_command() {
    snapshot::compare("help.txt", &told(&[]));
}

/// A command's help, then that of the commands it names.
fn told(command: &[&str]) -> String {
    let help = help(command);
    let below = below(&help).map(|below| told(&[command, &[below]].concat()));
    format!("$ mocban {}\n{help}\n{}", [command, &["--help"]].concat().join(" "), below.collect::<String>())
}

fn help(command: &[&str]) -> String {
    let output = Command::new(binary("mocban")).args(command).arg("--help").output().expect("mocban starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn below(help: &str) -> impl Iterator<Item = &str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help")
}

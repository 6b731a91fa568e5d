//! The crash points and switches there are: the source is their list.

use std::collections::BTreeSet;

use mocban_tests::sandbox::root;
use walkdir::WalkDir;

/// Every name in the source: places to die at, and switches.
pub(crate) struct Named {
    pub points: BTreeSet<String>,
    pub switches: BTreeSet<String>,
}

/// Reads `failpoint!("…")` and `failpoint!("…", …)` out of the source.
pub(crate) fn named() -> Named {
    let mut named = Named { points: BTreeSet::new(), switches: BTreeSet::new() };
    for folder in ["pipeline", "index", "config"] {
        for entry in WalkDir::new(root().join(folder)).into_iter().filter_map(Result::ok) {
            if entry.path().extension().is_none_or(|e| e != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).expect("source text");
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            for rest in code.split("failpoint!(").skip(1) {
                let Some((name, after)) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'))
                else {
                    continue;
                };
                let kind = if after.starts_with(',') { &mut named.switches } else { &mut named.points };
                kind.insert(name.to_owned());
            }
        }
    }
    named
}

/// Points that the chain's own runs do not pass, and who kills there instead.
pub(crate) const ELSEWHERE: &[(&str, &str)] = &[
    ("durable:rename:after", "file systems without hard links: durable's own crash test"),
    ("durable:publish:half", "inside the mistake that it serves"),
    ("register:event:split", "inside the mistake that it serves"),
];

/// Where something has just been made durable: the moments of a power cut.
pub(crate) const SYNCS: &[&str] = &[
    "durable:fsync:after",
    "durable:dirsync:after",
    "register:commit:after",
    "index:commit:after",
    "index:done:after",
];

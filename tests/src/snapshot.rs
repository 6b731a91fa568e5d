//! Snapshots: texts that must not change by accident, kept in `tests/snapshots` and compared word for word.
//!
//! `RENEW_SNAPSHOTS=1 cargo test -p mocban-tests --test snapshots` writes them anew; what changed is then read in `git diff`.

use std::fs;

use crate::sandbox::root;

/// Lines shown around the first difference.
const AROUND: usize = 3;

/// Compares a text with the one kept under a name, or keeps it when snapshots are renewed.
///
/// # Panics
/// When they differ: with the place, and what to do.
pub fn compare(name: &str, text: &str) {
    let path = root().join("tests/snapshots").join(name);
    if std::env::var_os("RENEW_SNAPSHOTS").is_some() {
        fs::write(&path, text).expect("the snapshot is written");
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "tests/snapshots/{name} {}\nIf that is meant: RENEW_SNAPSHOTS=1 cargo test -p mocban-tests --test snapshots, \
         and read the difference before you commit it.",
        difference(&kept, text)
    );
}

/// The first lines that differ, and a few before and behind them.
fn difference(kept: &str, now: &str) -> String {
    let (kept, now): (Vec<&str>, Vec<&str>) = (kept.split('\n').collect(), now.split('\n').collect());
    let same = kept.iter().zip(&now).take_while(|(kept, now)| kept == now).count();
    let piece = |lines: &[&str]| {
        let shown: Vec<&str> = lines.iter().skip(same.saturating_sub(AROUND)).take(2 * AROUND + 1).copied().collect();
        shown.join("\n  ")
    };
    format!("differs at line {}. Kept:\n  {}\nNow:\n  {}", same + 1, piece(&kept), piece(&now))
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn the_first_difference_is_shown_with_its_place() {
        let told = difference("a\nb\nc\n", "a\nb\nd\n");
        assert!(told.starts_with("differs at line 3.") && told.contains("  c\n") && told.contains("  d\n"), "{told}");
        assert!(difference("a\n", "a\nb\n").contains("line 2"));
        assert!(difference("", "").contains("line 2"), "nothing differs");
    }
}

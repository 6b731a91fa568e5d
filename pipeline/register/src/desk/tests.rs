use model::FixedClock;

use super::*;

fn desk() -> (tempfile::TempDir, Arc<FixedClock>, Desk) {
    let dir = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(FixedClock::new("2026-11-01T02:00:00Z".parse().expect("time")));
    let desk = Desk::open(&dir.path().join("portal.sqlite"), Arc::clone(&clock) as Arc<dyn Clock>).expect("open");
    (dir, clock, desk)
}

fn account(desk: &Desk, name: &str) -> Account {
    desk.account(name).expect("account").expect(name)
}

fn begin(desk: &Desk, name: &str, token: u8) {
    assert!(desk.begin_session(&account(desk, name), &[token; 32], "c").expect("session"));
}

const LIMITS: SessionLimits = SessionLimits { idle: Duration::from_mins(30), whole: Duration::from_hours(10) };

#[test]
fn a_password_from_the_command_opens_one_session_and_one_of_ones_own_many() {
    let (_dir, _, desk) = desk();
    assert!(desk.is_new().expect("new"));
    desk.give_password("an", Some(Role::Archivist), "hash").expect("give");
    assert!(!desk.is_new().expect("new"));
    begin(&desk, "an", 1);
    assert_eq!(account(&desk, "an").state, PasswordState::Spent);
    assert!(desk.own_password(&account(&desk, "an"), "other", &[1; 32]).expect("own"));
    begin(&desk, "an", 2);
    let an = account(&desk, "an");
    assert_eq!((an.state, an.password.as_str(), an.role), (PasswordState::Own, "other", Role::Archivist));
    // The command's next password ends what was open and keeps the role.
    desk.give_password("an", None, "third").expect("give");
    assert_eq!(desk.session(&[2; 32], LIMITS, true).expect("session"), None);
    assert_eq!(account(&desk, "an").role, Role::Archivist);
}

#[test]
fn one_password_from_the_command_never_opens_two_sessions() {
    let (_dir, _, desk) = desk();
    desk.give_password("an", None, "hash").expect("give");
    // Two logins that were judged before either began.
    let seen = account(&desk, "an");
    assert!(desk.begin_session(&seen, &[1; 32], "c").expect("session"));
    assert!(!desk.begin_session(&seen, &[2; 32], "c").expect("session"));
    assert_eq!(desk.session(&[2; 32], LIMITS, true).expect("session"), None);
    // A login that was judged by a password that is the account's no more.
    assert!(desk.own_password(&account(&desk, "an"), "own", &[1; 32]).expect("own"));
    let seen = account(&desk, "an");
    desk.give_password("an", None, "third").expect("give");
    assert!(!desk.begin_session(&seen, &[3; 32], "c").expect("session"));
    let acts: Vec<String> = desk.newest_accesses(9).expect("log").into_iter().map(|entry| entry.act).collect();
    assert_eq!(acts, ["given", "password", "login", "given"], "what did not happen stands nowhere");
}

#[test]
fn a_change_that_was_under_way_does_not_undo_the_operators_reset() {
    let (_dir, _, desk) = desk();
    desk.give_password("an", None, "hash").expect("give");
    begin(&desk, "an", 1);
    let seen = account(&desk, "an");
    desk.give_password("an", None, "reset").expect("give");
    assert!(!desk.own_password(&seen, "chosen", &[1; 32]).expect("own"));
    let an = account(&desk, "an");
    assert_eq!((an.password.as_str(), an.state), ("reset", PasswordState::Once));
    // Nor does a session that was ended, or another choice that was faster.
    begin(&desk, "an", 2);
    let seen = account(&desk, "an");
    desk.end_session(&[2; 32], "an").expect("end");
    assert!(!desk.own_password(&seen, "chosen", &[2; 32]).expect("own"));
    desk.give_password("an", None, "again").expect("give");
    begin(&desk, "an", 3);
    let seen = account(&desk, "an");
    assert!(desk.own_password(&seen, "first", &[3; 32]).expect("own"));
    assert!(!desk.own_password(&seen, "second", &[3; 32]).expect("own"));
    assert_eq!(account(&desk, "an").password, "first");
}

#[test]
fn a_closed_account_opens_nothing_and_its_acts_stay() {
    let (_dir, _, desk) = desk();
    desk.give_password("an", None, "hash").expect("give");
    desk.give_password("binh", Some(Role::Reader), "hash").expect("give");
    begin(&desk, "an", 1);
    let seen = desk.accounts().expect("accounts");
    let short = |kept: &Kept| (kept.account.name.clone(), kept.account.role, kept.account.state, kept.sessions);
    assert_eq!(
        seen.iter().map(short).collect::<Vec<_>>(),
        [
            ("an".to_owned(), Role::Archivist, PasswordState::Spent, 1),
            ("binh".to_owned(), Role::Reader, PasswordState::Once, 0)
        ]
    );
    assert!(desk.close("an").expect("close"));
    assert_eq!(desk.session(&[1; 32], LIMITS, true).expect("session"), None);
    assert_eq!(desk.account("an").expect("account"), None);
    assert!(!desk.close("an").expect("nothing there"));
    let acts = desk.newest_accesses(9).expect("log").into_iter().map(|entry| (entry.actor, entry.act, entry.part));
    let acts: Vec<_> = acts.map(|(actor, act, part)| format!("{actor} {act} {}", part.unwrap_or_default())).collect();
    assert_eq!(acts, ["mocban portal closed an", "an login ", "mocban portal given binh", "mocban portal given an"]);
    desk.check_log(u64::MAX).expect("whole");
}

#[test]
fn sessions_end_when_idle_and_in_any_case() {
    let (_dir, clock, desk) = desk();
    desk.give_password("an", None, "hash").expect("give");
    begin(&desk, "an", 1);
    assert!(desk.own_password(&account(&desk, "an"), "own", &[1; 32]).expect("own"));
    clock.advance(29 * 60);
    assert!(desk.session(&[1; 32], LIMITS, true).expect("session").is_some());
    clock.advance(29 * 60);
    assert!(desk.session(&[1; 32], LIMITS, true).expect("session").is_some(), "it was seen in between");
    clock.advance(30 * 60);
    assert_eq!(desk.session(&[1; 32], LIMITS, true).expect("session"), None, "idle");
    begin(&desk, "an", 3);
    clock.advance(29 * 60);
    assert!(desk.session(&[3; 32], LIMITS, false).expect("session").is_some());
    clock.advance(60);
    assert_eq!(
        desk.session(&[3; 32], LIMITS, true).expect("session"),
        None,
        "a page that renews itself keeps nothing open"
    );
    begin(&desk, "an", 2);
    for _ in 0..23 {
        clock.advance(25 * 60);
        assert!(desk.session(&[2; 32], LIMITS, true).expect("session").is_some());
    }
    clock.advance(25 * 60);
    assert_eq!(desk.session(&[2; 32], LIMITS, true).expect("session"), None, "ten hours are over");
}

#[test]
fn the_log_is_only_added_to_and_a_change_shows() {
    let (dir, clock, desk) = desk();
    desk.note("an", "view", Some("id-1"), Some("1")).expect("note");
    desk.note("an", "download", Some("id-1"), Some("document.pdf")).expect("note");
    desk.note("binh", "view", Some("id-2"), Some("1")).expect("note");
    let acts: Vec<String> = desk.accesses_of("id-1", 9).expect("log").into_iter().map(|entry| entry.act).collect();
    assert_eq!(acts, ["download", "view"]);
    desk.check_log(u64::MAX).expect("whole");
    let plain = Connection::open(dir.path().join("portal.sqlite")).expect("open");
    assert!(plain.execute("DELETE FROM access WHERE no = 1", []).is_err(), "the trigger forbids it");
    plain.execute_batch("DROP TRIGGER access_is_never_changed").expect("drop");
    plain.execute("UPDATE access SET line = replace(line, 'binh', 'cuc') WHERE no = 3", []).expect("forge");
    drop(desk);
    let opened = Desk::open(&dir.path().join("portal.sqlite"), clock);
    assert!(matches!(opened, Err(Error::AccessLog { no: 3 })), "{opened:?}");
}

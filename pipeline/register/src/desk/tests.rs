use model::FixedClock;

use super::*;

fn desk() -> (tempfile::TempDir, Arc<FixedClock>, Desk) {
    let dir = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(FixedClock::new("2026-11-01T02:00:00Z".parse().expect("time")));
    let desk = Desk::open(&dir.path().join("portal.sqlite"), Arc::clone(&clock) as Arc<dyn Clock>).expect("open");
    (dir, clock, desk)
}

const LIMITS: SessionLimits = SessionLimits { idle: Duration::from_mins(30), whole: Duration::from_hours(10) };

#[test]
fn a_password_from_the_command_opens_one_session_and_one_of_ones_own_many() {
    let (_dir, _, desk) = desk();
    assert!(desk.is_new().expect("new"));
    desk.give_password("an", Some(Role::Archivist), "hash").expect("give");
    assert!(!desk.is_new().expect("new"));
    desk.begin_session("an", &[1; 32], "c").expect("session");
    assert_eq!(desk.account("an").expect("account").expect("an").state, PasswordState::Spent);
    desk.own_password("an", "other", &[1; 32]).expect("own");
    desk.begin_session("an", &[2; 32], "c").expect("session");
    let account = desk.account("an").expect("account").expect("an");
    assert_eq!(
        (account.state, account.password.as_str(), account.role),
        (PasswordState::Own, "other", Role::Archivist)
    );
    // The command's next password ends what was open and keeps the role.
    desk.give_password("an", None, "third").expect("give");
    assert_eq!(desk.session(&[2; 32], LIMITS, true).expect("session"), None);
    assert_eq!(desk.account("an").expect("account").expect("an").role, Role::Archivist);
}

#[test]
fn a_closed_account_opens_nothing_and_its_acts_stay() {
    let (_dir, _, desk) = desk();
    desk.give_password("an", None, "hash").expect("give");
    desk.give_password("binh", Some(Role::Reader), "hash").expect("give");
    desk.begin_session("an", &[1; 32], "c").expect("session");
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
    desk.begin_session("an", &[1; 32], "c").expect("session");
    clock.advance(29 * 60);
    assert!(desk.session(&[1; 32], LIMITS, true).expect("session").is_some());
    clock.advance(29 * 60);
    assert!(desk.session(&[1; 32], LIMITS, true).expect("session").is_some(), "it was seen in between");
    clock.advance(30 * 60);
    assert_eq!(desk.session(&[1; 32], LIMITS, true).expect("session"), None, "idle");
    desk.begin_session("an", &[3; 32], "c").expect("session");
    clock.advance(29 * 60);
    assert!(desk.session(&[3; 32], LIMITS, false).expect("session").is_some());
    clock.advance(60);
    assert_eq!(
        desk.session(&[3; 32], LIMITS, true).expect("session"),
        None,
        "a page that renews itself keeps nothing open"
    );
    desk.begin_session("an", &[2; 32], "c").expect("session");
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

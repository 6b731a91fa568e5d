//! What is or may be secret is looked at on paper, whatever becomes of the document (Điều 11).

use conduct::desk;
use model::{DocumentId, HoldReason, Sha256, Stage, event::EventKind};
use serde_json::json;

use super::{
    documents::{SOURCE, held},
    *,
};

impl House {
    fn shows(&self, no: i64) -> bool {
        desk::may_be_seen(&self.app.home, &self.app.home.register.job(no).expect("job"))
    }

    /// The gate finds a mark.
    fn is_found_secret(&self, no: i64) {
        let found = json!({"level": "mat", "declared": false});
        let detail = json!({"code": "held-secret", "facts": {}});
        self.moves(no, held(HoldReason::Secret), json!({"secrecy_found": found, "detail": detail}));
    }

    /// Something else stands in the way, of which a person turns the document away.
    fn is_rejected_as_unreadable(&self, no: i64) {
        let detail = json!({"code": "held-unreadable", "facts": {}});
        self.moves(no, held(HoldReason::Unreadable), json!({"detail": detail}));
        let decision = "reject".to_owned();
        self.moves(no, EventKind::Decided { decision, actor: "an".into(), why: String::new() }, json!({}));
    }

    /// Intake finds that another document has the same content.
    fn is_found_twice(&self, no: i64) {
        self.moves(no, EventKind::Started { stage: Stage::Intake }, json!({}));
        let of = DocumentId::of_content(&[Sha256::of(b"scan")]).to_string();
        self.moves(no, EventKind::Duplicated { of }, json!({}));
    }

    fn declares(&self, source: &str, declared: &str) {
        let mut folder = self.root.join("inbound");
        for part in source.split('/') {
            if !folder.is_dir() {
                durable::create_dir(&folder).expect("a folder");
            }
            folder.push(part);
        }
        durable::create_dir(&folder).expect("a folder");
        durable::write_private(&folder.join("001.jpg"), b"scan", 0o644).expect("a scan");
        durable::write_private(&folder.join("document.toml"), declared.as_bytes(), 0o644).expect("a declaration");
    }
}

#[test]
fn a_mark_that_was_found_outlives_the_reason_of_the_hold() {
    let house = House::new();
    let no = house.enters(SOURCE);
    assert!(house.shows(no), "nobody says anything of secrecy");
    house.is_found_secret(no);
    assert!(!house.shows(no));
    house.moves(no, EventKind::Tried { source: SOURCE.into() }, json!({}));
    house.is_rejected_as_unreadable(no);
    assert!(!house.shows(no), "rejected for another reason");
}

#[test]
fn a_declaration_outlives_the_state() {
    let house = House::new();
    house.declares(SOURCE, "secrecy = \"mat\"\n");
    let no = house.enters(SOURCE);
    assert!(!house.shows(no));
    house.is_rejected_as_unreadable(no);
    assert!(!house.shows(no), "rejected before the gate");
    let house = House::new();
    house.declares(SOURCE, "secrecy = \"thuong\"\n");
    let no = house.enters(SOURCE);
    house.is_rejected_as_unreadable(no);
    assert!(house.shows(no), "what nobody calls secret is shown to those who reject it");
}

#[test]
fn the_twin_of_a_secret_document_is_as_secret() {
    let house = House::new();
    let first = house.enters(SOURCE);
    house.is_found_secret(first);
    let twin = house.enters("A29/01/0002/001");
    house.is_found_twice(twin);
    assert!(!house.shows(twin), "the same pages");
    let decision = "reject".to_owned();
    house.moves(first, EventKind::Decided { decision, actor: "an".into(), why: String::new() }, json!({}));
    assert!(!house.shows(first) && !house.shows(twin), "also after the first was turned away");
}

#[test]
fn a_declared_duplicate_is_not_shown() {
    let house = House::new();
    house.enters(SOURCE);
    let twin = "A29/01/0002/001";
    house.declares(twin, "secrecy = \"toi-mat\"\n");
    let no = house.enters(twin);
    house.is_found_twice(no);
    assert!(!house.shows(no));
}

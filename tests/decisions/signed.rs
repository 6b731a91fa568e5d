//! `invalid_signature`: a paper that came signed and was changed afterwards (Điều 12.2, 15.1a).

use std::path::Path;

use samples::{
    authority::{Agency, Home},
    papers::{fonts::Fonts, make, recipe::signed_recipes},
};

use crate::{accepted, decide, plain_house, rebuilt_the_same, refused, run, show, stored};

const CHANGED: &str = "A29.110/02/0014/002-đã sửa.pdf";
const SOUND: &str = "A29.110/02/0014/001-đã ký.pdf";

#[test]
fn the_person_in_charge_decides_about_an_invalid_signature() {
    let sandbox = plain_house();
    let agency = Agency::open(&Home::of(&sandbox.home())).expect("another agency");
    let fonts = Fonts::load(Path::new("/usr/share/fonts/truetype/liberation2")).expect("fonts");
    make(&signed_recipes(), 754, &fonts, Some(&agency), &sandbox.inbound(), &sandbox.beside("truth")).expect("papers");
    let original = std::fs::read(sandbox.inbound().join(CHANGED)).expect("the paper");

    let (code, held) = run(&sandbox, CHANGED);
    assert_eq!((code, &held["reason"]), (Some(20), &"invalid_signature".into()), "{held}");
    assert_eq!(held["hold"]["acts"], serde_json::json!(["accept", "retry", "reject"]));
    assert_eq!(show(&sandbox, SOUND)["state"], "done", "a valid signature needs nobody");
    refused(&decide(&sandbox, &[CHANGED, "accept"]), &["--why"]);
    refused(&decide(&sandbox, &[CHANGED, "accept", "--why", "x", "--sheets", "1"]), &["--sheets"]);
    rebuilt_the_same(&sandbox);

    let why = "bản duy nhất còn lại, giữ nguyên trạng";
    accepted(&decide(&sandbox, &[CHANGED, "accept", "--by", "Lê Bảo", "--why", why]));
    let (code, done) = run(&sandbox, CHANGED);
    assert_eq!((code, &done["state"]), (Some(0), &"done".into()), "{done}");
    let said = stored(&sandbox, &done, "certification.json")["decisions"]["invalid_signature"].clone();
    assert_eq!((&said["by"], &said["why"]), (&"Lê Bảo".into(), &why.into()), "{said}");
    let id = done["id"].as_str().expect("identity");
    let to = sandbox.beside("out");
    accepted(&sandbox.alone(&["export", id, "--to", to.to_str().expect("path")]));
    let sealed = std::fs::read(to.join(id).join("document.pdf")).expect("document");
    assert!(sealed.starts_with(&original), "what came is kept bit for bit; the seal is appended");
    // Accepting it makes it no truer: the verdict on the foreign signature stays what it is.
    assert_eq!(sandbox.alone(&["verify", id]).status.code(), Some(40));
    rebuilt_the_same(&sandbox);
}

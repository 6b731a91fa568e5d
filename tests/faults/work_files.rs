//! Work files that are lost or altered while their document waits: it begins again while nothing is sealed, else it is held
//! alone, and keeps no other back.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::support::{House, Ran};

/// Two documents that wait before the seal.
fn unsealed(house: &House) {
    house.sandbox.fault(&["tsa=503"]);
    house.drop(2, 1);
    assert_eq!(house.run().stuck().iter().filter(|stuck| stuck.0 == "certify").count(), 2);
    house.sandbox.fault(&["tsa=ok"]);
}

/// Two documents that are sealed and wait for revocation data.
fn sealed(house: &House) {
    house.sandbox.fault(&["ocsp=503", "crl=503"]);
    house.drop(2, 1);
    let ran = house.run();
    assert_eq!(ran.stuck().iter().filter(|stuck| stuck.0 == "augment").count(), 2, "{:?} {}", ran.stuck(), ran.told);
    house.sandbox.fault(&["ocsp=ok", "crl=ok"]);
}

/// The work files of the first document: unsealed PDF and words, without the signed ones.
fn work_files(house: &House) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(house.path("work/1")).expect("work").map(|entry| entry.expect("entry").path());
    let mut files: Vec<PathBuf> = listed.filter(|path| path.extension().is_none()).collect();
    files.sort();
    files
}

fn alter(path: &PathBuf) {
    let mut bytes = std::fs::read(path).expect("work file");
    if let Some(byte) = bytes.last_mut() {
        *byte ^= 1;
    }
    std::fs::write(path, bytes).expect("altered");
}

fn decided(house: &House, name: &str, act: &str) {
    let said = house.sandbox.alone(&["--lang", "en", "hold", "decide", name, act, "--by", "An"]);
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
}

#[track_caller]
fn held_alone(ran: &Ran, others: usize) {
    assert_eq!(ran.stuck(), [("augment", "unworkable", "E-CONDUCT-12")], "{}", ran.told);
    assert_eq!(ran.documents.len(), 1 + others, "{}", ran.told);
}

#[test]
fn before_the_seal_a_document_begins_again_under_its_number() {
    let lose = |path: &PathBuf| std::fs::remove_file(path).expect("lost");
    for at in 0..8 {
        let house = House::new("");
        unsealed(&house);
        let files = work_files(&house);
        assert!(files.len() >= 4, "submission, words, ink, PDF: {files:?}");
        let Some(file) = files.get(at / 2) else { break };
        if at % 2 == 0 {
            alter(file);
        } else {
            lose(file);
        }
        house.run().done(2);
        assert_eq!(house.book().iter().map(|(_, number, _)| *number).collect::<Vec<_>>(), [1, 2]);
        for document in house.sandbox.ask(&["status", "--documents"]) {
            let id = document["id"].as_str().expect("identity");
            assert_eq!(house.sandbox.alone(&["verify", id]).status.code(), Some(0), "{document}");
        }
        house.audit_is_sound();
    }
}

#[test]
fn behind_the_seal_a_document_is_held_alone_and_its_number_can_be_given_up() {
    let house = House::new("");
    sealed(&house);
    std::fs::remove_file(house.path("work/1/certify.rev")).expect("lost");
    held_alone(&house.run(), 1);
    // Trying again makes no second seal.
    decided(&house, "#1", "retry");
    held_alone(&house.run(), 0);
    // A copy that is away may hold it.
    std::fs::rename(house.path("copies/b"), house.path("away")).expect("unmounted");
    let refused = house.sandbox.alone(&["--lang", "en", "hold", "decide", "#1", "reject", "--by", "An"]);
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stdout));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("copy b may hold it"), "{refused:?}");
    std::fs::rename(house.path("away"), house.path("copies/b")).expect("mounted");
    decided(&house, "#1", "reject");
    let states: Vec<String> = house.book().into_iter().map(|(_, _, state)| state).collect();
    assert_eq!(states, ["void", "sealed"]);
    let scan = house.sandbox.inbound().join("P01/01/01/1-01.jpg");
    std::fs::rename(&scan, scan.with_file_name("again.jpg")).expect("dropped again");
    house.run().done(1);
    let numbers: Vec<_> = house.book().into_iter().map(|(_, number, state)| (number, state)).collect();
    assert_eq!(numbers, [(1, "void".into()), (2, "sealed".into()), (3, "sealed".into())]);
    house.audit_is_sound();
}

#[test]
fn what_a_copy_holds_already_is_taken_from_there() {
    let house = House::new("");
    house.run().done(0);
    std::fs::rename(house.path("copies/b"), house.path("away")).expect("unmounted");
    house.drop(1, 1);
    assert_eq!(house.run().stuck().first().map(|stuck| stuck.0), Some("preserve"));
    for file in work_files(&house) {
        alter(&file);
    }
    std::fs::rename(house.path("away"), house.path("copies/b")).expect("mounted");
    house.run().done(1);
    assert_eq!((&house.copy("a")["objects"], &house.copy("b")["objects"]), (&1.into(), &1.into()));
    assert_eq!(house.book().len(), 1);
    house.audit_is_sound();
}

#[test]
fn the_twin_of_a_document_that_was_turned_away_is_taken() {
    let house = House::new("");
    house.sandbox.fault(&["tsa=503"]);
    house.drop(1, 1);
    house.run();
    let scan = house.sandbox.inbound().join("P01/01/01/1-01.jpg");
    std::fs::copy(&scan, scan.with_file_name("twin.jpg")).expect("twin");
    house.run();
    let states = |house: &House| -> Vec<String> {
        let documents = house.sandbox.ask(&["status", "--documents"]);
        documents.iter().map(|document| document["state"].as_str().expect("state").to_owned()).collect()
    };
    assert_eq!(states(&house), ["waiting", "duplicate"]);
    decided(&house, "#1", "reject");
    house.sandbox.fault(&["tsa=ok"]);
    house.run().done(1);
    assert_eq!(states(&house), ["rejected", "duplicate", "done"]);
    // And stays as it is.
    house.run().done(0);
    assert_eq!(states(&house), ["rejected", "duplicate", "done"]);
}

/// A PDF that is no scan: it stays as it came.
fn born_digital() -> Vec<u8> {
    let content = "BT /F1 14 Tf 72 400 Td (Cong van den) Tj ET";
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let (mut out, mut table) = ("%PDF-1.7\n".to_owned(), vec!["0000000000 65535 f \n".to_owned()]);
    for (at, object) in objects.iter().enumerate() {
        table.push(format!("{:010} 00000 n \n", out.len()));
        out = [out, format!("{} 0 obj\n{object}\nendobj\n", at + 1)].concat();
    }
    let table = table.concat();
    let start = out.len();
    let end = format!("xref\n0 6\n{table}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n");
    [out, end].concat().into_bytes()
}

#[test]
fn an_incoming_pdf_begins_again_too() {
    for spoil in [&alter as &dyn Fn(&PathBuf), &|path| std::fs::remove_file(path).expect("lost")] {
        let house = House::new("");
        house.sandbox.fault(&["tsa=503"]);
        std::fs::create_dir_all(house.sandbox.inbound().join("P01/01/01")).expect("folder");
        std::fs::write(house.sandbox.inbound().join("P01/01/01/in.pdf"), born_digital()).expect("incoming");
        let ran = house.run();
        assert_eq!(ran.documents[0]["form"], "original");
        house.sandbox.fault(&["tsa=ok"]);
        let is_pdf = |path: &PathBuf| std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"%PDF"));
        spoil(&work_files(&house).into_iter().find(is_pdf).expect("its work file"));
        house.drop(1, 2);
        house.run().done(2);
        house.audit_is_sound();
    }
}

#[test]
fn what_was_altered_beside_what_is_lost_is_in_nobodys_way() {
    let house = House::new("");
    unsealed(&house);
    for (at, file) in work_files(&house).iter().enumerate() {
        if at == 0 {
            std::fs::remove_file(file).expect("lost");
        } else {
            alter(file);
        }
    }
    let rebuilt = house.sandbox.alone(&["rebuild", "--from", "a"]);
    assert_eq!(rebuilt.status.code(), Some(0), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    house.run().done(2);
}

#[test]
fn what_is_taken_away_again_and_again_is_held() {
    let house = House::new("");
    house.drop(2, 1);
    let folder = house.path("work/1");
    let ended = AtomicBool::new(false);
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| {
            // As a quarantine does.
            while !ended.load(Ordering::SeqCst) {
                for path in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                    let published = path.file_name().is_some_and(|name| name.len() == 64);
                    if published && std::fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"%PDF")) {
                        drop(std::fs::remove_file(path));
                    }
                }
            }
        });
        let ran = house.run();
        ended.store(true, Ordering::SeqCst);
        ran
    });
    assert_eq!(ran.stuck(), [("certify", "unworkable", "E-CONDUCT-03")], "{}", ran.told);
    let begun =
        house.sandbox.ask(&["history", "#1"]).iter().filter(|event| event["event"]["kind"] == "restarted").count();
    assert_eq!(begun, 3);
}

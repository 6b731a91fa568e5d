//! The sealed files and the copies before their judges, our own verifier the first and never the only one.

use mocban_tests::{judges, sandbox::json_lines};

use crate::{House, Wrong};

pub(crate) fn our_verdicts(house: &House) -> Wrong {
    let mut wrong = Vec::new();
    for (source, file) in &house.sealed {
        let output = house.sandbox.alone(&["--json", "verify", file.to_str().expect("path")]);
        let report = json_lines(&output).remove(0);
        if output.status.code() != Some(0) || report["overall"] != "valid" {
            wrong.push(format!("{source}: {report}"));
        }
    }
    wrong
}

pub(crate) fn vera_and_dss(house: &House) -> Wrong {
    let anchors = house.sandbox.home().join("authority/root.pem");
    let mut wrong = Vec::new();
    for judged in judges::vera_and_dss(Some(&anchors), None, &house.files()) {
        let assembled = house
            .sealed
            .iter()
            .any(|(source, file)| *file == judged.file && house.documents[source]["form"] == "assembled");
        wrong.extend(judged.complaints(assembled));
    }
    wrong
}

pub(crate) fn pyhanko(house: &House) -> Wrong {
    let anchors = house.sandbox.home().join("authority/root.pem");
    judges::pyhanko(&anchors, &house.files()).iter().flat_map(judges::Hanko::complaints).collect()
}

pub(crate) fn qpdf(house: &House) -> Wrong {
    house.files().iter().flat_map(|file| judges::qpdf(file)).collect()
}

pub(crate) fn ocfl(house: &House) -> Wrong {
    let roots = ["a", "b"].map(|copy| house.sandbox.home().join("copies").join(copy).join("ocfl"));
    let mut wrong = Vec::new();
    for judged in judges::ocfl(&roots) {
        let root = judged.root.display();
        wrong.extend(judged.findings.iter().map(|finding| format!("{root}: {finding}")));
        if judged.good != judged.objects || judged.objects != house.sealed.len() as u64 {
            wrong.push(format!(
                "{root}: {} of {} objects good, {} sealed",
                judged.good,
                judged.objects,
                house.sealed.len()
            ));
        }
    }
    wrong
}

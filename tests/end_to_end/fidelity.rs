//! The mark by another renderer (poppler), and the scan's pixels by another library (Pillow).

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use mocban_tests::judges;
use serde_json::Value;

use crate::{House, Wrong};

const DPI: f64 = 100.0;
/// Grey levels that differ by more than this were changed by more than antialiasing.
const CHANGED: i32 = 24;
/// Grey levels below the paper's by this are ink.
const INK: i32 = 70;
/// Share of ink another renderer may see under the mark: dust.
const DUST: f64 = 0.002;

struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Grey {
    fn of_page_one(pdf: &Path) -> Self {
        let output = Command::new("pdftoppm")
            .args(["-r", "100", "-f", "1", "-l", "1", "-gray"])
            .arg(pdf)
            .output()
            .expect("pdftoppm");
        let bytes = output.stdout;
        let head: Vec<usize> =
            bytes.iter().enumerate().filter(|(_, b)| b.is_ascii_whitespace()).map(|(i, _)| i).take(4).collect();
        let number = |from: usize, to: usize| -> usize {
            String::from_utf8_lossy(&bytes[head[from] + 1..head[to]]).parse().expect("a PGM head")
        };
        let (width, height) = (number(0, 1), number(1, 2));
        Self { width, height, pixels: bytes[head[3] + 1..].to_vec() }
    }

    fn at(&self, x: usize, y: usize) -> i32 {
        i32::from(self.pixels[y * self.width + x])
    }
}

/// Sealing changed pixels only inside the recorded box, and that box was blank before.
pub(crate) fn mark_on_blank_paper(house: &House) -> Wrong {
    let mut wrong = Vec::new();
    for (source, sealed) in &house.sealed {
        let document = &house.documents[source];
        let Some(unsealed) = unsealed(house, document, sealed) else {
            wrong.push(format!("{source}: the revision before the seal is not found"));
            continue;
        };
        let (before, after) = (Grey::of_page_one(&unsealed), Grey::of_page_one(sealed));
        if (before.width, before.height) != (after.width, after.height) {
            wrong.push(format!("{source}: the page changed its size"));
            continue;
        }
        wrong.extend(compare(&document["placement"], &before, &after).map(|why| format!("{source}: {why}")));
    }
    wrong
}

fn compare(placement: &Value, before: &Grey, after: &Grey) -> Option<String> {
    let mm = |key: &str| placement[key].as_f64().unwrap_or(0.0);
    let px = |mm: f64| mm * DPI / 25.4;
    let (left, top) = (px(mm("x_mm")), px(mm("y_mm")));
    let (right, bottom) = (left + px(mm("width_mm")), top + px(mm("height_mm")));
    let mut sorted = before.pixels.clone();
    sorted.sort_unstable();
    let paper = i32::from(sorted[sorted.len() * 3 / 4]);
    let (mut inside, mut ink, mut drawn, mut outside) = (0_u32, 0_u32, 0_u32, 0_u32);
    for y in 0..before.height {
        for x in 0..before.width {
            let (fx, fy) = (x as f64, y as f64);
            let changed = (before.at(x, y) - after.at(x, y)).abs() > CHANGED;
            if fx >= left - 1.5 && fx <= right + 1.5 && fy >= top - 1.5 && fy <= bottom + 1.5 {
                inside += 1;
                ink += u32::from(before.at(x, y) < paper - INK);
                drawn += u32::from(changed);
            } else {
                outside += u32::from(changed);
            }
        }
    }
    if outside > 0 {
        return Some(format!("{outside} pixels changed outside the mark's box"));
    }
    if drawn < inside / 100 {
        return Some(format!("the mark shows only {drawn} of {inside} pixels"));
    }
    let share = f64::from(ink) / f64::from(inside.max(1));
    (share > DUST).then(|| format!("{:.2} % ink under the mark", share * 100.0))
}

/// The file as it was before our seal.
pub(crate) fn unsealed(house: &House, document: &Value, sealed: &Path) -> Option<PathBuf> {
    let bytes = std::fs::read(sealed).expect("sealed file");
    let path = house.sandbox.beside("unsealed.pdf");
    std::fs::write(&path, bytes.get(..first_revision(document, sealed)?)?).expect("write");
    Some(path)
}

/// Length of the file before our seal.
fn first_revision(document: &Value, sealed: &Path) -> Option<usize> {
    let revisions = pdf::revisions(sealed).ok()?;
    // The seal and the rise are the last two.
    let index = revisions.len().checked_sub(3)?;
    let end = revisions.get(index)?.end;
    (document["level"] == "B-LTA").then_some(usize::try_from(end).ok()?)
}

/// Every image in the sealed file, decoded by Pillow and poppler, equals the scan decoded by Pillow.
pub(crate) fn pixels_untouched(house: &House) -> Wrong {
    let pairs: Vec<(PathBuf, PathBuf)> = house
        .sealed
        .iter()
        .filter(|(source, _)| house.documents[*source]["form"] == "assembled")
        .map(|(_, pdf)| (pdf.clone(), pdf.with_file_name("originals")))
        .collect();
    let mut command = Command::new(judges::python());
    command.arg(mocban_tests::sandbox::root().join("tests/judges/pixels.py"));
    for (pdf, originals) in &pairs {
        command.arg(pdf).arg(originals);
    }
    let output = command.output().expect("python");
    let mut wrong: Wrong = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    if !output.status.success() && wrong.is_empty() {
        wrong.push(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    wrong
}

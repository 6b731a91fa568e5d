//! What is known of a sample: its text, its fields, its blank corner, and what must become of it.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    error::Error,
    fonts::Fonts,
    layout::{MM_PER_PT, Page},
    paper::{Kind, Paper},
};

/// The truth of one document; a JSON file of its own, outside inbound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// `mocban.sample/1`.
    pub schema: String,
    /// Path below inbound, as `mocban.document/1` says it.
    pub source: String,
    /// What must become of it.
    pub expected: Expected,
    /// Descriptive fields that can be read on the paper, by their identifiers.
    pub fields: BTreeMap<String, String>,
    /// Page by page.
    pub pages: Vec<TruthPage>,
    /// Width and height of the largest blank box at the top-left corner of page one, mm, on the untilted paper.
    pub free_corner_mm: Option<[f64; 2]>,
    /// The form of its files: `jpeg folder`, `tiff group4`, …
    pub form: String,
    /// What is odd about it; empty: nothing.
    pub odd: String,
}

/// What must become of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// `done`, `held`, `waiting` or `duplicate`.
    pub state: String,
    /// The code of why, for held and waiting ones.
    pub reason: Option<String>,
    /// Source of the document it repeats.
    pub duplicate_of: Option<String>,
    /// `assembled`, or `original` for a PDF that stays as it is; empty when it never gets there.
    pub form: Option<String>,
}

/// The truth of one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthPage {
    /// Resolution.
    pub dpi: f64,
    /// Tilt of the scan in degrees, positive when lines fall to the right.
    pub tilt_deg: f64,
    /// Clockwise turn that makes the displayed page upright.
    pub turned: u32,
    /// Printed lines.
    pub lines: Vec<TruthLine>,
    /// Words of coloured stamps.
    pub stamps: Vec<String>,
}

/// One printed line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthLine {
    /// Its text.
    pub text: String,
    /// Which part of the paper.
    pub part: String,
    /// Box on the untilted, upright page: x, y, width, height in mm.
    pub rect_mm: [f64; 4],
}

impl Truth {
    /// Reads a truth file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
        serde_json::from_str(&text).map_err(|source| Error::Truth { path: path.to_owned(), source })
    }

    /// Reads every truth file below a directory, in order of their paths.
    pub fn read_all(directory: &Path) -> Result<Vec<Self>, Error> {
        let mut all = Vec::new();
        let mut entries: Vec<_> = std::fs::read_dir(directory)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(Error::io(directory))?
            .into_iter()
            .map(|entry| entry.path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                all.extend(Self::read_all(&path)?);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                all.push(Self::read(&path)?);
            }
        }
        Ok(all)
    }

    /// The text of one page, a line a row.
    pub fn text(&self, page: usize) -> String {
        self.pages.get(page).map_or_else(String::new, TruthPage::text)
    }
}

impl TruthPage {
    /// The page's text, a line a row.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(&line.text);
            text.push('\n');
        }
        text
    }
}

/// Lines of a laid-out page.
pub(crate) fn lines(page: &Page, fonts: &Fonts) -> Vec<TruthLine> {
    page.runs
        .chunk_by(|a, b| a.line == b.line)
        .map(|runs| {
            let text = runs.iter().map(|run| run.text.as_str()).collect::<Vec<_>>().join(" ");
            let (first, last) = (&runs[0], &runs[runs.len() - 1]);
            let spaces = last.text.matches(' ').count() as f64;
            let right = last.x + fonts.width(last.face, last.size_pt, &last.text) * MM_PER_PT + spaces * last.gap;
            let size = first.size_pt * MM_PER_PT;
            let rect = [first.x, first.y - size * 0.75, right - first.x, size].map(|mm| (mm * 100.0).round() / 100.0);
            TruthLine { text, part: first.part.to_owned(), rect_mm: rect }
        })
        .collect()
}

/// Fields that can be read on a paper.
pub(crate) fn fields(paper: &Paper) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let mut set = |name: &str, value: &str| fields.insert(name.to_owned(), value.to_owned());
    set("number", &paper.number);
    set("notation", &paper.notation);
    set("issued_date", &paper.date_iso());
    set("issued_place", &paper.place);
    set("issuer", &paper.issuer);
    set("type_name", paper.kind.term());
    if paper.kind != Kind::Letter {
        set("type_code", paper.kind.code());
    }
    set("subject", &paper.subject);
    set("signer_name", &paper.sign_off.name);
    let mut role = paper.sign_off.on_behalf.clone();
    role.push(paper.sign_off.role.clone());
    set("signer_role", &role.join(" "));
    if let Some(level) = &paper.stamps.secrecy {
        set(
            "secrecy",
            match level.as_str() {
                "TUYỆT MẬT" => "tuyet-mat",
                "TỐI MẬT" => "toi-mat",
                _ => "mat",
            },
        );
    }
    fields
}

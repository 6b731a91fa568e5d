//! Sets a paper on A4 pages: where every run of letters stands, in millimetres from the page's top-left corner.

mod flow;
mod header;
mod sign_off;

use super::{
    fonts::{Face, Fonts},
    paper::{BlockKind, Era, Paper, Profile},
};
use flow::Flow;

/// A4.
pub const PAGE_MM: (f64, f64) = (210.0, 297.0);
/// Millimetres in a point.
pub(crate) const MM_PER_PT: f64 = 25.4 / 72.0;

/// Letters of one face on one baseline.
#[derive(Debug, Clone)]
pub struct Run {
    /// The text.
    pub text: String,
    /// Its face.
    pub face: Face,
    /// Its size, points.
    pub size_pt: f64,
    /// Left end of the baseline, mm.
    pub x: f64,
    /// The baseline, mm.
    pub y: f64,
    /// Added to every space, mm (justified lines).
    pub gap: f64,
    /// Line number on the page: runs of one line share it.
    pub line: u32,
    /// Which part of the paper: `head_left`, `head_right`, `title`, `body`, `recipients`, `sign_off`, `page_number`, `table`.
    pub part: &'static str,
}

/// A straight rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Left or top end, mm.
    pub from: (f64, f64),
    /// Other end, mm.
    pub to: (f64, f64),
    /// Thickness, mm.
    pub thickness: f64,
}

/// Something put on the paper by hand.
#[derive(Debug, Clone)]
pub enum Mark {
    /// The round seal, its centre.
    Seal {
        /// Across, mm.
        x: f64,
        /// Down, mm.
        y: f64,
    },
    /// A signature, its left end.
    Signature {
        /// Across, mm.
        x: f64,
        /// Down, mm.
        y: f64,
        /// The second signer's.
        second: bool,
    },
    /// Where a secrecy stamp goes: under the number on page one.
    UnderNumber {
        /// Across, mm.
        x: f64,
        /// Down, mm.
        y: f64,
    },
    /// Where the received stamp goes: under the date on page one.
    UnderDate {
        /// Across, mm.
        x: f64,
        /// Down, mm.
        y: f64,
    },
}

/// One page laid out.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Letters.
    pub runs: Vec<Run>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Marks.
    pub marks: Vec<Mark>,
}

/// A paper laid out.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Its pages.
    pub pages: Vec<Page>,
    /// How far down the last page its end stands, 0 to 1.
    pub last: f64,
}

/// The faces and sizes of an era.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) text: Face,
    pub(crate) bold: Face,
    pub(crate) italic: Face,
    pub(crate) bold_italic: Face,
    pub(crate) size: f64,
    pub(crate) small: f64,
    /// Line distance over size.
    pub(crate) leading: f64,
    pub(crate) justified: bool,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
    pub(crate) typewriter: bool,
}

impl Style {
    fn of(paper: &Paper) -> Self {
        match paper.era {
            Era::Laser => Self {
                text: Face::Serif,
                bold: Face::SerifBold,
                italic: Face::SerifItalic,
                bold_italic: Face::SerifBoldItalic,
                size: 14.0,
                small: if paper.profile == Profile::Party { 12.0 } else { 11.0 },
                leading: 1.28,
                justified: true,
                left: 30.0,
                right: 17.0,
                bottom: 22.0,
                typewriter: false,
            },
            Era::Typewriter => Self {
                text: Face::Mono,
                bold: Face::Mono,
                italic: Face::Mono,
                bold_italic: Face::Mono,
                size: 11.5,
                small: 10.5,
                leading: 1.5,
                justified: false,
                left: 28.0,
                right: 15.0,
                bottom: 20.0,
                typewriter: true,
            },
        }
    }
}

/// Lays a paper out.
pub fn lay_out(paper: &Paper, fonts: &Fonts) -> Layout {
    let style = Style::of(paper);
    let mut flow = Flow::new(style, fonts, paper.top_mm);
    header::set(&mut flow, paper);
    for block in &paper.blocks {
        let (lead, text) = (block.lead.as_str(), block.text.as_str());
        match block.kind {
            BlockKind::Body => flow.paragraph(&[(style.bold, lead), (style.text, text)], style.size),
            BlockKind::Basis => {
                let face = if paper.profile == Profile::State { style.italic } else { style.text };
                flow.paragraph(&[(face, text)], style.size);
            }
            BlockKind::Heading => flow.paragraph(&[(style.bold, text)], style.size),
            BlockKind::Order => {
                flow.skip(1.0);
                flow.centred(text, style.bold, style.size, "title");
                flow.skip(2.0);
            }
            BlockKind::Addressee => {
                flow.centred(text, style.text, style.size, "body");
                flow.skip(3.0);
            }
        }
    }
    sign_off::set(&mut flow, paper);
    flow.finish()
}

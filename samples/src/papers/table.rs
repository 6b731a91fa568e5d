//! A page with no blank place: a table of figures from edge to edge.

use super::{
    bank::names::{COMMUNES, person},
    fonts::{Face, Fonts},
    layout::{Layout, MM_PER_PT, PAGE_MM, Page, Rule, Run},
    prng::Seeded,
};

const EDGE: f64 = 4.5;
const ROW: f64 = 5.0;
const COLUMNS: [(f64, &str); 8] = [
    (9.0, "TT"),
    (46.0, "Họ và tên"),
    (36.0, "Địa phương"),
    (22.0, "Năm sinh"),
    (24.0, "Số thẻ"),
    (22.0, "Diện tích"),
    (22.0, "Sản lượng"),
    (20.0, "Ghi chú"),
];

/// Lays the table out.
pub(crate) fn lay_out(fonts: &Fonts, seed: &Seeded) -> Layout {
    let mut rng = seed.fork("table");
    let mut page = Page::default();
    let rows = ((PAGE_MM.1 - 2.0 * EDGE) / ROW) as u32;
    for row in 0..rows {
        let top = EDGE + f64::from(row) * ROW;
        let cells: Vec<String> = if row == 0 {
            COLUMNS.iter().map(|(_, title)| (*title).to_owned()).collect()
        } else {
            vec![
                row.to_string(),
                person(&mut rng),
                rng.pick(COMMUNES).to_owned(),
                rng.whole(1921, 1968).to_string(),
                format!("{:06}", rng.whole(1200, 998_000)),
                format!("{},{} ha", rng.whole(0, 4), rng.whole(1, 9)),
                format!("{} kg", rng.whole(400, 9800)),
                rng.pick(&["Đủ", "Thiếu", "Nợ cũ", "Miễn"]).to_owned(),
            ]
        };
        let mut x = EDGE;
        for ((width, _), text) in COLUMNS.iter().zip(cells) {
            let face = if row == 0 { Face::SerifBold } else { Face::Serif };
            let mut size_pt = 10.5;
            let natural = fonts.width(face, size_pt, &text) * MM_PER_PT;
            size_pt *= ((width - 1.6) / natural).min(1.0);
            page.runs.push(Run {
                text,
                face,
                size_pt,
                x: x + 0.8,
                y: top + ROW * 0.72,
                gap: 0.0,
                line: row,
                part: "table",
            });
            x += width;
        }
        page.rules.push(Rule { from: (EDGE, top), to: (PAGE_MM.0 - EDGE, top), thickness: 0.3 });
    }
    let (bottom, mut x) = (EDGE + f64::from(rows) * ROW, EDGE);
    page.rules.push(Rule { from: (EDGE, bottom), to: (PAGE_MM.0 - EDGE, bottom), thickness: 0.3 });
    for width in std::iter::once(0.0).chain(COLUMNS.iter().map(|(width, _)| *width)) {
        x += width;
        page.rules.push(Rule { from: (x, EDGE), to: (x, bottom), thickness: 0.3 });
    }
    Layout { pages: vec![page], last: 1.0 }
}

//! Pages by chance, on which the ladder is searched a second time, plainly: pixel by pixel, place by place.

use model::{RectMm, SizeMm};
use proptest::prelude::*;
use scan::Pixels;

use super::*;

/// A pixel a millimetre: then pixels, cells and the ladder's figures share one grid, and both searches must agree exactly.
const DPI: f64 = 25.4;
const PAPER: u8 = 240;
const INK: u8 = 30;

/// A page of whole millimetres; true is ink.
#[derive(Debug, Clone)]
struct Sheet {
    width: usize,
    height: usize,
    ink: Vec<bool>,
    /// Widgets: left, top, width, height.
    widgets: Vec<[usize; 4]>,
}

impl Sheet {
    fn size(&self) -> SizeMm {
        SizeMm { width: self.width as f64, height: self.height as f64 }
    }

    fn map(&self) -> InkMap {
        let data = self.ink.iter().map(|ink| if *ink { INK } else { PAPER }).collect();
        InkMap::from_pixels(
            &Pixels { width: self.width as u32, height: self.height as u32, channels: 1, data },
            DPI,
            DPI,
        )
    }

    fn obstacles(&self) -> Vec<RectMm> {
        let rect = |[x, y, width, height]: &[usize; 4]| RectMm {
            x: *x as f64,
            y: *y as f64,
            width: *width as f64,
            height: *height as f64,
        };
        self.widgets.iter().map(rect).collect()
    }

    fn fill(&mut self, x: usize, y: usize, width: usize, height: usize) {
        for row in y..(y + height).min(self.height) {
            self.ink[row * self.width + x..row * self.width + (x + width).min(self.width)].fill(true);
        }
    }

    /// Neither ink nor a widget anywhere in the box.
    fn blank(&self, x: usize, y: usize, width: usize, height: usize) -> bool {
        let free =
            |[left, top, w, h]: &[usize; 4]| left + w <= x || x + width <= *left || top + h <= y || y + height <= *top;
        let mut rows = y..y + height;
        self.widgets.iter().all(free)
            && rows.all(|row| self.ink[row * self.width + x..row * self.width + x + width].iter().all(|ink| !ink))
    }

    /// The first place of the ladder, by trying them all in its order: step, size, left, top.
    fn searched(&self, ladder: &Ladder) -> Option<(&'static str, String, f64, f64)> {
        let size = self.size();
        let fits = |step: &str, rect: &RectMm| match step {
            "corner" => rect.x <= ladder.corner_mm && rect.y <= ladder.corner_mm,
            "zone" => {
                rect.right() <= size.width * ladder.zone_width && rect.bottom() <= size.height * ladder.zone_height
            }
            "strip" => rect.bottom() <= ladder.strip_mm,
            _ => rect.right() <= size.width * ladder.margin_width,
        };
        let clear = ladder.clearance_mm as usize;
        for step in ["corner", "zone", "strip", "margin"] {
            for mark in &ladder.sizes {
                let (wide, high) = (mark.width_mm as usize + 2 * clear, mark.height_mm as usize + 2 * clear);
                if wide > self.width || high > self.height {
                    continue;
                }
                // Nearest to the corner first, the higher one of two.
                let mut places: Vec<(usize, usize)> =
                    (0..=self.height - high).flat_map(|y| (0..=self.width - wide).map(move |x| (x, y))).collect();
                places.sort_by_key(|(x, y)| (x + y, *y));
                let found = places.into_iter().find(|(x, y)| {
                    let (x, y) = ((x + clear) as f64, (y + clear) as f64);
                    let rect = RectMm { x, y, width: mark.width_mm, height: mark.height_mm };
                    fits(step, &rect) && self.blank(rect.x as usize - clear, rect.y as usize - clear, wide, high)
                });
                if let Some((x, y)) = found {
                    return Some((step, mark.name.clone(), (x + clear) as f64, (y + clear) as f64));
                }
            }
        }
        None
    }
}

/// Blocks of ink, some of them wide and thin as print is, some large; now and then a widget, or lines across the page's top.
fn sheet() -> impl Strategy<Value = Sheet> {
    let block = prop_oneof![
        6 => (0.0..1.0, 0.0..1.0, 1..40_usize, 1..3_usize),
        2 => (0.0..1.0, 0.0..1.0, 1..3_usize, 1..3_usize),
        1 => (0.0..1.0, 0.0..1.0, 5..60_usize, 5..40_usize),
        1 => (0.0..0.3, 0.0..0.3, 1..70_usize, 1..20_usize),
    ];
    let widget = (0..100_usize, 0..60_usize, 1..30_usize, 1..20_usize).prop_map(|(x, y, w, h)| [x, y, w, h]);
    let widgets = proptest::collection::vec(widget, 0..2);
    let lines = proptest::option::weighted(0.2, 0.1..0.6);
    (50..150_usize, 30..170_usize, proptest::collection::vec(block, 0..24), widgets, lines).prop_map(
        |(width, height, blocks, widgets, lines)| {
            let mut sheet = Sheet { width, height, ink: vec![false; width * height], widgets };
            for (x, y, w, h) in blocks {
                sheet.fill((x * width as f64) as usize, (y * height as f64) as usize, w, h);
            }
            for y in (3..(lines.unwrap_or(0.0) * height as f64) as usize).step_by(6) {
                sheet.fill(3, y, width, 1);
            }
            sheet
        },
    )
}

/// A page that is mostly ink has no paper to measure by.
fn has_paper(sheet: &Sheet) -> bool {
    sheet.ink.iter().filter(|ink| **ink).count() * 4 < sheet.ink.len()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn the_ladder_is_searched_as_it_stands(sheet in sheet()) {
        prop_assume!(has_paper(&sheet));
        let (map, ladder) = (sheet.map(), Ladder::default());
        let found = find(&map, sheet.size(), &sheet.obstacles(), &ladder);
        prop_assert_eq!(&find(&map, sheet.size(), &sheet.obstacles(), &ladder), &found, "the same place again");
        let plainly = sheet.searched(&ladder);
        let told = found.as_ref().ok().map(|found| (found.step.as_str(), found.size.clone(), found.rect.x, found.rect.y));
        prop_assert_eq!(told, plainly);
        if let Ok(found) = found {
            let area = found.rect.grown(found.clearance_mm);
            prop_assert!(area.x >= 0.0 && area.y >= 0.0);
            prop_assert!(area.right() <= sheet.size().width && area.bottom() <= sheet.size().height);
            prop_assert_eq!((found.dark_share, found.largest_ink_mm), (0.0, 0.0));
        }
    }
}

#[test]
fn chance_reaches_every_step_and_none() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut steps = std::collections::BTreeMap::new();
    for _ in 0..400 {
        let sheet = sheet().new_tree(&mut runner).expect("a sheet").current();
        let found = find(&sheet.map(), sheet.size(), &sheet.obstacles(), &Ladder::default());
        *steps.entry(found.map_or("none".to_owned(), |found| found.step)).or_insert(0_u32) += 1;
    }
    assert!(steps.len() == 5 && steps.values().all(|count| *count > 3), "{steps:?}");
}

#[test]
fn a_page_that_holds_one_mark_and_no_more_takes_it() {
    let ladder = Ladder::default();
    for mark in &ladder.sizes {
        let with_clearance = |length: f64| (length + 2.0 * ladder.clearance_mm) as usize;
        let (width, height) = (with_clearance(mark.width_mm), with_clearance(mark.height_mm));
        let blank = |width, height| Sheet { width, height, ink: vec![false; width * height], widgets: Vec::new() };
        let sheet = blank(width, height);
        let found = find(&sheet.map(), sheet.size(), &[], &ladder).expect("room");
        assert_eq!((&found.size, found.rect.x, found.rect.y), (&mark.name, 2.0, 2.0));
        let narrower = blank(width - 1, height);
        assert_ne!(
            find(&narrower.map(), narrower.size(), &[], &ladder).ok().map(|found| found.size),
            Some(mark.name.clone())
        );
    }
}

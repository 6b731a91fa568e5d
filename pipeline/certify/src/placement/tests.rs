//! Drawn pages, and pages drawn by chance.

use model::{RectMm, SizeMm};
use scan::Pixels;

use super::*;

const DPI: f64 = 300.0;
const A4: SizeMm = SizeMm { width: 210.0, height: 297.0 };

/// A page of one grey on which boxes (mm) are drawn.
struct Page {
    width: usize,
    height: usize,
    dpi: f64,
    data: Vec<u8>,
}

impl Page {
    fn a4(paper: u8) -> Self {
        Self::of(A4, DPI, paper)
    }

    fn of(size: SizeMm, dpi: f64, paper: u8) -> Self {
        let px = |mm: f64| (mm / 25.4 * dpi).round() as usize;
        let (width, height) = (px(size.width), px(size.height));
        Self { width, height, dpi, data: vec![paper; width * height] }
    }

    fn fill(&mut self, mm: (f64, f64, f64, f64), value: u8) {
        let px = |mm: f64, limit: usize| ((mm / 25.4 * self.dpi).round().max(0.0) as usize).min(limit);
        let (left, right) = (px(mm.0, self.width), px(mm.0 + mm.2, self.width));
        for y in px(mm.1, self.height)..px(mm.1 + mm.3, self.height) {
            self.data[y * self.width + left..y * self.width + right].fill(value);
        }
    }

    /// Rows of small dark boxes, like print, from y to y + height.
    fn print(&mut self, mm: (f64, f64, f64, f64)) {
        let (mut y, mut i) = (mm.1, 0_u32);
        while y < mm.1 + mm.3 {
            let mut x = mm.0;
            while x < mm.0 + mm.2 {
                self.fill((x, y, 1.2, 2.2), 40);
                i += 1;
                x += if i.is_multiple_of(6) { 4.0 } else { 1.9 };
            }
            y += 6.0;
        }
    }

    fn map(&self) -> InkMap {
        let pixels =
            Pixels { width: self.width as u32, height: self.height as u32, channels: 1, data: self.data.clone() };
        InkMap::from_pixels(&pixels, self.dpi, self.dpi)
    }

    fn find(&self) -> Result<model::Placement, NoRoom> {
        find(&self.map(), A4, &[], &Ladder::default())
    }
}

fn place(found: &model::Placement) -> (&str, &str, f64, f64) {
    (&found.step, &found.size, found.rect.x, found.rect.y)
}

#[test]
fn a_blank_page_takes_the_full_mark_at_the_corner() {
    let found = Page::a4(250).find().expect("room");
    assert_eq!(place(&found), ("corner", "full", 2.0, 2.0));
    assert_eq!((found.page, found.clearance_mm, found.dark_share, found.largest_ink_mm), (1, 2.0, 0.0, 0.0));
    assert_eq!((found.page_w_mm, found.page_h_mm), (210.0, 297.0));
}

#[test]
fn a_letterhead_in_two_columns_takes_a_smaller_size_at_the_corner() {
    let mut page = Page::a4(240);
    page.print((30.0, 20.0, 70.0, 20.0));
    page.print((115.0, 20.0, 75.0, 20.0));
    page.print((30.0, 60.0, 160.0, 200.0));
    let found = page.find().expect("room");
    assert_eq!((found.step.as_str(), found.size.as_str()), ("corner", "narrow"), "{found:?}");
    assert!(found.rect.bottom() + 2.0 <= 20.01);
}

#[test]
fn the_ladder_goes_to_zone_strip_and_margin_before_it_gives_up() {
    let mut zone = Page::a4(245);
    zone.fill((5.0, 5.0, 20.0, 20.0), 30);
    zone.fill((0.0, 110.0, 210.0, 180.0), 60);
    let found = zone.find().expect("room");
    assert_eq!(found.step, "zone");
    assert!(found.rect.right() <= 126.0 && found.rect.bottom() <= 104.0, "{found:?}");

    let mut strip = Page::a4(245);
    strip.fill((3.0, 5.0, 125.0, 285.0), 30);
    let found = strip.find().expect("room");
    assert_eq!(found.step, "strip");
    assert!(found.rect.x >= 129.9 && found.rect.bottom() <= 45.0);

    let mut margin = Page::a4(245);
    margin.fill((2.0, 2.0, 206.0, 120.0), 30);
    let found = margin.find().expect("room");
    assert_eq!((found.step.as_str(), found.size.as_str()), ("margin", "full"));
    assert!(found.rect.y >= 124.0 && found.rect.right() <= 73.5);

    let mut full = Page::a4(245);
    full.print((2.0, 2.0, 206.0, 292.0));
    let refused = full.find().expect_err("no room");
    assert_eq!(refused.smallest.map(|size| size.name), Some("small".to_owned()));
}

#[test]
fn dust_is_tolerated_and_print_is_not() {
    let mut page = Page::a4(235);
    for i in 0..40 {
        page.fill((4.0 + f64::from(i % 8) * 9.0, 4.0 + f64::from(i / 8) * 5.0, 0.17, 0.17), 90);
    }
    let found = page.find().expect("room");
    assert_eq!(place(&found), ("corner", "full", 2.0, 2.0));
    assert!(found.largest_ink_mm > 0.0 && found.largest_ink_mm <= 0.3 && found.dark_share > 0.0);
    // A single full stop of half a millimetre moves the mark away.
    page.fill((30.0, 12.0, 0.5, 0.5), 60);
    let moved = page.find().expect("room");
    assert_ne!(moved.rect, found.rect);
    assert!(!moved.rect.grown(2.0).intersects(&RectMm { x: 30.1, y: 12.1, width: 0.3, height: 0.3 }));
}

#[test]
fn too_much_dust_is_dirt() {
    let mut page = Page::a4(235);
    for i in 0..20_000_u32 {
        page.fill((f64::from(i % 200) * 1.0, f64::from(i / 200) * 0.6, 0.17, 0.17), 60);
    }
    let found = page.find().expect("room below");
    assert!(found.rect.y >= 59.0, "{found:?}");
}

#[test]
fn a_shadow_is_paper_and_a_dark_border_is_not() {
    let mut page = Page::a4(240);
    for i in 0..60 {
        page.fill((f64::from(i) * 0.5, 0.0, 0.5, 297.0), (170.0 + 70.0 * f64::from(i) / 60.0) as u8);
    }
    assert_eq!(place(&page.find().expect("room")), ("corner", "full", 2.0, 2.0));
    page.fill((0.0, 0.0, 6.0, 297.0), 25);
    page.fill((0.0, 0.0, 210.0, 4.0), 25);
    let found = page.find().expect("room");
    assert_eq!((found.step.as_str(), found.size.as_str()), ("corner", "full"));
    assert!(found.rect.x >= 8.0 && found.rect.y >= 6.0, "{found:?}");
}

#[test]
fn grain_is_paper_and_faint_ink_is_ink() {
    let mut page = Page::a4(215);
    let mut seed = 7_u32;
    for value in &mut page.data {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *value = (f64::from(*value) + f64::from(seed >> 24) / 255.0 * 30.0 - 15.0) as u8;
    }
    assert_eq!(place(&page.find().expect("room")), ("corner", "full", 2.0, 2.0));
    page.fill((10.0, 10.0, 20.0, 0.6), 150);
    assert!(page.find().expect("room").rect.y >= 12.0 || page.find().expect("room").rect.right() < 8.0);
}

#[test]
fn a_coloured_stamp_is_ink() {
    let mut page = Page::a4(255);
    page.print((25.0, 60.0, 160.0, 200.0));
    let mut data: Vec<u8> = page.data.iter().flat_map(|v| [*v, *v, *v]).collect();
    for y in 100..240_usize {
        for x in 100..500 {
            data[(y * page.width + x) * 3..][..3].copy_from_slice(&[250, 120, 130]);
        }
    }
    let pixels = Pixels { width: page.width as u32, height: page.height as u32, channels: 3, data };
    let found = find(&InkMap::from_pixels(&pixels, DPI, DPI), A4, &[], &Ladder::default()).expect("room");
    assert!(!found.rect.grown(2.0).intersects(&RectMm { x: 8.5, y: 8.5, width: 33.8, height: 11.8 }), "{found:?}");
}

#[test]
fn obstacles_block_like_ink() {
    let map = Page::a4(250).map();
    let widget = RectMm { x: 10.0, y: 8.0, width: 40.0, height: 20.0 };
    let found = find(&map, A4, &[widget], &Ladder::default()).expect("room");
    assert!(!found.rect.grown(2.0).intersects(&widget));
    let everywhere = RectMm { x: -10.0, y: -10.0, width: 400.0, height: 400.0 };
    assert!(find(&map, A4, &[everywhere], &Ladder::default()).is_err());
    let nonsense = RectMm { x: f64::NAN, y: 0.0, width: f64::INFINITY, height: 1.0 };
    assert!(find(&map, A4, &[nonsense], &Ladder::default()).is_ok());
}

#[test]
fn a_map_is_stored_and_read_back_and_nothing_else_is() {
    let mut page = Page::of(SizeMm { width: 40.0, height: 30.0 }, 200.0, 240);
    page.print((5.0, 5.0, 30.0, 20.0));
    let map = page.map();
    let bytes = map.to_bytes().expect("bytes");
    assert_eq!(InkMap::from_bytes(&bytes), Ok(map.clone()));
    assert_eq!(InkMap::from_bytes(&bytes).expect("map").sha256(), map.sha256());
    for end in 0..bytes.len() {
        assert!(InkMap::from_bytes(&bytes[..end]).is_err(), "{end}");
    }
    for at in 0..bytes.len() {
        let mut broken = bytes.clone();
        broken[at] ^= 0x11;
        drop(InkMap::from_bytes(&broken));
    }
}

/// The box and its clearance lie on the page, over nothing but paper, by a plain look at the pixels.
fn blank_under(page: &Page, paper: u8, size: SizeMm, found: &model::Placement) {
    let area = found.rect.grown(found.clearance_mm);
    assert!(area.x >= -1e-6 && area.y >= -1e-6, "{found:?}");
    assert!(area.right() <= size.width + 1e-6 && area.bottom() <= size.height + 1e-6, "{found:?}");
    let px = |mm: f64| (mm / 25.4 * page.dpi) as usize;
    for y in px(area.y) + 1..px(area.bottom()).min(page.height) {
        let row = &page.data[y * page.width..(y + 1) * page.width];
        let under = &row[px(area.x) + 1..px(area.right()).min(page.width)];
        assert!(under.iter().all(|v| *v == paper), "ink at row {y} under {found:?}");
    }
}

/// Nothing as large as the smallest size is blank at the corner.
fn no_corner_blank(page: &Page, paper: u8, size: SizeMm) {
    let px = |mm: f64| (mm / 25.4 * page.dpi) as usize;
    for (x, y) in (0..12).flat_map(|x| (0..12).map(move |y| (2.5 + f64::from(x), 2.5 + f64::from(y)))) {
        let inside = x + 38.0 < size.width && y + 13.0 < size.height;
        let (left, right) = (px(x - 2.4), px(x + 37.8));
        let mut rows = px(y - 2.4)..px(y + 12.8);
        let blank = inside && rows.all(|row| page.data[row * page.width..][left..right].iter().all(|v| *v == paper));
        assert!(!blank, "room at {x} {y} of {size:?}");
    }
}

#[test]
fn any_page_gives_a_blank_box_inside_it_or_no_room() {
    let mut seed = 99_u64;
    let mut chance = move |below: f64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as f64 / f64::from(1_u32 << 31) * below
    };
    let (mut placed, mut refused) = (0, 0);
    for _ in 0..60 {
        let size = SizeMm { width: 60.0 + chance(240.0), height: 60.0 + chance(300.0) };
        let mut page = Page::of(size, 100.0 + chance(120.0), 200 + chance(55.0) as u8);
        let paper = page.data[0];
        for _ in 0..chance(160.0) as u32 {
            let area = (chance(size.width), chance(size.height), 0.6 + chance(60.0), 0.6 + chance(6.0));
            page.fill(area, (f64::from(paper) * chance(0.7)) as u8);
        }
        let ladder = Ladder::default();
        let map = page.map();
        if let Ok(found) = find(&map, size, &[], &ladder) {
            placed += 1;
            blank_under(&page, paper, size, &found);
            assert_eq!(find(&map, size, &[], &ladder).as_ref(), Ok(&found), "the same place again");
        } else {
            refused += 1;
            no_corner_blank(&page, paper, size);
        }
    }
    assert!(placed > 10 && refused > 3, "{placed} {refused}");
}

#[test]
fn small_and_false_pages_are_survived() {
    for (width, height, bytes) in [(0, 0, 0), (1, 1, 1), (1, 5000, 5000), (5000, 1, 5000), (10, 10, 7), (3, 3, 27)] {
        let pixels = Pixels { width, height, channels: if bytes == 27 { 3 } else { 1 }, data: vec![200; bytes] };
        for dpi in [0.0, 10.0, 300.0, 1200.0, f64::NAN] {
            let map = InkMap::from_pixels(&pixels, dpi, 300.0);
            assert!(find(&map, SizeMm { width: 1.0, height: f64::NAN }, &[], &Ladder::default()).is_err());
        }
    }
}

#[test]
fn a_box_by_hand_is_held_to_the_same_rules() {
    let mut page = Page::a4(245);
    page.print((10.0, 10.0, 190.0, 100.0));
    let map = page.map();
    let widget = RectMm { x: 150.0, y: 250.0, width: 40.0, height: 20.0 };
    let at = |x, y, width, height| at(&map, A4, &[widget], &Ladder::default(), RectMm { x, y, width, height }, "box");
    let placed = at(20.0, 130.0, 70.0, 25.0).expect("blank");
    assert_eq!((placed.step.as_str(), placed.size.as_str(), placed.clearance_mm), ("hand", "box", 2.0));
    assert_eq!((placed.dark_share, placed.largest_ink_mm), (0.0, 0.0));
    assert!(matches!(at(20.0, 30.0, 70.0, 25.0), Err(NotBlank::Ink(seen)) if seen.dark_share > 0.01));
    // The last row of print ends at 108.2 mm: 1 mm away is too near, 3 mm are enough.
    assert!(matches!(at(20.0, 109.2, 70.0, 25.0), Err(NotBlank::Ink(_))));
    assert!(at(20.0, 111.2, 70.0, 25.0).is_ok());
    assert_eq!(at(100.0, 240.0, 60.0, 20.0), Err(NotBlank::Obstacle));
    for (x, y) in [(1.0, 130.0), (139.0, 130.0), (20.0, 271.0), (-80.0, 130.0), (f64::NAN, 130.0), (1e300, 130.0)] {
        assert_eq!(at(x, y, 70.0, 25.0), Err(NotBlank::Outside), "{x} {y}");
    }
    assert_eq!(at(20.0, 130.0, 0.0, 25.0), Err(NotBlank::Outside));
    assert_eq!(at(20.0, 130.0, f64::INFINITY, 25.0), Err(NotBlank::Outside));
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]
    /// Whatever the ladder finds, a person could have chosen.
    #[test]
    fn what_the_ladder_finds_a_person_may_choose(x in 0.0..150.0, y in 0.0..200.0, w in 20.0..150.0, h in 10.0..200.0) {
        let mut page = Page::of(A4, 150.0, 240);
        page.print((x, y, w, h));
        let map = page.map();
        if let Ok(found) = find(&map, A4, &[], &Ladder::default()) {
            let chosen = at(&map, A4, &[], &Ladder::default(), found.rect, &found.size);
            proptest::prop_assert_eq!(chosen.map(|chosen| chosen.dark_share), Ok(found.dark_share));
        }
    }
}

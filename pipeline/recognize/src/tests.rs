//! Pages drawn by the test, read back.

use std::time::Duration;

use model::PageWords;
use samples::papers::letter;
use scan::Pixels;
use skrifa::{
    FontRef, MetadataProvider as _,
    instance::{LocationRef, Size},
};

use super::*;

const FONT: &str = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf";
const BOLD: &str = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Bold.ttf";
const DPI: f64 = 300.0;

const TEXT: &[&str] = &[
    "Căn cứ Điều lệ Đảng Cộng sản Việt Nam; Căn cứ Quyết định số 21-QĐ/TW;",
    "Xét đề nghị của Ban Tổ chức Tỉnh ủy và Văn phòng Tỉnh ủy về việc sử dụng",
    "chữ ký số trong hệ thống mạng thông tin diện rộng của các cơ quan đảng,",
    "Ban Thường vụ Tỉnh ủy quyết định ban hành kèm theo văn bản này những quy",
    "định chung về quản lý, sử dụng chứng thư số và thiết bị lưu khóa bí mật.",
    "Các ban đảng, Mặt trận Tổ quốc, các đoàn thể chính trị - xã hội tỉnh, các",
    "huyện ủy, thị ủy, thành ủy, đảng ủy trực thuộc chịu trách nhiệm thi hành.",
    "Quyết định này có hiệu lực kể từ ngày ký, thay thế các quy định trước đây.",
];

/// A sheet being drawn, RGB.
struct Sheet {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Sheet {
    fn a4() -> Self {
        Self::blank(2480, 3508, [250, 248, 244])
    }

    fn blank(width: usize, height: usize, paper: [u8; 3]) -> Self {
        Self { width, height, data: paper.repeat(width * height) }
    }

    fn blend(&mut self, x: i64, y: i64, color: [u8; 3], share: f32) {
        if (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y) {
            let at = (y as usize * self.width + x as usize) * 3;
            for (old, new) in self.data[at..at + 3].iter_mut().zip(color) {
                *old = (f32::from(*old) * (1.0 - share) + f32::from(new) * share) as u8;
            }
        }
    }

    /// Text with its baseline's left end at a point in mm, size in points.
    fn text(&mut self, font: &str, text: &str, at_mm: (f64, f64), pt: f64, color: [u8; 3]) {
        let program = std::fs::read(font).expect("font");
        let face = FontRef::new(&program).expect("a font");
        let size = (pt / 72.0 * DPI) as f32;
        let advances = face.glyph_metrics(Size::new(size), LocationRef::default());
        let (mut x, y) = ((at_mm.0 / 25.4 * DPI) as f32, (at_mm.1 / 25.4 * DPI) as i64);
        for c in text.chars() {
            if let Some(drawn) = letter::draw(&face, c, size, x.fract()) {
                for (row, line) in drawn.data.chunks_exact(drawn.width).enumerate() {
                    for (column, share) in line.iter().enumerate() {
                        let px = x as i64 + i64::from(drawn.left) + column as i64;
                        self.blend(px, y + i64::from(drawn.top) + row as i64, color, f32::from(*share) / 255.0);
                    }
                }
            }
            x += face.charmap().map(c).and_then(|id| advances.advance_width(id)).unwrap_or(0.0);
        }
    }

    fn body(&mut self, top_mm: f64, lines: usize) {
        for i in 0..lines {
            self.text(FONT, TEXT[i % TEXT.len()], (28.0, top_mm + i as f64 * 8.0), 13.0, [25, 25, 30]);
        }
    }

    fn frame(&mut self, mm: (f64, f64, f64, f64), color: [u8; 3]) {
        let px = |v: f64| (v / 25.4 * DPI) as i64;
        let (x0, y0, x1, y1) = (px(mm.0), px(mm.1), px(mm.0 + mm.2), px(mm.1 + mm.3));
        for t in 0..px(0.6).min((y1 - y0) / 15) {
            for x in x0..=x1 {
                self.blend(x, y0 + t, color, 1.0);
                self.blend(x, y1 - t, color, 1.0);
            }
            for y in y0..=y1 {
                self.blend(x0 + t, y, color, 1.0);
                self.blend(x1 - t, y, color, 1.0);
            }
        }
    }

    fn ring(&mut self, centre_mm: (f64, f64), radius_mm: f64, color: [u8; 3]) {
        let px = |v: f64| v / 25.4 * DPI;
        let reach = px(radius_mm) as i64 + 2;
        let (cx, cy) = (px(centre_mm.0) as i64, px(centre_mm.1) as i64);
        for y in -reach..=reach {
            for x in -reach..=reach {
                let away = (x as f64).hypot(y as f64) / px(radius_mm);
                if (0.94..=1.0).contains(&away) || (0.70..=0.72).contains(&away) {
                    self.blend(cx + x, cy + y, color, 0.9);
                }
            }
        }
    }

    /// Falls to the right by degrees, as a badly fed sheet does.
    fn tilted(&self, degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut out = Self::blank(self.width, self.height, [250, 248, 244]);
        let (cx, cy) = (self.width as f64 / 2.0, self.height as f64 / 2.0);
        for y in 0..self.height {
            for x in 0..self.width {
                let (dx, dy) = (x as f64 - cx, y as f64 - cy);
                let (sx, sy) = (cx + dx * cos + dy * sin, cy - dx * sin + dy * cos);
                if sx >= 0.0 && sy >= 0.0 && (sx as usize) < self.width && (sy as usize) < self.height {
                    let from = (sy as usize * self.width + sx as usize) * 3;
                    let to = (y * self.width + x) * 3;
                    out.data[to..to + 3].copy_from_slice(&self.data[from..from + 3]);
                }
            }
        }
        out
    }

    /// Yellow paper, a shadow from the left, grain.
    fn aged(&self) -> Self {
        let mut seed = 0x2545_f491_u32;
        let data = self.data.chunks_exact(3).enumerate().flat_map(|(i, rgb)| {
            let x = (i % self.width) as f64 / self.width as f64;
            let shade = 0.78 + 0.22 * (x * 3.0).min(1.0);
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = f64::from(seed >> 24) / 255.0 * 24.0 - 12.0;
            let one = move |v: u8, tint: f64| (f64::from(v) * tint * shade + grain).clamp(0.0, 255.0) as u8;
            [one(rgb[0], 0.94), one(rgb[1], 0.88), one(rgb[2], 0.70)]
        });
        Self { width: self.width, height: self.height, data: data.collect() }
    }

    /// Clockwise by quarter turns.
    fn turned(&self, quarters: u32) -> Self {
        (0..quarters).fold(Self { data: self.data.clone(), ..*self }, |sheet, _| {
            let (w, h) = (sheet.height, sheet.width);
            let mut data = Vec::with_capacity(sheet.data.len());
            for y in 0..h {
                for x in 0..w {
                    let from = ((sheet.height - 1 - x) * sheet.width + y) * 3;
                    data.extend_from_slice(&sheet.data[from..from + 3]);
                }
            }
            Self { width: w, height: h, data }
        })
    }

    fn pixels(self) -> Pixels {
        Pixels { width: self.width as u32, height: self.height as u32, channels: 3, data: self.data }
    }
}

fn read(page: &Pixels) -> PageWords {
    Tesseract::new(None, "vie").read(page, (DPI, DPI), 1, Budget::default()).expect("read")
}

/// Edit distance of characters over the length of the truth.
fn character_error(read: &str, truth: &str) -> f64 {
    let flat = |text: &str| -> Vec<char> { text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect() };
    let (a, b) = (flat(read), flat(truth));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let next = (diagonal + usize::from(ca != cb)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()] as f64 / b.len() as f64
}

fn truth(lines: usize) -> String {
    (0..lines).map(|i| TEXT[i % TEXT.len()]).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_clean_page_is_read_in_place() {
    let mut sheet = Sheet::a4();
    sheet.body(60.0, 8);
    let words = read(&sheet.pixels());
    assert!(character_error(&words.text(), &truth(8)) < 0.01, "{}", words.text());
    assert_eq!((words.attempts.as_slice(), words.findings.len(), words.turned), (&["deskew".to_owned()][..], 0, 0));
    let first = &words.lines[0];
    assert!((first.baseline_x / DPI * 25.4 - 28.0).abs() < 1.5, "{first:?}");
    assert!((first.baseline_y / DPI * 25.4 - 60.0).abs() < 1.0, "{first:?}");
    assert!(first.angle_deg.abs() < 0.2 && first.words.iter().all(|word| word.rect.width > 8));
    assert!(words.confidence > 0.85);
}

#[test]
fn an_old_tilted_page_is_read_and_its_words_lie_on_the_tilt() {
    let mut sheet = Sheet::a4();
    sheet.body(60.0, 16);
    let page = sheet.tilted(2.8).aged().pixels();
    let words = read(&page);
    assert!(character_error(&words.text(), &truth(16)) < 0.03, "{}", words.text());
    let line = words.lines.iter().max_by_key(|line| line.words.len()).expect("a line");
    assert!((line.angle_deg - 2.8).abs() < 0.3, "{}", line.angle_deg);
    // Each box surrounds ink: its middle row crosses dark pixels, and the words fall along the line.
    assert!(line.words.last().expect("a word").rect.y > line.words[0].rect.y + 30);
    for word in words.words() {
        let y = word.rect.y + word.rect.height / 2;
        let at = (y * page.width + word.rect.x) as usize * 3;
        let row = &page.data[at..at + word.rect.width as usize * 3];
        assert!(row.chunks_exact(3).any(|rgb| rgb[0] < 120), "{word:?}");
    }
}

#[test]
fn the_tilt_is_found_within_a_tenth_of_a_degree() {
    let mut sheet = Sheet::a4();
    sheet.body(50.0, 24);
    let mut errors = Vec::new();
    for degrees in [-5.0, -2.35, -0.6, 0.0, 0.27, 1.1, 3.2, 6.4] {
        let page = sheet.tilted(degrees).aged().pixels();
        let mut picture = picture::Picture::of(&page, picture::Channel::Brightest, (1, 1));
        background::Background::of(&picture, (DPI, DPI)).divide_out(&mut picture);
        errors.push((skew::tilt(&skew::Coarse::of(&picture, (DPI, DPI)), 0) - degrees).abs());
    }
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    assert!(mean <= 0.1 && errors.iter().all(|e| *e < 0.2), "{errors:?}");
}

#[test]
fn turned_pages_are_read_upright() {
    let mut sheet = Sheet::a4();
    sheet.body(60.0, 14);
    for quarters in 1..4 {
        let page = sheet.turned(quarters).pixels();
        let words = read(&page);
        assert_eq!(u32::from(words.turned), 360 - quarters * 90, "{:?}", words.attempts);
        assert!(character_error(&words.text(), &truth(14)) < 0.02, "{}", words.text());
        assert!(words.findings.contains(&"turned".to_owned()));
        let wanted = (f64::from(quarters) * 90.0 + 180.0).rem_euclid(360.0) - 180.0;
        let off = (words.lines[0].angle_deg - wanted + 180.0).rem_euclid(360.0) - 180.0;
        assert!(off.abs() < 0.5, "{} {wanted}", words.lines[0].angle_deg);
    }
}

#[test]
fn a_ruled_table_is_read_row_by_row() {
    const ROW: f64 = 5.0;
    let mut sheet = Sheet::a4();
    let widths = [9.0, 46.0, 36.0, 22.0, 24.0, 22.0, 22.0, 20.0];
    let names = ["Nguyễn Văn An", "Trần Thị Bình", "Lê Hữu Cường", "Phạm Thị Dung", "Hoàng Đức Giang", "Đặng Thu Hà"];
    let places = ["Thanh Sơn", "Yên Lập", "Cẩm Khê", "Hạ Hòa", "Phù Ninh", "Lâm Thao", "Tam Nông"];
    let rows: Vec<Vec<String>> = (0..57)
        .map(|row| {
            let (name, place) = (names[row % names.len()], places[row % places.len()]);
            let (year, card) = (1921 + row * 7 % 45, 1200 + row * 1733);
            let (area, yields) = (row % 4, 410 + row * 137);
            let cells = format!("{}|{name}|{place}|{year}|{card:06}|{area},5 ha|{yields} kg|Đủ", row + 1);
            cells.split('|').map(str::to_owned).collect()
        })
        .collect();
    for (row, cells) in rows.iter().enumerate() {
        let (mut left, top) = (4.5, 4.5 + row as f64 * ROW);
        for (width, text) in widths.iter().zip(cells) {
            sheet.frame((left, top, *width, ROW), [30, 30, 30]);
            sheet.text(FONT, text, (left + 1.2, top + ROW * 0.72), 10.5, [25, 25, 30]);
            left += width;
        }
    }
    let text = read(&sheet.pixels()).text();
    // Rules leave strokes beside the words.
    let bare = |line: &str| line.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let lines: Vec<String> = text.lines().map(bare).collect();
    let broken = rows.iter().filter(|cells| !lines.contains(&bare(&cells.concat()))).count();
    assert!(broken * 10 <= rows.len(), "{broken} of {} rows are not one line: {text}", rows.len());
}

#[test]
fn a_red_stamp_is_seen_beside_a_seal() {
    let mut sheet = Sheet::a4();
    sheet.body(70.0, 8);
    sheet.ring((140.0, 190.0), 17.0, [205, 30, 45]);
    sheet.frame((29.0, 40.0, 34.0, 11.0), [205, 30, 45]);
    // A double box, as such stamps have it; the marks of the letters come near the inner one.
    sheet.frame((30.2, 41.2, 31.6, 8.6), [205, 30, 45]);
    sheet.text(BOLD, "TỐI MẬT", (33.0, 48.0), 14.0, [205, 30, 45]);
    let words = read(&sheet.tilted(-1.5).pixels());
    let stamps: Vec<String> =
        words.stamps.iter().map(|l| l.words.iter().map(|w| w.text.clone()).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(stamps, ["TỐI MẬT"], "{stamps:?}");
    let rect = words.stamps[0].words[0].rect;
    // Tilted about the page's centre: 100 mm above it and 72 mm left of it.
    let at = (f64::from(rect.x) / DPI * 25.4, f64::from(rect.y) / DPI * 25.4);
    assert!((at.0 - 30.4).abs() < 2.0 && (at.1 - 45.2).abs() < 3.0, "{at:?}");
    assert!(character_error(&words.text(), &truth(8)) < 0.02, "{}", words.text());
}

#[test]
fn a_seal_alone_is_no_stamp() {
    let mut sheet = Sheet::a4();
    sheet.body(70.0, 4);
    sheet.ring((140.0, 190.0), 17.0, [205, 30, 45]);
    assert_eq!(read(&sheet.aged().pixels()).stamps, []);
}

#[test]
fn ink_without_text_is_a_finding_and_a_blank_page_is_none() {
    let mut blank = Sheet::a4();
    blank.ring((12.0, 140.0), 3.0, [60, 60, 60]);
    let page = blank.aged().pixels();
    let words = read(&page);
    assert_eq!((words.lines.len(), words.findings.len()), (0, 0), "{}", words.text());
    assert_eq!(findings(&page, (DPI, DPI)), ["blank"]);

    let mut scribble = Sheet::a4();
    for i in 0..20_u32 {
        let (x, y) = (40.0 + f64::from(i % 5) * 27.0, 50.0 + f64::from(i / 5) * 45.0);
        scribble.ring((x, y), 5.0, [20, 20, 20]);
        scribble.ring((x + 3.0, y + 4.0), 4.0, [20, 20, 20]);
    }
    let words = read(&scribble.pixels());
    assert!(words.findings.contains(&"ink_without_text".to_owned()), "{:?} {}", words.findings, words.text());
    assert!(words.attempts.len() > 1);
}

#[test]
fn the_budget_ends_a_reading_and_says_so() {
    let mut sheet = Sheet::a4();
    sheet.body(40.0, 28);
    let budget = Budget { cpu: Duration::from_millis(700) };
    let words = Tesseract::new(None, "vie").read(&sheet.pixels(), (DPI, DPI), 1, budget).expect("read");
    assert!(words.findings.contains(&"out_of_time".to_owned()), "{:?}", words.findings);
}

#[test]
fn findings_name_tilt_faint_ink_and_blur() {
    let mut sheet = Sheet::a4();
    sheet.body(60.0, 12);
    assert_eq!(findings(&sheet.aged().pixels(), (DPI, DPI)), Vec::<String>::new());
    assert_eq!(findings(&sheet.tilted(3.0).pixels(), (DPI, DPI)), ["skew"]);
    let mut faint = Sheet::a4();
    for i in 0..12 {
        faint.text(FONT, TEXT[i % 8], (28.0, 60.0 + i as f64 * 8.0), 13.0, [170, 170, 170]);
    }
    assert!(findings(&faint.pixels(), (DPI, DPI)).contains(&"low_contrast".to_owned()));
    let sharp = sheet.pixels();
    let grey = picture::Picture::of(&sharp, picture::Channel::Luma, (1, 1));
    let soft = grey.reduced((8, 8));
    let frame = warp::Frame::upright((0.0, 0.0, 2480.0, 3508.0), (DPI, DPI), 0, 0.0, DPI);
    let blurred = warp::warp(&soft, (8, 8), &frame, 250);
    let page = Pixels { width: blurred.width as u32, height: blurred.height as u32, channels: 1, data: blurred.data };
    assert!(findings(&page, (DPI, DPI)).contains(&"blur".to_owned()), "{:?}", findings(&page, (DPI, DPI)));
}

#[test]
fn what_is_no_page_is_refused() {
    let page = Pixels { width: 10, height: 10, channels: 3, data: vec![0; 10] };
    assert!(matches!(
        Tesseract::new(None, "vie").read(&page, (DPI, DPI), 1, Budget::default()),
        Err(Error::Page { .. })
    ));
    let page = Pixels { width: 1, height: 1, channels: 1, data: vec![0] };
    assert!(NoText.read(&page, (0.0, DPI), 1, Budget::default()).is_err());
    assert!(NoText.read(&page, (DPI, DPI), 1, Budget::default()).expect("read").lines.is_empty());
    // The smallest and the narrowest pages pass through every step.
    for (w, h) in [(1, 1), (1, 900), (900, 1), (7, 5)] {
        let page = Pixels { width: w, height: h, channels: 3, data: vec![90; (w * h * 3) as usize] };
        let words = Tesseract::new(None, "vie").read(&page, (200.0, 100.0), 1, Budget::default()).expect("read");
        assert!(words.lines.is_empty());
        drop(findings(&page, (200.0, 100.0)));
    }
}

#[test]
fn a_missing_language_makes_the_stage_wait() {
    let page = Sheet::blank(200, 200, [255; 3]).pixels();
    let error = Tesseract::new(None, "no-such").read(&page, (DPI, DPI), 1, Budget::default()).expect_err("no language");
    assert_eq!(error.disposition(), model::Disposition::Wait(model::Cause::Engine));
}

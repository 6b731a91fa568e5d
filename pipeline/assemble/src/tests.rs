#![expect(clippy::disallowed_methods, reason = "tests write their samples and read what was made")]

use std::process::Command;

use model::{DocumentId, Line, Origin, RectPx, SizeMm, SourceFile, Word};

use super::*;

/// A folder of scans and the submission that names them.
struct Case {
    dir: tempfile::TempDir,
    paths: Vec<PathBuf>,
    submission: Submission,
}

impl Case {
    fn new(files: &[(&str, Vec<u8>)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let (mut paths, mut sources, mut pages) = (Vec::new(), Vec::new(), Vec::new());
        for (file, (name, bytes)) in files.iter().enumerate() {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            let kind = scan::sniff(bytes).expect("a known form");
            for frame in page_measures(&path, kind) {
                let (index, width_px, height_px, orientation) = frame;
                pages.push(PageImage {
                    page: pages.len() as u32 + 1,
                    file: file as u32,
                    frame: index,
                    width_px,
                    height_px,
                    dpi_x: 72.0,
                    dpi_y: 72.0,
                    dpi_origin: Origin::Tag,
                    size: SizeMm {
                        width: f64::from(width_px) * 25.4 / 72.0,
                        height: f64::from(height_px) * 25.4 / 72.0,
                    },
                    orientation,
                });
            }
            sources.push(SourceFile {
                name: (*name).into(),
                path: (*name).into(),
                bytes: bytes.len() as u64,
                sha256: Sha256::of(bytes),
                kind,
            });
            paths.push(path);
        }
        let submission = Submission {
            version: 1,
            id: DocumentId::of_content(&sources.iter().map(|file| file.sha256).collect::<Vec<_>>()),
            supersedes: None,
            source: "case".into(),
            place: BTreeMap::new(),
            files: sources,
            pages,
            form: Form::Assembled,
            declared: model::Declared::default(),
            findings: Vec::new(),
        };
        Self { dir, paths, submission }
    }

    fn assemble(&self, words: &[PageWords]) -> (PathBuf, Vec<u8>) {
        let mut out = Vec::new();
        let made = assemble(&self.paths, &self.submission, words, "Quyết định 754-QĐ/TU", &mut out).expect("assembled");
        assert_eq!((made.bytes, made.sha256), (out.len() as u64, Sha256::of(&out)));
        assert_eq!(Sha256::from_ring(&made.state.finish()), made.sha256);
        let path = self.dir.path().join("out.pdf");
        std::fs::write(&path, &out).expect("written");
        (path, out)
    }
}

fn page_measures(path: &Path, kind: SourceKind) -> Vec<(u32, u32, u32, u8)> {
    if kind != SourceKind::Pdf {
        let frames = scan::frames(path, kind, &scan::Limits::default()).expect("probed");
        return frames.iter().map(|f| (f.index, f.displayed().0, f.displayed().1, f.orientation)).collect();
    }
    let pages = pdf::images::page_images(path).expect("read").expect("a scanner's PDF");
    let one = |(index, page): (usize, &ScannedPage)| match page.page.rotate {
        90 => (index as u32, page.height, page.width, 6),
        180 => (index as u32, page.width, page.height, 3),
        270 => (index as u32, page.height, page.width, 8),
        _ => (index as u32, page.width, page.height, 1),
    };
    pages.iter().enumerate().map(one).collect()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed (poppler-utils, qpdf): {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A picture with an unmistakable corner.
fn picture(width: u32, height: u32) -> ::image::RgbImage {
    ::image::RgbImage::from_fn(width, height, |x, y| {
        if x < width / 3 && y < height / 4 {
            ::image::Rgb([200, 20, 30])
        } else {
            ::image::Rgb([(x * 255 / width) as u8, 220, (y * 255 / height) as u8])
        }
    })
}

fn jpeg(picture: &::image::RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    ::image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 92).encode_image(picture).expect("encoded");
    out
}

fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend((exif.len() as u16 + 2).to_be_bytes());
    out.extend(exif);
    out.extend(&jpeg[2..]);
    out
}

fn png(picture: &::image::DynamicImage) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut out, ::image::ImageFormat::Png).expect("encoded");
    out.into_inner()
}

/// One-bit rows, 1 is black.
fn letters(width: u32, height: u32) -> Vec<u8> {
    let dark = |x: u32, y: u32| (x / 5 + y / 3).is_multiple_of(7) || (x * y) % 97 < 3;
    let byte = |x: u32, y: u32| (0..8).fold(0, |byte, bit| byte << 1 | u8::from(x + bit < width && dark(x + bit, y)));
    (0..height).flat_map(|y| (0..width).step_by(8).map(move |x| byte(x, y))).collect()
}

fn group4(rows: &[u8], width: u16) -> Vec<u8> {
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for row in rows.chunks(usize::from(width).div_ceil(8)) {
        let pels = fax::slice_bits(row).take(usize::from(width));
        encoder
            .encode_line(pels.map(|black| if black { fax::Color::Black } else { fax::Color::White }), width)
            .expect("encoded");
    }
    encoder.finish().expect("finished").finish()
}

/// What `scan` decodes of each page, upright.
fn decoded(case: &Case) -> Vec<scan::Pixels> {
    let one = |page: &PageImage| {
        let kind = case.submission.files[page.file as usize].kind;
        scan::decode(&case.paths[page.file as usize], kind, page.frame, &scan::Limits::default()).expect("decoded")
    };
    case.submission.pages.iter().map(one).collect()
}

/// The largest and the mean difference of two pictures of the same size.
fn difference(seen: &::image::RgbImage, expect: &scan::Pixels) -> (u8, f64) {
    assert_eq!(seen.dimensions(), (expect.width, expect.height));
    let want = |i: usize| if expect.channels == 1 { expect.data[i / 3] } else { expect.data[i] };
    let all: Vec<u8> = seen.as_raw().iter().enumerate().map(|(i, sample)| sample.abs_diff(want(i))).collect();
    (all.iter().copied().max().unwrap_or(0), all.iter().map(|d| f64::from(*d)).sum::<f64>() / all.len() as f64)
}

/// Poppler's decoding of each image against ours of the scan: not one sample may differ.
fn same_samples(case: &Case, pdf: &Path) {
    let root = case.dir.path().join("image").display().to_string();
    run("pdfimages", &["-png", &pdf.display().to_string(), &root]);
    for (i, expect) in decoded(case).iter().enumerate() {
        let seen = ::image::open(format!("{root}-{i:03}.png")).expect("extracted").to_rgb8();
        assert_eq!(difference(&seen, expect).0, 0, "image {i}");
    }
}

/// Poppler's rendering of each page against our upright decoding. It scales images a pixel too wide, so edges differ.
fn same_pages(case: &Case, pdf: &Path) {
    for (i, expect) in decoded(case).iter().enumerate() {
        let (number, root) = ((i + 1).to_string(), case.dir.path().join("page").display().to_string());
        run(
            "pdftoppm",
            &["-r", "72", "-f", &number, "-l", &number, "-singlefile", "-png", &pdf.display().to_string(), &root],
        );
        let seen = ::image::open(format!("{root}.png")).expect("rendered").to_rgb8();
        let (_, mean) = difference(&seen, expect);
        assert!(mean < 3.0, "page {number}: {mean}");
    }
}

#[test]
fn jpeg_bytes_pass_and_every_orientation_is_displayed() {
    let plain = jpeg(&picture(90, 61));
    let files: Vec<(String, Vec<u8>)> = (0..=8).map(|i| (format!("{i}.jpg"), with_orientation(&plain, i))).collect();
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let case = Case::new(&files);
    let (path, _) = case.assemble(&[]);
    run("qpdf", &["--check", &path.display().to_string()]);
    let root = case.dir.path().join("x").display().to_string();
    run("pdfimages", &["-all", &path.display().to_string(), &root]);
    for (i, (_, bytes)) in files.iter().enumerate() {
        assert!(std::fs::read(format!("{root}-{i:03}.jpg")).expect("extracted") == *bytes, "image {i}");
    }
    same_pages(&case, &path);
}

#[test]
fn everything_else_is_lossless() {
    let rows = letters(250, 180);
    let grey = ::image::DynamicImage::ImageRgb8(picture(64, 48)).to_luma8();
    let bilevel = ::image::GrayImage::from_fn(250, 180, |x, y| {
        ::image::Luma([if rows[(y * 32 + x / 8) as usize] >> (7 - x % 8) & 1 == 1 { 0 } else { 255 }])
    });
    let mut stripped = std::io::Cursor::new(Vec::new());
    let mut encoder =
        tiff::encoder::TiffEncoder::new(&mut stripped).expect("tiff").with_compression(tiff::encoder::Compression::Lzw);
    encoder.write_image::<tiff::encoder::colortype::RGB8>(64, 48, picture(64, 48).as_raw()).expect("page 1");
    encoder.write_image::<tiff::encoder::colortype::Gray8>(64, 48, grey.as_raw()).expect("page 2");
    let deep: Vec<u16> = grey.as_raw().iter().map(|v| u16::from(*v) * 257).collect();
    encoder.write_image::<tiff::encoder::colortype::Gray16>(64, 48, &deep).expect("page 3");
    let fax = fax::tiff::wrap(&group4(&rows, 250), 250, 180);
    let case = Case::new(&[
        ("a.png", png(&::image::DynamicImage::ImageRgb8(picture(64, 48)))),
        ("b.tif", stripped.into_inner()),
        ("c.tif", fax),
        ("d.png", one_bit_png(&bilevel)),
    ]);
    let (path, bytes) = case.assemble(&[]);
    run("qpdf", &["--check", &path.display().to_string()]);
    same_samples(&case, &path);
    let listed = run("pdfimages", &["-list", &path.display().to_string()]);
    let coded: Vec<&str> = listed.lines().skip(2).filter_map(|line| line.split_whitespace().nth(8)).collect();
    assert_eq!(coded, ["image", "image", "image", "image", "ccitt", "jbig2"], "{listed}");
    assert_eq!(case.assemble(&[]).1, bytes, "the same input gives the same bytes");
    let strip = group4(&rows, 250);
    assert!(bytes.windows(strip.len()).any(|window| window == strip), "the fax strip passes byte for byte");
}

fn one_bit_png(picture: &::image::GrayImage) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, picture.width(), picture.height());
    encoder.set_depth(png::BitDepth::One);
    let row = |y: u32| {
        (0..picture.width()).step_by(8).map(move |x| {
            (0..8).fold(0, |byte, bit| {
                byte << 1 | u8::from(x + bit < picture.width() && picture.get_pixel(x + bit, y).0[0] > 0)
            })
        })
    };
    let packed: Vec<u8> = (0..picture.height()).flat_map(row).collect();
    encoder.write_header().expect("header").write_image_data(&packed).expect("data");
    out
}

/// A line of words, each `step` px further along a baseline through (x, y) at an angle.
fn line(texts: &[&str], (x, y): (f64, f64), angle_deg: f64, block: u32) -> Line {
    let (sin, cos) = angle_deg.to_radians().sin_cos();
    let height = 40.0;
    let mut words = Vec::new();
    let mut at = 0.0;
    for text in texts {
        let length = 22.0 * text.chars().count() as f64;
        let corners = [(0.0, -30.0), (length, -30.0), (0.0, 8.0), (length, 8.0)]
            .map(|(along, down)| (x + (at + along) * cos - down * sin, y + (at + along) * sin + down * cos));
        let (left, top) = corners.iter().fold((f64::MAX, f64::MAX), |(a, b), (c, d)| (a.min(*c), b.min(*d)));
        let (right, bottom) = corners.iter().fold((0.0_f64, 0.0_f64), |(a, b), (c, d)| (a.max(*c), b.max(*d)));
        words.push(Word {
            text: (*text).to_owned(),
            confidence: 0.9,
            rect: RectPx { x: left as u32, y: top as u32, width: (right - left) as u32, height: (bottom - top) as u32 },
        });
        at += length + 9.0;
    }
    Line { words, baseline_x: x, baseline_y: y, angle_deg, height_px: height, block }
}

fn words_of(page: &PageImage, lines: Vec<Line>) -> PageWords {
    let unread = PageWords::unread(page.page, (page.width_px, page.height_px), (page.dpi_x, page.dpi_y));
    PageWords { lines, confidence: 0.9, ..unread }
}

#[test]
fn words_are_found_in_order_at_their_places() {
    let blank = ::image::RgbImage::from_pixel(1200, 1600, ::image::Rgb([255; 3]));
    let case = Case::new(&[("1.jpg", with_orientation(&jpeg(&blank), 6)), ("2.jpg", jpeg(&blank))]);
    let sentence = ["Căn", "cứ", "Quyết", "định", "số", "754-QĐ/TU", "của", "Tỉnh", "ủy"];
    let first = vec![line(&sentence, (90.0, 200.0), 0.0, 0), line(&["Điều", "13."], (90.0, 300.0), 2.5, 0)];
    let second = vec![line(&sentence, (300.0, 1500.0), -90.0, 0), line(&["Nơi", "nhận:"], (400.0, 1500.0), -88.0, 0)];
    let pages = &case.submission.pages;
    let words = [words_of(&pages[0], first), words_of(&pages[1], second)];
    let (path, _) = case.assemble(&words);
    run("qpdf", &["--check", &path.display().to_string()]);
    let text = run("pdftotext", &[&path.display().to_string(), "-"]);
    for page in text.split('\u{c}').take(2) {
        assert!(page.contains("Căn cứ Quyết định số 754-QĐ/TU của Tỉnh ủy"), "{text}");
    }
    let boxes = run("pdftotext", &["-bbox", "-f", "1", "-l", "1", &path.display().to_string(), "-"]);
    let found: Vec<(String, [f64; 4])> = boxes.lines().filter_map(parse_box).collect();
    let expect: Vec<&Word> = words[0].words().collect();
    assert_eq!(found.len(), expect.len(), "{boxes}");
    for ((text, [x0, _, x1, y1]), word) in found.iter().zip(expect) {
        let px = |pt: f64| pt; // 72 dpi
        assert_eq!(*text, word.text);
        let (left, right) = (f64::from(word.rect.x), f64::from(word.rect.x + word.rect.width));
        assert!(
            (px(*x0) - left).abs() < 6.0 && (px(*x1) - right).abs() < 6.0,
            "{text}: {} {}",
            px(*x0) - left,
            px(*x1) - right
        );
        assert!((px(*y1) - f64::from(word.rect.y + word.rect.height)).abs() < 8.0, "{text}");
    }
}

/// `<word xMin="…" yMin="…" xMax="…" yMax="…">text</word>`.
fn parse_box(line: &str) -> Option<(String, [f64; 4])> {
    let rest = line.trim().strip_prefix("<word ")?;
    let (attributes, text) = rest.split_once('>')?;
    let numbers: Vec<f64> =
        attributes.split('"').skip(1).step_by(2).map(|value| value.parse().expect("a number")).collect();
    Some((text.trim_end_matches("</word>").to_owned(), numbers.try_into().ok()?))
}

#[test]
fn a_scanners_pdf_keeps_its_streams() {
    let scans = Case::new(&[
        ("1.jpg", jpeg(&picture(90, 61))),
        ("2.png", png(&::image::DynamicImage::ImageRgb8(picture(50, 70)))),
    ]);
    let (path, bytes) = scans.assemble(&[]);
    let again = Case::new(&[("scan.pdf", bytes)]);
    let (second, _) = again.assemble(&[]);
    run("qpdf", &["--check", &second.display().to_string()]);
    for (file, root) in [(&path, "a"), (&second, "b")] {
        run("pdfimages", &["-all", &file.display().to_string(), &again.dir.path().join(root).display().to_string()]);
    }
    for name in ["000.jpg", "001.png"] {
        let read = |root: &str| std::fs::read(again.dir.path().join(format!("{root}-{name}"))).expect("extracted");
        assert_eq!(read("a"), read("b"), "{name}");
    }
}

/// A disk without room.
struct Full;
impl Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn mistakes_of_the_caller_and_changed_files_are_named() {
    let case = Case::new(&[("1.jpg", jpeg(&picture(30, 20)))]);
    let code = |submission: &Submission| {
        assemble(&case.paths, submission, &[], "", &mut Vec::new()).expect_err("refused").code()
    };
    let mut other = case.submission.clone();
    other.form = Form::Original;
    assert_eq!(code(&other), "E-ASSEMBLE-03");
    let mut turned = case.submission.clone();
    turned.pages[0].width_px = 20;
    assert_eq!(code(&turned), "E-ASSEMBLE-04");
    let mut tiny = case.submission.clone();
    tiny.pages[0].dpi_x = 9000.0;
    assert_eq!(code(&tiny), "E-ASSEMBLE-05");
    let full = assemble(&case.paths, &case.submission, &[], "", &mut Full).expect_err("full");
    assert_eq!(full.code(), "E-ASSEMBLE-02");
}

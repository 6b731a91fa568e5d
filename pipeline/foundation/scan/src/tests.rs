#![expect(clippy::disallowed_methods, reason = "tests write their samples")]

use std::{io::Cursor, ops::ControlFlow, path::PathBuf};

use super::*;

/// A small TIFF writer that can write what real ones should not.
struct Page {
    tags: Vec<(u16, u16, Vec<u64>)>,
    strips: Vec<Vec<u8>>,
}

impl Page {
    fn new(width: u64, height: u64, rows_per_strip: u64, bits: &[u64], photometric: u64, scheme: u64) -> Self {
        let tags = vec![
            (256, 4, vec![width]),
            (257, 4, vec![height]),
            (258, 3, bits.to_vec()),
            (259, 3, vec![scheme]),
            (262, 3, vec![photometric]),
            (277, 3, vec![bits.len() as u64]),
            (278, 4, vec![rows_per_strip]),
        ];
        Self { tags, strips: Vec::new() }
    }

    fn tag(mut self, tag: u16, kind: u16, values: &[u64]) -> Self {
        self.tags.push((tag, kind, values.to_vec()));
        self
    }

    fn strip(mut self, bytes: Vec<u8>) -> Self {
        self.strips.push(bytes);
        self
    }
}

fn tiff_bytes(pages: &[Page], little: bool) -> Vec<u8> {
    let number = |value: u64, size: usize| -> Vec<u8> {
        let bytes = value.to_le_bytes()[..size].to_vec();
        if little { bytes } else { bytes.into_iter().rev().collect() }
    };
    let mut out = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    out.extend(number(0, 4));
    let mut link = 4;
    for page in pages {
        let mut tags = page.tags.clone();
        let mut offsets = Vec::new();
        for strip in &page.strips {
            offsets.push(out.len() as u64);
            out.extend_from_slice(strip);
        }
        let tiled = tags.iter().any(|tag| tag.0 == 322);
        tags.push((if tiled { 324 } else { 273 }, 4, offsets));
        tags.push((if tiled { 325 } else { 279 }, 4, page.strips.iter().map(|strip| strip.len() as u64).collect()));
        tags.sort();
        let mut fields = Vec::new();
        for (tag, kind, values) in &tags {
            let size = match kind {
                1 | 7 => 1,
                3 => 2,
                _ => 4,
            };
            let count = if *kind == 5 { values.len() / 2 } else { values.len() };
            let bytes: Vec<u8> = values.iter().flat_map(|value| number(*value, size)).collect();
            fields.extend(number(u64::from(*tag), 2));
            fields.extend(number(u64::from(*kind), 2));
            fields.extend(number(count as u64, 4));
            if bytes.len() <= 4 {
                fields.extend(bytes.iter().copied().chain([0; 4]).take(4));
            } else {
                fields.extend(number(out.len() as u64, 4));
                out.extend(bytes);
            }
        }
        let at = number(out.len() as u64, 4);
        out[link..link + 4].copy_from_slice(&at);
        out.extend(number(tags.len() as u64, 2));
        out.extend(fields);
        link = out.len();
        out.extend(number(0, 4));
    }
    out
}

fn saved(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("scan");
    std::fs::write(&path, bytes).expect("written");
    (dir, path)
}

fn decode_bytes(bytes: &[u8], frame: u32) -> Result<Pixels, Error> {
    let (_dir, path) = saved(bytes);
    decode(&path, sniff(bytes).expect("a known form"), frame, &Limits::default())
}

fn frames_of(bytes: &[u8]) -> Result<Vec<Frame>, Error> {
    let (_dir, path) = saved(bytes);
    frames(&path, sniff(bytes).expect("a known form"), &Limits::default())
}

/// Noise that compresses a little.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 7_u32;
    (0..len)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if i % 3 == 0 { (state >> 24) as u8 } else { (i / 40) as u8 }
        })
        .collect()
}

fn smooth(width: u32, height: u32, channels: u32) -> Vec<u8> {
    (0..width * height * channels)
        .map(|i| ((i / channels % width) * 3 + i / (width * channels) * 2 + i % channels * 40) as u8)
        .collect()
}

fn jpeg_bytes(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let color = if data.len() == (width * height) as usize {
        image::ExtendedColorType::L8
    } else {
        image::ExtendedColorType::Rgb8
    };
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 90)
        .encode(data, width, height, color)
        .expect("encoded");
    out
}

/// A JPEG with an EXIF block of one tag: orientation.
fn with_exif(jpeg: &[u8], orientation: u64) -> Vec<u8> {
    let page = Page { tags: vec![(274, 3, vec![orientation])], strips: vec![] };
    let exif = tiff_bytes(&[page], false);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend(((exif.len() + 8) as u16).to_be_bytes());
    out.extend(b"Exif\0\0");
    out.extend(exif);
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn jpeg_is_probed_and_turned() {
    let data = smooth(40, 24, 3);
    let plain = jpeg_bytes(40, 24, &data);
    let frame = &frames_of(&plain).expect("probed")[0];
    assert_eq!((frame.width, frame.height, frame.color, frame.orientation), (40, 24, Color::Rgb8, 1));
    let upright = decode_bytes(&plain, 0).expect("decoded");
    let second = image::load_from_memory(&plain).expect("decoded").to_rgb8();
    let far = upright.data.iter().zip(second.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(far < Some(3), "{far:?}");
    for (stored, displayed) in
        [(0, (40, 24)), (1, (40, 24)), (3, (40, 24)), (6, (24, 40)), (8, (24, 40)), (9, (40, 24))]
    {
        let bytes = with_exif(&plain, stored);
        assert_eq!(frames_of(&bytes).expect("probed")[0].displayed(), displayed, "{stored}");
        let pixels = decode_bytes(&bytes, 0).expect("decoded");
        assert_eq!((pixels.width, pixels.height), displayed);
    }
}

#[test]
fn orientations_move_the_corners() {
    // 2 wide, 3 high: 1 2 / 3 4 / 5 6; the displayed rows by EXIF's table.
    let stored = Pixels { width: 2, height: 3, channels: 1, data: vec![1, 2, 3, 4, 5, 6] };
    let expect: [&[u8]; 8] = [
        &[1, 2, 3, 4, 5, 6],
        &[2, 1, 4, 3, 6, 5],
        &[6, 5, 4, 3, 2, 1],
        &[5, 6, 3, 4, 1, 2],
        &[1, 3, 5, 2, 4, 6],
        &[5, 3, 1, 6, 4, 2],
        &[6, 4, 2, 5, 3, 1],
        &[2, 4, 6, 1, 3, 5],
    ];
    for (i, want) in expect.iter().enumerate() {
        assert_eq!(stored.clone().oriented(i as u8 + 1).data, *want, "orientation {}", i + 1);
    }
}

#[test]
fn png_of_every_kind_equals_the_image_crate() {
    let colors = [
        (image::ExtendedColorType::L8, 1, 1),
        (image::ExtendedColorType::Rgb8, 3, 1),
        (image::ExtendedColorType::L16, 1, 2),
        (image::ExtendedColorType::Rgb16, 3, 2),
    ];
    for (color, channels, bytes) in colors {
        let data = noise(30 * 20 * channels * bytes);
        let mut out = Vec::new();
        image::ImageEncoder::write_image(image::codecs::png::PngEncoder::new(&mut out), &data, 30, 20, color)
            .expect("png");
        let pixels = decode_bytes(&out, 0).expect("decoded");
        // 16-bit samples are handed to the encoder in native (little-endian) order.
        let want: Vec<u8> = if bytes == 2 { data.chunks(2).map(|two| two[1]).collect() } else { data };
        assert_eq!(pixels.data, want, "{color:?}");
    }
}

#[test]
fn transparency_is_refused_unless_unused() {
    let mut data = noise(10 * 10 * 4);
    data.chunks_mut(4).for_each(|pixel| pixel[3] = 255);
    let png = |data: &[u8]| {
        let mut out = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut out);
        image::ImageEncoder::write_image(encoder, data, 10, 10, image::ExtendedColorType::Rgba8).expect("png");
        out
    };
    assert_eq!(frames_of(&png(&data)).expect("opaque")[0].color, Color::Rgb8);
    assert_eq!(decode_bytes(&png(&data), 0).expect("opaque").channels, 3);
    data[7] = 254;
    assert_eq!(frames_of(&png(&data)).expect_err("transparent").code(), "E-SCAN-03");
}

fn lzw(data: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(data).expect("packed")
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::ZlibEncoder::new(data, flate2::Compression::default()), &mut out)
        .expect("packed");
    out
}

/// Literal runs only.
fn packbits(data: &[u8]) -> Vec<u8> {
    data.chunks(128).flat_map(|chunk| std::iter::once((chunk.len() - 1) as u8).chain(chunk.iter().copied())).collect()
}

fn g4(data: &[u8], width: u16) -> Vec<u8> {
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for row in data.chunks(usize::from(width).div_ceil(8)) {
        encoder
            .encode_line(
                fax::slice_bits(row)
                    .take(usize::from(width))
                    .map(|black| if black { fax::Color::Black } else { fax::Color::White }),
                width,
            )
            .expect("encoded");
    }
    encoder.finish().expect("finished").finish()
}

#[test]
fn every_compression_gives_the_same_grey_pixels_in_strips() {
    let data = noise(50 * 33);
    for (scheme, pack) in
        [(1, <[u8]>::to_vec as fn(&[u8]) -> Vec<u8>), (5, lzw), (8, zlib), (32946, zlib), (32773, packbits)]
    {
        for little in [true, false] {
            let mut page = Page::new(50, 33, 10, &[8], 1, scheme);
            for strip in data.chunks(500) {
                page = page.strip(pack(strip));
            }
            let bytes = tiff_bytes(&[page], little);
            assert_eq!(decode_bytes(&bytes, 0).expect("decoded").data, data, "{scheme}");
            let second = tiff::decoder::Decoder::new(Cursor::new(&bytes)).expect("tiff").read_image().expect("tiff");
            assert!(matches!(second, tiff::decoder::DecodingResult::U8(other) if other == data));
        }
    }
}

#[test]
fn predictors_depths_planes_and_tiles() {
    let rgb = noise(16 * 16 * 3);
    let undone: Vec<u8> = rgb
        .chunks(48)
        .flat_map(|row| (0..48).map(|i| row[i].wrapping_sub(if i < 3 { 0 } else { row[i - 3] })))
        .collect();
    let predicted = Page::new(16, 16, 16, &[8; 3], 2, 5).tag(317, 3, &[2]).strip(lzw(&undone));
    assert_eq!(decode_bytes(&tiff_bytes(&[predicted], true), 0).expect("predictor").data, rgb);

    let mut planar = Page::new(16, 16, 16, &[8; 3], 2, 1).tag(284, 3, &[2]);
    for plane in 0..3 {
        planar = planar.strip(rgb.iter().skip(plane).step_by(3).copied().collect());
    }
    assert_eq!(decode_bytes(&tiff_bytes(&[planar], true), 0).expect("planes").data, rgb);

    // 20 × 20 in 16 × 16 tiles.
    let grey = noise(20 * 20);
    let mut tiled = Page::new(20, 20, 20, &[8], 1, 1).tag(322, 4, &[16]).tag(323, 4, &[16]);
    for (ty, tx) in [(0, 0), (0, 16), (16, 0), (16, 16)] {
        let at = |x: usize, y: usize| grey.get(y * 20 + x).copied().filter(|_| x < 20 && y < 20).unwrap_or(0);
        tiled = tiled.strip((0..256).map(|i| at(tx + i % 16, ty + i / 16)).collect());
    }
    assert_eq!(decode_bytes(&tiff_bytes(&[tiled], false), 0).expect("tiles").data, grey);

    for little in [true, false] {
        let deep: Vec<u8> = noise(8 * 8 * 2);
        let page = Page::new(8, 8, 8, &[16], 0, 1).strip(deep.clone());
        let high: Vec<u8> = deep.chunks(2).map(|two| !two[usize::from(little)]).collect();
        assert_eq!(decode_bytes(&tiff_bytes(&[page], little), 0).expect("16 bit").data, high);
    }
    let four = Page::new(3, 2, 2, &[4], 1, 1).strip(vec![0x0f, 0x80, 0x12, 0x30]);
    assert_eq!(decode_bytes(&tiff_bytes(&[four], true), 0).expect("4 bit").data, [0, 255, 136, 17, 34, 51]);
    let map: Vec<u64> = (0..48).map(|i| i * 256 + 255).collect();
    let palette = Page::new(3, 1, 1, &[4], 3, 1).tag(320, 3, &map).strip(vec![0x01, 0xf0]);
    assert_eq!(
        decode_bytes(&tiff_bytes(&[palette], true), 0).expect("palette").data,
        [0, 16, 32, 1, 17, 33, 15, 31, 47]
    );
}

#[test]
fn group4_in_either_colour_and_bit_order() {
    let mut data = noise(9 * 40);
    data.chunks_mut(9).for_each(|row| row[8] &= 0xf0); // 68 pixels
    let dark = |byte: &u8| (0..8).map(|bit| if byte >> (7 - bit) & 1 == 1 { 0 } else { 255 }).collect::<Vec<u8>>();
    let want: Vec<u8> = data.chunks(9).flat_map(|row| row.iter().flat_map(dark).take(68).collect::<Vec<_>>()).collect();
    let strip = g4(&data, 68);
    for (photometric, order) in [(0, 1), (1, 1), (0, 2)] {
        let bytes = if order == 2 { strip.iter().map(|byte| byte.reverse_bits()).collect() } else { strip.clone() };
        let page = Page::new(68, 40, 40, &[1], photometric, 4).tag(266, 3, &[order]).strip(bytes);
        let file = tiff_bytes(&[page], true);
        let pixels = decode_bytes(&file, 0).expect("decoded");
        let expect: Vec<u8> = if photometric == 0 { want.clone() } else { want.iter().map(|v| !v).collect() };
        assert_eq!(pixels.data, expect, "photometric {photometric}, order {order}");
        let (_dir, path) = saved(&file);
        let passed = encoded(&path, SourceKind::Tiff, 0, &Limits::default()).expect("found").expect("single strip");
        let Encoded::Group4 { black_runs_white, stream } = passed else { panic!("not fax") };
        assert_eq!(black_runs_white, photometric == 1);
        let mut copied = Vec::new();
        stream.copy(&path, &mut copied).expect("copied");
        assert_eq!(copied, strip);
    }
}

#[test]
fn jpeg_strips_merge_into_one_jpeg_with_the_same_pixels() {
    for channels in [1, 3] {
        let data = smooth(70, 52, channels);
        let strips: Vec<Vec<u8>> = data
            .chunks((70 * 16 * channels) as usize)
            .map(|rows| jpeg_bytes(70, rows.len() as u32 / 70 / channels, rows))
            .collect();
        let mut page = Page::new(70, 52, 16, &vec![8; channels as usize], if channels == 3 { 6 } else { 1 }, 7);
        for strip in strips {
            page = page.strip(strip);
        }
        let file = tiff_bytes(&[page], true);
        let (_dir, path) = saved(&file);
        let by_strips = decode(&path, SourceKind::Tiff, 0, &Limits::default()).expect("decoded");
        let passed = encoded(&path, SourceKind::Tiff, 0, &Limits::default()).expect("read").expect("mergeable");
        let Encoded::Jpeg { stream, components, .. } = passed else { panic!("not JPEG") };
        assert_eq!(u32::from(components), channels);
        let mut merged = Vec::new();
        stream.copy(&path, &mut merged).expect("copied");
        assert_eq!(merged.len() as u64, stream.len());
        let whole = decode_bytes(&merged, 0).expect("merged");
        // The image crate's encoder halves no colours, so strips and whole agree to the last bit.
        assert_eq!(whole, by_strips, "{channels} channels");
    }
}

#[test]
fn pages_thumbnails_resolution_and_orientation() {
    let page = |width: u64| Page::new(width, 2, 2, &[8], 1, 1).strip(vec![9; width as usize * 2]);
    let first = page(4).tag(282, 5, &[300, 1]).tag(283, 5, &[600, 2]).tag(296, 3, &[2]).tag(274, 3, &[6]);
    let thumb = page(1).tag(254, 4, &[1]);
    let last = page(5).tag(282, 5, &[100, 1]).tag(283, 5, &[100, 1]).tag(296, 3, &[3]);
    let all = frames_of(&tiff_bytes(&[first, thumb, last], true)).expect("three directories");
    assert_eq!(all.iter().map(|frame| frame.index).collect::<Vec<_>>(), [0, 2]);
    assert_eq!((all[0].dpi, all[0].displayed()), (Some((300.0, 300.0)), (2, 4)));
    assert_eq!(all[1].dpi, Some((254.0, 254.0)));
}

#[test]
fn loops_and_bombs_are_refused() {
    let mut looped = tiff_bytes(&[Page::new(2, 2, 2, &[8], 1, 1).strip(vec![0; 4])], true);
    let len = looped.len();
    let first = looped[4..8].to_vec();
    looped[len - 4..].copy_from_slice(&first);
    assert_eq!(frames_of(&looped).expect_err("a loop").code(), "E-SCAN-02");
    let bomb = tiff_bytes(&[Page::new(400_000, 400_000, 1, &[1], 1, 1).strip(vec![0; 4])], true);
    assert_eq!(frames_of(&bomb).expect_err("a bomb").code(), "E-SCAN-04");
    let cmyk = tiff_bytes(&[Page::new(2, 2, 2, &[8; 4], 5, 1).strip(vec![0; 16])], true);
    assert_eq!(frames_of(&cmyk).expect_err("CMYK").code(), "E-SCAN-03");
}

#[test]
fn files_cut_anywhere_are_cut_off() {
    let data = smooth(24, 24, 3);
    let mut png = Vec::new();
    image::ImageEncoder::write_image(
        image::codecs::png::PngEncoder::new(&mut png),
        &data,
        24,
        24,
        image::ExtendedColorType::Rgb8,
    )
    .expect("png");
    let tiff = tiff_bytes(&[Page::new(24, 24, 24, &[8; 3], 2, 1).strip(data.clone())], true);
    for whole in [jpeg_bytes(24, 24, &data), png, tiff] {
        let kind = sniff(&whole).expect("known");
        let (_dir, path) = saved(&whole);
        assert_eq!(completeness(&path, kind).expect("read"), Completeness::Whole);
        // The last four bytes of a TIFF are the end of its chain; without them it still is whole.
        let last = if kind == SourceKind::Tiff { whole.len() - 5 } else { whole.len() - 1 };
        for cut in (9..=last).step_by(7).chain([last]) {
            std::fs::write(&path, &whole[..cut]).expect("written");
            assert!(
                matches!(completeness(&path, kind).expect("read"), Completeness::CutOff { .. }),
                "{kind:?} cut at {cut}"
            );
        }
    }
}

/// Everything that reads foreign bytes, over one file.
fn exercise(path: &std::path::Path, bytes: &[u8], limits: &Limits) {
    let Some(kind) = sniff(bytes) else { return };
    drop(completeness(path, kind));
    drop(frames(path, kind, limits));
    drop(rows(path, kind, 0, limits, &mut |_| ControlFlow::Continue(())));
    drop(decode(path, kind, 0, limits));
    if let Ok(Some(Encoded::Jpeg { stream, .. } | Encoded::Group4 { stream, .. })) = encoded(path, kind, 0, limits) {
        drop(stream.copy(path, &mut std::io::sink()));
    }
}

#[test]
fn any_prefix_and_any_flipped_byte_returns() {
    let limits = Limits { bytes: 1 << 20, pixels: 1 << 20, frames: 10 };
    let grey = smooth(24, 17, 1);
    let fax: Vec<u8> = noise(3 * 17);
    let mut png = Vec::new();
    image::ImageEncoder::write_image(
        image::codecs::png::PngEncoder::new(&mut png),
        &grey,
        24,
        17,
        image::ExtendedColorType::L8,
    )
    .expect("png");
    let strips = [&grey[..24 * 8], &grey[24 * 8..24 * 16], &grey[24 * 16..]];
    let in_tiff = strips
        .iter()
        .fold(Page::new(24, 17, 8, &[8], 1, 7), |page, rows| page.strip(jpeg_bytes(24, rows.len() as u32 / 24, rows)));
    let samples = [
        with_exif(&jpeg_bytes(24, 17, &grey), 6),
        png,
        tiff_bytes(&[Page::new(24, 17, 17, &[1], 0, 4).strip(g4(&fax, 24))], true),
        tiff_bytes(&[Page::new(24, 17, 17, &[1], 0, 3).tag(292, 4, &[1]).strip(g4(&fax, 24))], false),
        tiff_bytes(&[Page::new(24, 17, 17, &[8], 1, 5).tag(317, 3, &[2]).strip(lzw(&grey))], true),
        tiff_bytes(
            &[Page::new(24, 17, 8, &[8], 1, 32773)
                .strip(packbits(&grey[..192]))
                .strip(packbits(&grey[192..384]))
                .strip(packbits(&grey[384..]))],
            true,
        ),
        tiff_bytes(&[in_tiff], true),
    ];
    for sample in samples {
        let (_dir, path) = saved(&sample);
        for cut in 0..sample.len() {
            std::fs::write(&path, &sample[..cut]).expect("written");
            exercise(&path, &sample[..cut], &limits);
        }
        for at in 0..sample.len() {
            for mask in [0xff, 0x01, 0x80] {
                let mut bad = sample.clone();
                bad[at] ^= mask;
                std::fs::write(&path, &bad).expect("written");
                exercise(&path, &bad, &limits);
            }
        }
    }
}

//! Images that cannot pass as they are: one bit a pixel becomes JBIG2 (generic region, never symbols), the rest Flate with PNG
//! predictors. Both give the same samples back; JBIG2 is read back before it is trusted.

use std::{io::Write, ops::ControlFlow, path::Path};

use flate2::{Compression, write::ZlibEncoder};
use model::SourceKind;
use scan::{Color, Frame, Limits};

use crate::{
    Error,
    color::Profiles,
    writer::{Pdf, Reserved, push},
};

/// Pixels up to which a page is held in memory, a byte each, to be coded as JBIG2: A3 at 600 dpi and some.
const JBIG2_PIXELS: u64 = 80_000_000;

pub(crate) fn write(
    pdf: &mut Pdf<'_>,
    profiles: &mut Profiles,
    path: &Path,
    kind: SourceKind,
    frame: &Frame,
    limits: &Limits,
) -> Result<Reserved, Error> {
    let (width, height, bits) = (frame.width, frame.height, frame.color.bits());
    let mut entries = format!("/Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent {bits}");
    if frame.color == Color::Bilevel {
        entries.push_str("/ColorSpace/DeviceGray");
        if u64::from(width) * u64::from(height) <= JBIG2_PIXELS
            && let Some(packed) = jbig2(path, kind, frame, limits)?
        {
            let at = pdf.reserve();
            pdf.stream(at, &format!("{entries}/Filter/JBIG2Decode"), &packed)?;
            return Ok(at);
        }
        entries.push_str("/Filter/FlateDecode");
    } else {
        let colors = frame.color.channels();
        let space = profiles.space(pdf, frame.icc.as_deref(), colors)?;
        push(
            &mut entries,
            format_args!(
                "/ColorSpace{space}/Filter/FlateDecode\
             /DecodeParms<</Predictor 15/Colors {colors}/BitsPerComponent {bits}/Columns {width}>>"
            ),
        );
    }
    pdf.long_stream(&entries, &mut |out| flate(out, path, kind, frame, limits))
}

/// Streams rows through the predictor into Flate.
fn flate(out: &mut dyn Write, path: &Path, kind: SourceKind, frame: &Frame, limits: &Limits) -> Result<(), Error> {
    let mut encoder = ZlibEncoder::new(out, Compression::new(6));
    let mut predictor = (frame.color != Color::Bilevel).then(|| Predictor::new(frame.color));
    let mut failed = None;
    scan::rows(path, kind, frame.index, limits, &mut |row| {
        let written = match &mut predictor {
            Some(predictor) => encoder.write_all(predictor.filter(row)),
            None => encoder.write_all(row),
        };
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    match failed {
        Some(error) => Err(Error::Output(error)),
        None => encoder.finish().map(drop).map_err(Error::Output),
    }
}

/// PNG filters (ISO/IEC 15948 §9): each row takes the one with the smallest sum of differences.
struct Predictor {
    /// Bytes of a pixel.
    step: usize,
    before: Vec<u8>,
    candidates: [Vec<u8>; 3],
}

impl Predictor {
    fn new(color: Color) -> Self {
        let step = usize::from(color.channels()) * usize::from(color.bits() / 8);
        Self { step, before: Vec::new(), candidates: [Vec::new(), Vec::new(), Vec::new()] }
    }

    fn filter(&mut self, row: &[u8]) -> &[u8] {
        self.before.resize(row.len(), 0);
        let left = |i: usize| if i < self.step { 0 } else { row[i - self.step] };
        let (before, step) = (&self.before, self.step);
        let corner = |i: usize| if i < step { 0 } else { before[i - step] };
        let predictions: [(u8, &dyn Fn(usize) -> u8); 3] =
            [(1, &left), (2, &|i| before[i]), (4, &|i| paeth(left(i), before[i], corner(i)))];
        for (out, (tag, prediction)) in self.candidates.iter_mut().zip(predictions) {
            out.clear();
            out.push(tag);
            out.extend(row.iter().enumerate().map(|(i, byte)| byte.wrapping_sub(prediction(i))));
        }
        self.before.copy_from_slice(row);
        let cost =
            |row: &&Vec<u8>| row.iter().skip(1).map(|byte| u64::from(byte.cast_signed().unsigned_abs())).sum::<u64>();
        self.candidates.iter().min_by_key(cost).map_or(&[], Vec::as_slice)
    }
}

fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let estimate = i16::from(a) + i16::from(b) - i16::from(c);
    let far = |value: u8| (estimate - i16::from(value)).abs();
    if far(a) <= far(b) && far(a) <= far(c) {
        a
    } else if far(b) <= far(c) {
        b
    } else {
        c
    }
}

/// The page as JBIG2, when reading it back gives exactly the same pixels.
fn jbig2(path: &Path, kind: SourceKind, frame: &Frame, limits: &Limits) -> Result<Option<Vec<u8>>, Error> {
    let width = frame.width as usize;
    let mut black = Vec::with_capacity(width * frame.height as usize);
    scan::rows(path, kind, frame.index, limits, &mut |row| {
        let bits = row.iter().flat_map(|byte| (0..8).map(move |bit| u8::from(byte & (0x80 >> bit) == 0)));
        black.extend(bits.take(width));
        ControlFlow::Continue(())
    })?;
    let packed = match jbig2enc_rust::encode_single_image_lossless(&black, frame.width, frame.height, true) {
        Ok(encoded) if encoded.global_data.is_none() => encoded.page_data,
        Ok(_) | Err(_) => return Ok(None),
    };
    let sound = reads_back(&packed, &black, frame.width);
    if !sound {
        tracing::warn!(path = %path.display(), frame = frame.index, "JBIG2 did not read back, Flate is used");
    }
    Ok(sound.then_some(packed))
}

fn reads_back(packed: &[u8], black: &[u8], width: u32) -> bool {
    let settings = hayro_jbig2::DecodeSettings { strict: true };
    let Ok(page) = hayro_jbig2::Page::new_embedded(packed, None, &settings) else { return false };
    let mut compare = Compare { expected: black, at: 0, same: page.width() == width };
    page.decode(&mut compare).is_ok() && compare.same && compare.at == black.len()
}

struct Compare<'a> {
    expected: &'a [u8],
    at: usize,
    same: bool,
}

impl hayro_jbig2::Decoder for Compare<'_> {
    fn push_pixel(&mut self, black: bool) {
        self.same &= self.expected.get(self.at) == Some(&u8::from(black));
        self.at += 1;
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        let len = chunk_count as usize * 8;
        let run = self.expected.get(self.at..self.at + len);
        self.same &= run.is_some_and(|run| run.iter().all(|pixel| *pixel == u8::from(black)));
        self.at += len;
    }

    fn next_line(&mut self) {}
}

//! A page's one image: passed through where its stream may stand in a PDF as it is, written without loss where not.

use std::{
    io::{self, Write},
    path::Path,
};

use model::{PageImage, SourceKind};
use pdf::{
    Dictionary, Object,
    images::{ImageColor, ScannedPage},
};
use scan::{Encoded, Frame, Limits, Part, Stream};

use crate::{
    Error,
    color::Profiles,
    lossless,
    writer::{Pdf, Reserved, push},
};

/// What was claimed was measured against the configured limits: a page that passed them passes here.
fn limits(page: &PageImage) -> Limits {
    let pixels = u64::from(page.width_px) * u64::from(page.height_px);
    Limits { bytes: u64::MAX, pixels: pixels.max(Limits::default().pixels), frames: u32::MAX }
}

/// Writes the image of a scan file.
pub(crate) fn write_scan(
    pdf: &mut Pdf<'_>,
    profiles: &mut Profiles,
    path: &Path,
    kind: SourceKind,
    page: &PageImage,
) -> Result<Reserved, Error> {
    let limits = limits(page);
    let changed = || Error::Changed { path: path.to_owned() };
    let frame = scan::frame(path, kind, page.frame, &limits)?;
    if frame.displayed() != (page.width_px, page.height_px) {
        return Err(changed());
    }
    let entries = |space: &str, bits: u8| {
        let (width, height) = (frame.width, frame.height);
        format!("/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace{space}/BitsPerComponent {bits}")
    };
    match scan::encoded(path, kind, page.frame, &limits)? {
        Some(Encoded::Jpeg { components, ycbcr, white_is_zero, stream }) => {
            let space = profiles.space(pdf, frame.icc.as_deref(), components)?;
            let transform = if components == 3 && !ycbcr { "/DecodeParms<</ColorTransform 0>>" } else { "" };
            let decode = if white_is_zero { "/Decode[1 0]" } else { "" };
            let entries = format!("{}/Filter/DCTDecode{transform}{decode}", entries(&space, 8));
            copy(pdf, &entries, path, &stream)
        }
        Some(Encoded::Group4 { black_runs_white, stream }) => {
            let parameters = group4_parameters(&frame, black_runs_white);
            let entries = format!("{}/Filter/CCITTFaxDecode{parameters}", entries("/DeviceGray", 1));
            copy(pdf, &entries, path, &stream)
        }
        None => lossless::write(pdf, profiles, path, kind, &frame, &limits),
    }
}

fn group4_parameters(frame: &Frame, black_runs_white: bool) -> String {
    let (width, height) = (frame.width, frame.height);
    // A white run is a 1 in PDF unless BlackIs1: where TIFF calls 0 black, its "white" runs are black pixels.
    let black = if black_runs_white { "/BlackIs1 true" } else { "" };
    format!("/DecodeParms<</K -1/Columns {width}/Rows {height}{black}>>")
}

fn copy(pdf: &mut Pdf<'_>, entries: &str, path: &Path, stream: &Stream) -> Result<Reserved, Error> {
    pdf.long_stream(entries, &mut |out| {
        let mut tracked = Tracked { out, failed: None };
        let copied = stream.copy(path, &mut tracked);
        match (copied, tracked.failed) {
            (Ok(()), _) => Ok(()),
            (Err(_), Some(source)) => Err(Error::Output(source)),
            (Err(source), None) => Err(Error::Copy { path: path.to_owned(), source }),
        }
    })
}

/// Remembers whether it was the output that failed, not the original.
struct Tracked<'a> {
    out: &'a mut dyn Write,
    failed: Option<io::Error>,
}

impl Write for Tracked<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.out.write(data).map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the image of a scanner's PDF: its own stream under its own filters.
pub(crate) fn write_scanned(
    pdf: &mut Pdf<'_>,
    profiles: &mut Profiles,
    path: &Path,
    scanned: &ScannedPage,
) -> Result<Reserved, Error> {
    let mut entries = format!(
        "/Type/XObject/Subtype/Image/Width {}/Height {}/BitsPerComponent {}",
        scanned.width, scanned.height, scanned.bits
    );
    push(&mut entries, format_args!("/ColorSpace{}", space(pdf, profiles, &scanned.color)?));
    if let Some(decode) = &scanned.decode {
        entries.push_str(&written(&Dictionary::new().with("Decode", Object::numbers(decode))));
    }
    if let Some(globals) = &scanned.jbig2_globals {
        let at = pdf.reserve();
        pdf.stream(at, "", globals)?;
        push(&mut entries, format_args!("/Filter/JBIG2Decode/DecodeParms<</JBIG2Globals {at}>>"));
    } else {
        entries.push_str(&written(&scanned.filters));
    }
    let stream = Stream(vec![Part::File { offset: scanned.offset, len: scanned.len, reversed: false }]);
    copy(pdf, &entries, path, &stream)
}

/// A dictionary's entries without its brackets.
fn written(dictionary: &Dictionary) -> String {
    let mut bytes = Vec::new();
    dictionary.write(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    text.strip_prefix("<<").and_then(|text| text.strip_suffix(">>")).unwrap_or_default().to_owned()
}

fn space(pdf: &mut Pdf<'_>, profiles: &mut Profiles, color: &ImageColor) -> Result<String, Error> {
    match color {
        ImageColor::Grey => Ok("/DeviceGray".into()),
        ImageColor::Rgb => Ok("/DeviceRGB".into()),
        ImageColor::Icc { components, profile } => profiles.space(pdf, Some(profile), *components),
        ImageColor::Indexed { base, high, lookup } => {
            let base = space(pdf, profiles, base)?;
            let lookup = hex::encode_upper(lookup);
            Ok(format!("[/Indexed {base} {high}<{lookup}>]"))
        }
    }
}

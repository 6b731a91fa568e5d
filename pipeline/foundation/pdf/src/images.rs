//! Recognises a scanner's PDF: unsigned, and each page exactly one image. Its image streams can be taken over as they are.
//!
//! A page may carry hidden text (mode 3) beside its image: scanners with recognition write it, and it is read anew. Anything
//! visible beside the image, and anything a reader can act on (forms, annotations, layers, attachments, bookmarks), makes the file
//! a document of its own that stays as it is.

mod content;
mod jbig2;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, path::Path};

use model::{SizeMm, geometry::PT_PER_MM};

use crate::{
    Error,
    object::{Dictionary, Indirect, Object, Reference},
    reader::Reader,
};

use content::Drawn;

/// Pages of a file, and levels of its page tree.
const PAGES: usize = 10_000;
const LEVELS: u32 = 64;
/// Decoded content of one page: an image alone takes a few lines, hidden text some kilobytes.
const CONTENT: u64 = 4 << 20;
/// A colour profile or palette.
const PROFILE: u64 = 8 << 20;
/// Compressed JBIG2 data of one page.
const JBIG2: u64 = 64 << 20;
/// How far an image may miss its page's edges, pt.
const TOLERANCE: f64 = 3.0;

/// A page's box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageBox {
    /// Width before turning, pt.
    pub width_pt: f64,
    /// Height before turning, pt.
    pub height_pt: f64,
    /// Clockwise turn for display: 0, 90, 180, 270.
    pub rotate: u16,
}

impl PageBox {
    /// Size as displayed.
    pub fn displayed(&self) -> SizeMm {
        let (width, height) = (self.width_pt / PT_PER_MM, self.height_pt / PT_PER_MM);
        if self.rotate % 180 == 90 { SizeMm { width: height, height: width } } else { SizeMm { width, height } }
    }
}

/// The colours of a page image.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageColor {
    /// Grey (or a black stencil on white paper).
    Grey,
    /// Red, green, blue.
    Rgb,
    /// By a profile.
    Icc {
        /// Samples a pixel.
        components: u8,
        /// The profile.
        profile: Vec<u8>,
    },
    /// By a palette.
    Indexed {
        /// Colours of the palette; never indexed itself.
        base: Box<Self>,
        /// Highest index.
        high: u8,
        /// The palette.
        lookup: Vec<u8>,
    },
}

/// One page of a scanner's PDF.
#[derive(Debug, Clone, PartialEq)]
pub struct ScannedPage {
    /// Where the image's compressed bytes lie in the file.
    pub offset: u64,
    /// Their length.
    pub len: u64,
    /// `/Filter` and `/DecodeParms` of the stream, all values direct, without `/JBIG2Globals`.
    pub filters: Dictionary,
    /// The decoded `/JBIG2Globals`, when there are any.
    pub jbig2_globals: Option<Vec<u8>>,
    /// Stored width, px.
    pub width: u32,
    /// Stored height, px.
    pub height: u32,
    /// Bits a sample.
    pub bits: u8,
    /// Colours.
    pub color: ImageColor,
    /// `/Decode`, when it is not the default.
    pub decode: Option<Vec<f64>>,
    /// Where the image lies: the page's box (they agree within a millimetre).
    pub page: PageBox,
}

/// The boxes of all pages, in order.
pub fn page_boxes(path: &Path) -> Result<Vec<PageBox>, Error> {
    let mut reader = Reader::open(path)?;
    let nodes = nodes(&mut reader)?;
    Ok(nodes.iter().map(Node::page_box).collect())
}

/// The page images of a scanner's PDF; nothing when the file is a document of another kind.
///
/// Lossy symbol coding (JBIG2 dictionaries; BSI TR-03138) in a scanner's PDF is refused as [`Error::Unsupported`].
pub fn page_images(path: &Path) -> Result<Option<Vec<ScannedPage>>, Error> {
    let mut reader = Reader::open(path)?;
    if has_more_than_pages(&mut reader)? {
        return Ok(None);
    }
    let (mut out, mut lossy) = (Vec::new(), false);
    for node in nodes(&mut reader)? {
        let Some((page, symbols)) = scanned(&mut reader, &node)? else { return Ok(None) };
        lossy |= symbols;
        out.push(page);
    }
    if lossy {
        let what = "JBIG2 with symbol dictionaries, which may swap letters".into();
        return Err(Error::Unsupported { path: path.to_owned(), what });
    }
    Ok(if out.is_empty() { None } else { Some(out) })
}

/// Forms (signatures among them), layers, portfolios, attachments, bookmarks.
fn has_more_than_pages(reader: &mut Reader) -> Result<bool, Error> {
    let (_, catalog) = reader.catalog()?;
    if ["AcroForm", "OCProperties", "Collection", "Perms", "Extensions", "DSS"]
        .iter()
        .any(|key| catalog.get(key).is_some())
    {
        return Ok(true);
    }
    if let Some(outlines) = reader.dictionary(&catalog, "Outlines")?
        && outlines.get("First").is_some()
    {
        return Ok(true);
    }
    let names = reader.dictionary(&catalog, "Names")?.unwrap_or_default();
    Ok(["EmbeddedFiles", "JavaScript"].iter().any(|key| names.get(key).is_some()))
}

/// A page with what it inherits.
#[derive(Debug, Clone)]
struct Node {
    dictionary: Dictionary,
    resources: Dictionary,
    visible: [f64; 4],
    rotate: u16,
    user_unit: f64,
}

impl Node {
    fn page_box(&self) -> PageBox {
        let [x0, y0, x1, y1] = self.visible;
        let unit = self.user_unit;
        PageBox { width_pt: (x1 - x0) * unit, height_pt: (y1 - y0) * unit, rotate: self.rotate }
    }
}

#[derive(Debug, Clone, Default)]
struct Inherited {
    media: Option<[f64; 4]>,
    crop: Option<[f64; 4]>,
    rotate: i64,
    resources: Dictionary,
}

fn nodes(reader: &mut Reader) -> Result<Vec<Node>, Error> {
    let path = reader.source().path();
    let (_, catalog) = reader.catalog()?;
    let mut out: Vec<Node> = Vec::new();
    let mut seen: BTreeSet<Reference> = BTreeSet::new();
    let root = catalog.get("Pages").and_then(Object::as_reference);
    let mut open: Vec<(Reference, u32, Inherited)> =
        root.map(|root| (root, 0, Inherited::default())).into_iter().collect();
    while let Some((reference, level, mut inherited)) = open.pop() {
        let page = u32::try_from(out.len() + 1).unwrap_or(u32::MAX);
        if level > LEVELS || !seen.insert(reference) {
            return Err(Error::NoPage { path, page });
        }
        if out.len() >= PAGES || seen.len() > 4 * PAGES {
            return Err(Error::TooLarge { path, what: "pages", limit: PAGES as u64 });
        }
        let Indirect::Value(Object::Dictionary(node)) = reader.get(reference)? else {
            return Err(Error::NoPage { path, page });
        };
        inherited.media = rectangle(reader, &node, "MediaBox")?.or(inherited.media);
        inherited.crop = rectangle(reader, &node, "CropBox")?.or(inherited.crop);
        inherited.rotate = reader.entry(&node, "Rotate")?.as_integer().unwrap_or(inherited.rotate);
        if let Some(resources) = reader.dictionary(&node, "Resources")? {
            inherited.resources = resources;
        }
        if node.get("Kids").is_none() {
            out.push(leaf(reader, node, inherited)?);
            continue;
        }
        for kid in reader.array(&node, "Kids")?.iter().rev() {
            let Some(kid) = kid.as_reference() else { return Err(Error::NoPage { path, page }) };
            open.push((kid, level + 1, inherited.clone()));
        }
    }
    if out.is_empty() { Err(Error::NoPage { path, page: 1 }) } else { Ok(out) }
}

fn leaf(reader: &mut Reader, dictionary: Dictionary, inherited: Inherited) -> Result<Node, Error> {
    let media = inherited.media.unwrap_or([0.0, 0.0, 612.0, 792.0]);
    let ([a0, b0, a1, b1], [c0, d0, c1, d1]) = (media, inherited.crop.unwrap_or(media));
    let cut = [a0.max(c0), b0.max(d0), a1.min(c1), b1.min(d1)];
    let visible = if cut[2] > cut[0] && cut[3] > cut[1] { cut } else { media };
    let user_unit =
        reader.entry(&dictionary, "UserUnit")?.as_number().filter(|unit| *unit > 0.0 && *unit < 1e4).unwrap_or(1.0);
    let rotate = u16::try_from(inherited.rotate.rem_euclid(360)).unwrap_or(0) / 90 * 90;
    Ok(Node { dictionary, resources: inherited.resources, visible, rotate, user_unit })
}

fn rectangle(reader: &mut Reader, node: &Dictionary, key: &str) -> Result<Option<[f64; 4]>, Error> {
    let items = reader.array(node, key)?;
    let mut numbers = [0.0; 4];
    if items.len() != 4 {
        return Ok(None);
    }
    for (number, item) in numbers.iter_mut().zip(&items) {
        let Some(value) = reader.value(item)?.as_number().filter(|value| value.abs() < 1e7) else { return Ok(None) };
        *number = value;
    }
    let [x0, y0, x1, y1] = numbers;
    let sorted = [x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)];
    Ok((sorted[2] > sorted[0] && sorted[3] > sorted[1]).then_some(sorted))
}

/// The page as a scanned one, and whether its image is coded by symbols.
fn scanned(reader: &mut Reader, node: &Node) -> Result<Option<(ScannedPage, bool)>, Error> {
    if !reader.array(&node.dictionary, "Annots")?.is_empty() || node.dictionary.get("AA").is_some() {
        return Ok(None);
    }
    let Some(text) = page_content(reader, node)? else { return Ok(None) };
    let Some(Drawn { name, placed }) = content::only_image(&text, &mut |name| harmless_state(reader, node, name))
    else {
        return Ok(None);
    };
    let [left, bottom, right, top] = node.visible;
    let tolerance = TOLERANCE / node.user_unit;
    let misses = [placed[0] - left, placed[1] - bottom, placed[2] - right, placed[3] - top];
    if misses.iter().any(|miss| miss.abs() > tolerance) {
        return Ok(None);
    }
    let images = reader.dictionary(&node.resources, "XObject")?.unwrap_or_default();
    let Some(found) = images.get(&name).cloned() else { return Ok(None) };
    let Indirect::Stream { dictionary, start } = reader.resolve(&found)? else { return Ok(None) };
    image(reader, &dictionary, start, node)
}

/// The page's content streams, decoded and joined; nothing when they are coded in a way nobody scans.
fn page_content(reader: &mut Reader, node: &Node) -> Result<Option<Vec<u8>>, Error> {
    let Some(contents) = node.dictionary.get("Contents").cloned() else { return Ok(None) };
    let parts = match reader.resolve(&contents)? {
        Indirect::Value(Object::Array(parts)) => parts,
        Indirect::Value(_) => return Ok(None),
        Indirect::Stream { .. } => vec![contents],
    };
    let mut joined = Vec::new();
    for part in parts {
        let Indirect::Stream { dictionary, start } = reader.resolve(&part)? else { return Ok(None) };
        match reader.stream_data(&dictionary, start, CONTENT) {
            Ok(data) => joined.extend(data),
            Err(Error::Unsupported { .. } | Error::TooLarge { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
        joined.push(b'\n');
        if joined.len() as u64 > CONTENT {
            return Ok(None);
        }
    }
    Ok(Some(joined))
}

/// Whether a named graphics state leaves the image as it is.
fn harmless_state(reader: &mut Reader, node: &Node, name: &str) -> bool {
    let state = |reader: &mut Reader| -> Result<Option<Dictionary>, Error> {
        let states = reader.dictionary(&node.resources, "ExtGState")?.unwrap_or_default();
        reader.dictionary(&states, name)
    };
    let Ok(Some(state)) = state(reader) else { return false };
    let plain = |key: &str| matches!(key, "Type" | "SA" | "OP" | "op" | "OPM" | "SM" | "RI" | "LW" | "FL");
    state.iter().all(|(key, value)| {
        let key = String::from_utf8_lossy(key);
        let opaque = match (&*key, value) {
            ("ca" | "CA", value) => value.as_number().is_some_and(|alpha| (alpha - 1.0).abs() < 1e-9),
            ("BM" | "SMask", value) => matches!(value.as_name(), Some(b"Normal" | b"None")),
            ("AIS" | "TK", Object::Boolean(_)) => true,
            _ => false,
        };
        opaque || plain(&key)
    })
}

fn image(
    reader: &mut Reader,
    dictionary: &Dictionary,
    start: u64,
    node: &Node,
) -> Result<Option<(ScannedPage, bool)>, Error> {
    let unusual = ["SMask", "Mask", "Alternates", "OC", "F"].iter().any(|key| dictionary.get(key).is_some());
    if unusual || !dictionary.is_name("Subtype", "Image") {
        return Ok(None);
    }
    let Some((filters, globals)) = filters(reader, dictionary)? else { return Ok(None) };
    let len = reader.stream_length(dictionary)?;
    if start.checked_add(len).is_none_or(|end| end > reader.source().len()) {
        return Err(Error::BadObject {
            path: reader.source().path(),
            number: 0,
            detail: "an image stream runs past the end of the file",
        });
    }
    let side = |value: &Object| {
        value.as_integer().and_then(|side| u32::try_from(side).ok()).filter(|side| (1..1 << 20).contains(side))
    };
    let (width, height) = (side(&reader.entry(dictionary, "Width")?), side(&reader.entry(dictionary, "Height")?));
    let (Some(width), Some(height)) = (width, height) else { return Ok(None) };
    let stencil = reader.entry(dictionary, "ImageMask")? == Object::Boolean(true);
    let bits = reader.entry(dictionary, "BitsPerComponent")?.as_integer();
    let bits = match (stencil, bits) {
        (true, None | Some(1)) => 1,
        (false, Some(bits @ (1 | 2 | 4 | 8 | 16))) => bits as u8,
        (true | false, _) => return Ok(None),
    };
    let space = reader.entry(dictionary, "ColorSpace")?;
    // A black stencil on white paper is a grey image of one bit: 0 paints (ISO 32000-1 §8.9.6.2).
    let Some(color) = (if stencil { Some(ImageColor::Grey) } else { color(reader, &space)? }) else { return Ok(None) };
    let decode = reader.array(dictionary, "Decode")?;
    let decode: Option<Vec<f64>> = decode.iter().map(Object::as_number).collect();
    let symbols = match is_jbig2(&filters) {
        true if len > JBIG2 => return Ok(None),
        true => {
            let data = reader.source().read(start, usize::try_from(len).unwrap_or(0))?;
            jbig2::has_symbols(&data) || globals.as_deref().is_some_and(jbig2::has_symbols)
        }
        false => false,
    };
    let page = ScannedPage {
        offset: start,
        len,
        filters,
        jbig2_globals: globals,
        width,
        height,
        bits,
        color,
        decode: decode.filter(|decode| !decode.is_empty()),
        page: node.page_box(),
    };
    Ok(Some((page, symbols)))
}

fn is_jbig2(filters: &Dictionary) -> bool {
    match filters.get("Filter") {
        Some(Object::Array(names)) => names.iter().any(|name| name.as_name() == Some(b"JBIG2Decode")),
        Some(name) => name.as_name() == Some(b"JBIG2Decode"),
        None => false,
    }
}

/// `/Filter` and `/DecodeParms`, and the decoded `/JBIG2Globals`.
type Filters = (Dictionary, Option<Vec<u8>>);

/// The filters an archival PDF may keep (ISO 19005-2 §6.1.7.2 forbids LZW and encryption; JPEG 2000 has rules of its own).
fn filters(reader: &mut Reader, dictionary: &Dictionary) -> Result<Option<Filters>, Error> {
    let list = |value: Object| match value {
        Object::Array(items) => items,
        Object::Null => Vec::new(),
        one => vec![one],
    };
    let names = list(reader.entry(dictionary, "Filter")?);
    let names = names.iter().map(|name| reader.value(name)).collect::<Result<Vec<_>, _>>()?;
    let kept = |name: &Object| {
        let known: [&[u8]; 6] =
            [b"DCTDecode", b"CCITTFaxDecode", b"JBIG2Decode", b"FlateDecode", b"RunLengthDecode", b"ASCII85Decode"];
        name.as_name().is_some_and(|name| known.contains(&name))
    };
    let jbig2 = names.iter().any(|name| name.as_name() == Some(b"JBIG2Decode"));
    if names.len() > 3 || !names.iter().all(kept) || (jbig2 && names.len() != 1) {
        return Ok(None);
    }
    let mut globals = None;
    let mut parameters = Vec::new();
    for item in list(reader.entry(dictionary, "DecodeParms")?) {
        let Object::Dictionary(item) = reader.value(&item)? else {
            parameters.push(Object::Null);
            continue;
        };
        let mut direct = Dictionary::new();
        for (key, value) in item.iter() {
            let key = String::from_utf8_lossy(key).into_owned();
            if key == "JBIG2Globals" {
                let Indirect::Stream { dictionary, start } = reader.resolve(value)? else { return Ok(None) };
                globals = Some(reader.stream_data(&dictionary, start, PROFILE)?);
            } else {
                let value = reader.value(value)?;
                if !matches!(value, Object::Integer(_) | Object::Real(_) | Object::Boolean(_)) {
                    return Ok(None);
                }
                direct.set(&key, value);
            }
        }
        parameters.push(if direct.is_empty() { Object::Null } else { Object::Dictionary(direct) });
    }
    let mut out = Dictionary::new();
    if !names.is_empty() {
        out.set("Filter", Object::Array(names));
    }
    if parameters.iter().any(|one| *one != Object::Null) {
        out.set("DecodeParms", Object::Array(parameters));
    }
    Ok(Some((out, globals)))
}

fn color(reader: &mut Reader, space: &Object) -> Result<Option<ImageColor>, Error> {
    let items = match space {
        Object::Name(name) => return Ok(device(name)),
        Object::Array(items) => items,
        _ => return Ok(None),
    };
    let Some(kind) = items.first().and_then(Object::as_name) else { return Ok(None) };
    match (kind, items.as_slice()) {
        (_, [_]) => Ok(device(kind)),
        (b"ICCBased", [_, profile]) => icc(reader, profile),
        (b"Indexed" | b"I", [_, base, high, lookup]) => {
            let base = reader.value(base)?;
            let base = match &base {
                Object::Name(name) => device(name),
                Object::Array(items) => match items.as_slice() {
                    [Object::Name(kind), profile] if kind == b"ICCBased" => icc(reader, profile)?,
                    _ => None,
                },
                _ => None,
            };
            let high = reader.value(high)?.as_integer().and_then(|high| u8::try_from(high).ok());
            let (Some(base), Some(high)) = (base, high) else { return Ok(None) };
            let lookup = match reader.resolve(lookup)? {
                Indirect::Value(Object::String(bytes)) => bytes,
                Indirect::Stream { dictionary, start } => reader.stream_data(&dictionary, start, PROFILE)?,
                Indirect::Value(_) => return Ok(None),
            };
            Ok(Some(ImageColor::Indexed { base: Box::new(base), high, lookup }))
        }
        _ => Ok(None),
    }
}

fn device(name: &[u8]) -> Option<ImageColor> {
    match name {
        b"DeviceGray" | b"G" => Some(ImageColor::Grey),
        b"DeviceRGB" | b"RGB" => Some(ImageColor::Rgb),
        _ => None,
    }
}

fn icc(reader: &mut Reader, profile: &Object) -> Result<Option<ImageColor>, Error> {
    let Indirect::Stream { dictionary, start } = reader.resolve(profile)? else { return Ok(None) };
    let Some(components @ (1 | 3)) = reader.entry(&dictionary, "N")?.as_integer() else { return Ok(None) };
    let profile = reader.stream_data(&dictionary, start, PROFILE)?;
    Ok(Some(ImageColor::Icc { components: components as u8, profile }))
}

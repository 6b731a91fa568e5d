//! Images that are cut off, lie about themselves, or unpack to far more than they are.

use std::io::Write as _;

use flate2::{Compress, Compression, Crc, FlushCompress, write::ZlibEncoder};
use jpeg_encoder::{ColorType, Encoder};

use super::Hostile;
use crate::papers::{
    Error,
    encode::{jpeg, png, tiff},
    scanner::{Colours, Picture},
};

/// What a bomb unpacks to.
pub(super) const BOMB_BYTES: usize = 600 << 20;
/// A side of 40,000 pixels: 1.6 thousand million of them.
const HUGE: u32 = 40_000;
/// A4 at 100 dpi.
pub(super) const WIDTH: u32 = 827;
pub(super) const HEIGHT: u32 = 1169;
const DPI: f64 = 100.0;

/// A sound grey page of A4 at 100 dpi, blank at the top, told apart from others by its seed.
///
/// # Errors
/// The encoder's own.
pub fn page(seed: u64) -> Result<Vec<u8>, Error> {
    jpeg::encode(&picture(seed), DPI, jpeg::Coding::plain(80))
}

/// A scrap of paper of 4 cm, for crowds.
///
/// # Errors
/// The encoder's own.
pub fn scrap() -> Result<Vec<u8>, Error> {
    let mut data = vec![255; 170 * 170];
    data[170 * 150..170 * 153].fill(40);
    let picture = Picture { width: 170, height: 170, colours: Colours::Grey, data };
    jpeg::encode(&picture, DPI, jpeg::Coding::plain(80))
}

pub(super) fn picture(seed: u64) -> Picture {
    let (width, height) = (827, 1169);
    let mut data = vec![255; width * height];
    for bit in (0..64).filter(|bit| seed >> bit & 1 == 1) {
        let (left, top) = (100 + bit % 8 * 70, 600 + bit / 8 * 50);
        for y in top..top + 20 {
            data[y * width + left..y * width + left + 40].fill(40);
        }
    }
    Picture { width, height, colours: Colours::Grey, data }
}

/// The first half of a file.
pub(super) fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / 2);
    bytes
}

pub(super) fn all() -> Result<Vec<Hostile>, Error> {
    let sound_png = png::encode(&picture(104), DPI)?;
    let plain = |seed, coding| {
        let picture = picture(seed);
        tiff::encode(&[tiff::Frame { picture: &picture, dpi: DPI, coding, strip_rows: 0, orientation: 1 }])
    };
    let mut bent = plain(103, tiff::Coding::Deflate)?;
    // The directory stands behind the strips: the compressed bytes in between are overwritten.
    bent[3000..3400].fill(0xff);
    let mut flipped = sound_png.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    Ok(vec![
        Hostile::file("JPEG cut off", "cut.jpg", cut(page(101)?)),
        Hostile::file("JPEG cut off in its header", "header.jpg", page(101)?[..200].to_vec()),
        Hostile::file("TIFF cut off", "cut.tif", cut(plain(102, tiff::Coding::Plain)?)),
        Hostile::file("TIFF with a damaged strip", "bent.tif", bent),
        Hostile::file("PNG cut off", "cut.png", cut(sound_png)),
        Hostile::file("PNG with a flipped bit", "flipped.png", flipped),
        Hostile::file("TIFF whose directories loop", "loop.tif", looping()?),
        Hostile::file("TIFF directory pointing at itself", "self.tif", pointing_at_itself()),
        Hostile::file("JPEG header of 40,000 × 40,000", "huge.jpg", huge_jpeg()?),
        Hostile::file("PNG header of 40,000 × 40,000", "huge.png", png_of(HUGE, HUGE, &zlib(&[0; 1000]), None)),
        Hostile::file("TIFF header of 40,000 × 40,000", "huge.tif", tiff_of(HUGE, HUGE, 1, &[0; 100])),
        Hostile::file("PNG bomb in its image data", "bomb.png", png_of(WIDTH, HEIGHT, &zlib_bomb(), None)),
        Hostile::file("PNG bomb in its colour profile", "profile.png", {
            png_of(WIDTH, HEIGHT, &zlib(&vec![0; (WIDTH as usize + 1) * HEIGHT as usize]), Some(&zlib_bomb()))
        }),
        Hostile::file("TIFF bomb (deflate)", "bomb.tif", tiff_of(WIDTH, HEIGHT, 8, &zlib_bomb())),
        Hostile::file("JPEG in CMYK", "cmyk.jpg", cmyk()?),
        Hostile::file("JPEG of 12 bits", "twelve.jpg", twelve_bits()?),
    ])
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Memory takes everything.
    let _infallible = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// A megabyte that unpacks to [`BOMB_BYTES`] of zeros: one piece is packed, and said over and over again.
pub(super) fn zlib_bomb() -> Vec<u8> {
    const PIECE: usize = 1 << 20;
    let mut piece = Vec::with_capacity(1 << 14);
    let mut packer = Compress::new(Compression::best(), false);
    // With room enough it takes all at once; the flush ends the piece on a byte.
    let _taken = packer.compress_vec(&vec![0; PIECE], &mut piece, FlushCompress::Sync);
    let mut out = vec![0x78, 0x01];
    out.extend(piece.repeat(BOMB_BYTES / PIECE));
    // A last, empty block, and Adler-32 of so many zeros (RFC 1950).
    out.extend([1, 0, 0, 0xff, 0xff]);
    out.extend(((BOMB_BYTES % 65_521) as u32).wrapping_shl(16).wrapping_add(1).to_be_bytes());
    out
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    out.extend((body.len() as u32).to_be_bytes());
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(body);
    out.extend(kind);
    out.extend_from_slice(body);
    out.extend(crc.sum().to_be_bytes());
}

/// A grey PNG of 8 bits with this image data and, where one is given, this packed colour profile.
fn png_of(width: u32, height: u32, data: &[u8], profile: Option<&[u8]>) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    chunk(&mut out, *b"IHDR", &header);
    if let Some(profile) = profile {
        chunk(&mut out, *b"iCCP", &[b"x\0\0".as_slice(), profile].concat());
    }
    chunk(&mut out, *b"IDAT", data);
    chunk(&mut out, *b"IEND", &[]);
    out
}

/// A bilevel or grey TIFF of one strip; compression is none, or deflate for `bits` of 8.
fn tiff_of(width: u32, height: u32, bits: u16, strip: &[u8]) -> Vec<u8> {
    let compression = if bits == 8 { 8 } else { 1 };
    let mut out = b"II\x2a\0".to_vec();
    out.extend(8_u32.to_le_bytes());
    let tags: [(u16, u16, u32); 9] = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, u32::from(bits)),
        (259, 3, compression),
        (262, 3, 1),
        (273, 4, 8 + 2 + 9 * 12 + 4),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, strip.len() as u32),
    ];
    directory(&mut out, &tags, 0);
    out.extend_from_slice(strip);
    out
}

fn directory(out: &mut Vec<u8>, tags: &[(u16, u16, u32)], next: u32) {
    out.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, value) in tags {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(next.to_le_bytes());
}

/// Two sound pages; the second's link leads back to the first.
fn looping() -> Result<Vec<u8>, Error> {
    let pictures = [picture(105), picture(106)];
    let frames = pictures.each_ref().map(|picture| tiff::Frame {
        picture,
        dpi: DPI,
        coding: tiff::Coding::PackBits,
        strip_rows: 0,
        orientation: 1,
    });
    let mut bytes = tiff::encode(&frames)?;
    let first = u32_at(&bytes, 4);
    let link = |bytes: &[u8], at: u32| {
        let entries = u16::from_le_bytes([bytes[at as usize], bytes[at as usize + 1]]);
        at as usize + 2 + usize::from(entries) * 12
    };
    let second = u32_at(&bytes, link(&bytes, first));
    let end = link(&bytes, second);
    bytes[end..end + 4].copy_from_slice(&first.to_le_bytes());
    Ok(bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn pointing_at_itself() -> Vec<u8> {
    let mut out = b"II\x2a\0".to_vec();
    out.extend(8_u32.to_le_bytes());
    directory(&mut out, &[(256, 4, 10), (257, 4, 10)], 8);
    out
}

/// The frame header of a JPEG: where its precision, height and width stand.
fn frame_header(bytes: &[u8]) -> usize {
    bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap_or(0)
}

fn huge_jpeg() -> Result<Vec<u8>, Error> {
    let mut bytes = page(107)?;
    let at = frame_header(&bytes);
    let side = (HUGE as u16).to_be_bytes();
    bytes[at + 5..at + 9].copy_from_slice(&[side, side].concat());
    Ok(bytes)
}

fn twelve_bits() -> Result<Vec<u8>, Error> {
    let mut bytes = page(108)?;
    let at = frame_header(&bytes);
    // Extended sequential, the form that knows 12 bits.
    (bytes[at + 1], bytes[at + 4]) = (0xc1, 12);
    Ok(bytes)
}

fn cmyk() -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let encoder = Encoder::new(&mut out, 80);
    let inks = [0, 40, 80, 10].repeat(827 * 1169);
    encoder
        .encode(&inks, 827, 1169, ColorType::Cmyk)
        .map_err(|source| Error::Encode { form: "JPEG", detail: source.to_string() })?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_bomb_unpacks() {
        let mut unpacked = 0;
        let bomb = zlib_bomb();
        let mut reader = flate2::read::ZlibDecoder::new(bomb.as_slice());
        let mut buffer = vec![0; 1 << 20];
        loop {
            match reader.read(&mut buffer).expect("sound, and its sum fits") {
                0 => break,
                read => unpacked += read,
            }
        }
        assert_eq!(unpacked, BOMB_BYTES);
        assert!(bomb.len() < 3 << 20, "{} bytes", bomb.len());
    }
}

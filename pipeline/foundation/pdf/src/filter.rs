//! Decodes the few stream filters that structure needs: Flate with predictors. Images are other people's business.
#![warn(clippy::indexing_slicing, clippy::as_conversions)]

use std::{cell::RefCell, io::Read as _};

use flate2::{Compress, Compression, FlushCompress, Status, read::ZlibDecoder};

use crate::object::{Dictionary, Object};

/// Filters of one stream.
const FILTERS: usize = 4;

/// Name of a filter, with its parameters.
pub(crate) type Filter<'a> = (&'a [u8], Option<&'a Dictionary>);

/// Why a stream was not decoded.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Longer than the limit.
    TooLarge,
    /// Damaged.
    Bad(&'static str),
    /// A filter we do not decode.
    Unsupported(String),
}

const MISSHAPEN: Fault = Fault::Bad("parameters that do not belong to their filters");

/// Decodes `raw` as its dictionary says, up to `limit` bytes. The dictionary's values must be direct: what is not said in
/// the one form that every reader understands is refused, for the next reader would find other bytes.
pub(crate) fn decode(dictionary: &Dictionary, raw: &[u8], limit: u64) -> Result<Vec<u8>, Fault> {
    let mut data = raw.to_vec();
    for (filter, parameters) in filters(dictionary)? {
        data = match filter {
            b"FlateDecode" | b"Fl" => inflate(&data, limit)?,
            other => return Err(Fault::Unsupported(String::from_utf8_lossy(other).into_owned())),
        };
        if let Some(parameters) = parameters {
            data = undo_predictor(parameters, data)?;
        }
    }
    Ok(data)
}

/// The filters, each with its parameters (ISO 32000-2 table 5): a name with a dictionary, or arrays of equal length.
pub(crate) fn filters(dictionary: &Dictionary) -> Result<Vec<Filter<'_>>, Fault> {
    // Data in another file, and the abbreviations of inline images, which some readers take for the keys themselves.
    if ["F", "FFilter", "FDecodeParms", "DP"].iter().any(|key| dictionary.get(key).is_some()) {
        return Err(Fault::Bad("a stream says in two ways how it is stored"));
    }
    match (dictionary.get("Filter"), dictionary.get("DecodeParms")) {
        (None, _) => Ok(Vec::new()),
        (Some(Object::Name(filter)), parameters) => Ok(vec![(filter, one(parameters)?)]),
        (Some(Object::Array(filters)), _) if filters.len() > FILTERS => Err(Fault::Bad("too many filters")),
        (Some(Object::Array(filters)), parameters) => {
            let parameters = match parameters {
                None => vec![None; filters.len()],
                Some(Object::Array(all)) if all.len() == filters.len() => {
                    all.iter().map(|each| one(Some(each))).collect::<Result<_, _>>()?
                }
                Some(_) => return Err(MISSHAPEN),
            };
            let names = filters.iter().map(|filter| filter.as_name().ok_or(Fault::Bad("a filter is not a name")));
            names.zip(parameters).map(|(name, parameters)| Ok((name?, parameters))).collect()
        }
        (Some(_), _) => Err(Fault::Bad("a filter is not a name")),
    }
}

/// The parameters of one filter.
fn one(parameters: Option<&Object>) -> Result<Option<&Dictionary>, Fault> {
    match parameters {
        None | Some(Object::Null) => Ok(None),
        Some(Object::Dictionary(parameters)) => Ok(Some(parameters)),
        Some(_) => Err(MISSHAPEN),
    }
}

fn inflate(data: &[u8], limit: u64) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    ZlibDecoder::new(data)
        .take(limit.saturating_add(1))
        .read_to_end(&mut out)
        .map_err(|_| Fault::Bad("damaged Flate data"))?;
    if u64::try_from(out.len()).unwrap_or(u64::MAX) > limit { Err(Fault::TooLarge) } else { Ok(out) }
}

fn undo_predictor(parameters: &Dictionary, data: Vec<u8>) -> Result<Vec<u8>, Fault> {
    // A number that is not one, or stands elsewhere, is no default.
    let number = |key: &str, default: i64| match parameters.get(key) {
        None => Ok(default),
        Some(value) => value.as_integer().ok_or(Fault::Bad("a parameter of a filter is not a whole number")),
    };
    match number("Predictor", 1)? {
        1 => return Ok(data),
        10..=15 => {}
        other => return Err(Fault::Unsupported(format!("predictor {other}"))),
    }
    let bits = number("Colors", 1)?.checked_mul(number("BitsPerComponent", 8)?).filter(|bits| (1..=256).contains(bits));
    let columns = number("Columns", 1)?;
    let (Some(bits), 1..=1_000_000) = (bits, columns) else { return Err(Fault::Bad("implausible predictor")) };
    let pixel = usize::try_from((bits + 7) / 8).unwrap_or(1);
    let width = usize::try_from((bits * columns + 7) / 8).unwrap_or(1);
    let mut out = Vec::with_capacity(data.len());
    let mut above = vec![0_u8; width];
    for row in data.chunks(width + 1) {
        let Some((kind, bytes)) = row.split_first() else { break };
        let mut line = bytes.to_vec();
        line.resize(width, 0);
        undo_row(*kind, &mut line, &above, pixel)?;
        out.extend_from_slice(&line);
        above = line;
    }
    Ok(out)
}

/// PNG filter of one row (RFC 2083 §6).
fn undo_row(kind: u8, line: &mut [u8], above: &[u8], pixel: usize) -> Result<(), Fault> {
    for i in 0..line.len() {
        let at = |row: &[u8], i: Option<usize>| i.and_then(|i| row.get(i)).copied().unwrap_or(0);
        let left = at(line, i.checked_sub(pixel));
        let up = at(above, Some(i));
        let corner = at(above, i.checked_sub(pixel));
        let predicted = match kind {
            0 => 0,
            1 => left,
            2 => up,
            3 => left.midpoint(up),
            4 => paeth(left, up, corner),
            _ => return Err(Fault::Bad("an unknown predictor row")),
        };
        if let Some(byte) = line.get_mut(i) {
            *byte = byte.wrapping_add(predicted);
        }
    }
    Ok(())
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let estimate = a + b - c;
    let (da, db, dc) = ((estimate - a).abs(), (estimate - b).abs(), (estimate - c).abs());
    if da <= db && da <= dc {
        left
    } else if db <= dc {
        up
    } else {
        corner
    }
}

/// Deflates bytes for a stream that we write.
pub fn deflate(data: &[u8]) -> Vec<u8> {
    thread_local! {
        // Its tables are some hundred times as large as most of our streams, and dearer to provide than to use.
        static TABLES: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(6), true));
    }
    let mut out = Vec::with_capacity(data.len() / 2 + ROOM);
    TABLES.with_borrow_mut(|tables| {
        tables.reset();
        loop {
            let rest = usize::try_from(tables.total_in()).ok().and_then(|done| data.get(done..)).unwrap_or_default();
            match tables.compress_vec(rest, &mut out, FlushCompress::Finish) {
                Ok(Status::Ok | Status::BufError) => out.reserve(ROOM),
                ended => {
                    debug_assert!(ended.is_ok(), "memory to memory cannot fail");
                    return out;
                }
            }
        }
    })
}

/// By how much a result grows that does not fit.
const ROOM: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flate_round_trip_and_limit() {
        let data = vec![7_u8; 10_000];
        let dictionary = Dictionary::new().with("Filter", Object::name("FlateDecode"));
        assert_eq!(decode(&dictionary, &deflate(&data), 10_000).expect("decodes"), data);
        assert!(matches!(decode(&dictionary, &deflate(&data), 9_999), Err(Fault::TooLarge)));
        assert!(matches!(decode(&dictionary, b"nonsense", 10), Err(Fault::Bad(_))));
    }

    #[test]
    fn only_what_every_reader_decodes_alike_is_decoded() {
        let flate = || Object::name("FlateDecode");
        let rows = || Dictionary::new().with("Predictor", 12_i64).with("Columns", 3_i64);
        let raw = deflate(&[2, 1, 2, 3]);
        let said = |filter: Object, key: &str, value: Object| {
            decode(&Dictionary::new().with("Filter", filter).with(key, value), &raw, 10).ok()
        };
        let in_list = |item: Object| Object::Array(vec![item]);
        let elsewhere = || Object::Reference(crate::Reference { number: 9, generation: 0 });
        assert_eq!(said(flate(), "DecodeParms", rows().into()), Some(vec![1, 2, 3]));
        assert_eq!(said(in_list(flate()), "DecodeParms", in_list(rows().into())), Some(vec![1, 2, 3]));
        assert_eq!(said(in_list(flate()), "DecodeParms", in_list(Object::Null)), Some(vec![2, 1, 2, 3]));
        assert_eq!(said(flate(), "DecodeParms", Object::Null), Some(vec![2, 1, 2, 3]));
        assert_eq!(said(flate(), "DecodeParms", elsewhere()), None);
        assert_eq!(said(flate(), "DecodeParms", in_list(rows().into())), None);
        assert_eq!(said(in_list(flate()), "DecodeParms", rows().into()), None);
        assert_eq!(said(in_list(flate()), "DecodeParms", Object::Array(vec![rows().into(), Object::Null])), None);
        assert_eq!(said(in_list(flate()), "DecodeParms", in_list(elsewhere())), None);
        assert_eq!(said(in_list(elsewhere()), "DecodeParms", Object::Null), None);
        assert_eq!(said(flate(), "DecodeParms", rows().with("Predictor", elsewhere()).into()), None);
        assert_eq!(said(flate(), "DecodeParms", rows().with("Predictor", Object::Real(12.0)).into()), None);
        for key in ["DP", "F", "FFilter", "FDecodeParms"] {
            assert_eq!(said(flate(), key, rows().into()), None, "/{key}");
        }
    }

    #[test]
    fn what_was_deflated_before_leaves_no_trace() {
        let noise: Vec<u8> = (0..100_000_u32).map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        let dictionary = Dictionary::new().with("Filter", Object::name("FlateDecode"));
        for data in [&noise[..], &noise[..10], &[], &[7; 1000], &noise[..]] {
            let deflated = deflate(data);
            assert_eq!(deflated, std::thread::scope(|scope| scope.spawn(|| deflate(data)).join().expect("deflates")));
            assert_eq!(decode(&dictionary, &deflated, 100_000).expect("decodes"), data);
        }
    }

    #[test]
    fn png_rows_are_undone() {
        let parameters = Dictionary::new().with("Predictor", 12_i64).with("Columns", 3_i64);
        let rows = vec![2, 1, 2, 3, 2, 1, 1, 1, 1, 5, 1, 1];
        assert_eq!(undo_predictor(&parameters, rows).expect("rows"), [1, 2, 3, 2, 3, 4, 5, 6, 7]);
    }
}

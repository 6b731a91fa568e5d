//! Tells lossless JBIG2 (generic regions) from symbol coding, by its segment headers (ISO/IEC 14492 §7.2).

/// Whether the data holds any segment that codes by symbols, patterns or text, or cannot be judged.
pub(super) fn has_symbols(data: &[u8]) -> bool {
    let mut rest = data;
    while !rest.is_empty() {
        match segment(rest) {
            Some((Kind::Lossless, next)) => rest = next,
            // Padding behind the last segment is no segment.
            None if rest.iter().all(|byte| *byte == 0) => return false,
            Some((Kind::Symbols, _)) | None => return true,
        }
    }
    false
}

enum Kind {
    Lossless,
    Symbols,
}

fn segment(data: &[u8]) -> Option<(Kind, &[u8])> {
    let number = u32::from_be_bytes(data.get(..4)?.try_into().ok()?);
    let flags = *data.get(4)?;
    let kind = match flags & 63 {
        // Generic regions, page information, ends of page, stripe and file, profiles, tables, extensions.
        36 | 38 | 39 | 48..=53 | 62 => Kind::Lossless,
        _ => Kind::Symbols,
    };
    let count = data.get(5)? >> 5;
    let (count, mut at) = if count == 7 {
        let count = usize::try_from(u32::from_be_bytes(data.get(5..9)?.try_into().ok()?) & 0x1fff_ffff).ok()?;
        (count, 9 + count / 8 + 1)
    } else {
        (usize::from(count), 6)
    };
    let size = match number {
        0..=256 => 1,
        257..=65_536 => 2,
        _ => 4,
    };
    at = at.checked_add(count.checked_mul(size)?)?;
    at += if flags & 64 == 0 { 1 } else { 4 };
    let len = u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?);
    let end = at.checked_add(4)?.checked_add(usize::try_from(len).ok()?)?;
    Some((kind, data.get(end..)?))
}

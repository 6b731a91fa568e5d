//! Which values of a grey picture are ink: Otsu's threshold (N. Otsu, IEEE Trans. SMC 9, 1979), as the library finds it, but once and
//! not three times.

use std::ops::RangeInclusive;

/// The values that are ink; none on a picture of one value.
pub(crate) fn ink(data: &[u8]) -> Option<RangeInclusive<u8>> {
    let histogram = histogram(data);
    let all: u64 = histogram.iter().sum();
    let weight: u64 = (0..).zip(&histogram).map(|(value, n)| value * n).sum();
    let (mut below, mut weight_below) = (0, 0);
    // How far apart the means of both sides lie, times their sizes; the threshold; how many values it has on its dark side.
    let mut best: Option<(f64, u8, u64)> = None;
    for (value, n) in (0..255_u8).zip(&histogram) {
        below += n;
        weight_below += u64::from(value) * n;
        let above = all - below;
        if below == 0 || above == 0 {
            continue;
        }
        let apart = (weight - weight_below) as f64 / above as f64 - weight_below as f64 / below as f64;
        let spread = apart * apart * below as f64 * above as f64;
        if best.is_none_or(|best| spread > best.0) {
            best = Some((spread, value, below));
        }
    }
    // Ink is the rarer side, even where it is the brighter one.
    best.map(|(_, threshold, dark)| if dark * 2 < all { 0..=threshold } else { threshold + 1..=255 })
}

fn histogram(data: &[u8]) -> [u64; 256] {
    // Four, taken in turn: neighbours are mostly the same value, and counting one up waits for its last count.
    let mut four = [[0_u64; 256]; 4];
    for values in data.chunks(4) {
        for (histogram, value) in four.iter_mut().zip(values) {
            histogram[usize::from(*value)] += 1;
        }
    }
    std::array::from_fn(|value| four.iter().map(|histogram| histogram[value]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_the_rarer_side_of_two_heaps() {
        let mut data = vec![250_u8; 900];
        data.extend([20; 60]);
        data.extend([30; 40]);
        assert_eq!(ink(&data), Some(0..=30));
        let turned: Vec<u8> = data.iter().map(|value| 255 - value).collect();
        assert_eq!(ink(&turned), Some(6..=255));
    }

    #[test]
    fn a_picture_of_one_value_has_none() {
        for value in [0, 128, 255] {
            assert_eq!(ink(&[value; 100]), None);
        }
        assert_eq!(ink(&[]), None);
    }
}

//! A grey copy of the page, for reading only.

use scan::Pixels;

/// 8-bit grey, rows without padding, 0 is black.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

/// How three channels become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// The brightest: red seals and blue ink fade, black print stays.
    Brightest,
    /// The eye's weights (Rec. 601): coloured print stays.
    Luma,
}

impl Picture {
    /// The grey of a page, made smaller by whole factors (means of blocks) where it is finer than needed.
    pub(crate) fn of(page: &Pixels, channel: Channel, factor: (usize, usize)) -> Self {
        let (width, height) = (page.width as usize, page.height as usize);
        let grey = |rgb: &[u8]| match channel {
            Channel::Brightest => rgb[0].max(rgb[1]).max(rgb[2]),
            Channel::Luma => ((u32::from(rgb[0]) * 77 + u32::from(rgb[1]) * 150 + u32::from(rgb[2]) * 29) >> 8) as u8,
        };
        let data = if page.channels == 3 { page.data.chunks_exact(3).map(grey).collect() } else { page.data.clone() };
        let whole = Self { width, height, data };
        if factor == (1, 1) { whole } else { whole.reduced(factor) }
    }

    /// Means of blocks; the last column and row of blocks may be narrower.
    pub(crate) fn reduced(&self, (across, down): (usize, usize)) -> Self {
        let (width, height) = (self.width.div_ceil(across), self.height.div_ceil(down));
        let mut data = Vec::with_capacity(width * height);
        let mut sums = vec![0_u32; self.width];
        // Looked up, since dividing is dear: what a sum over a whole block comes to.
        let whole = across * down;
        let means: Vec<u8> = (0..=255 * whole).map(|sum| (sum / whole) as u8).collect();
        for rows in self.data.chunks(self.width * down) {
            // Down first: whole rows are added at once.
            sums.fill(0);
            for row in rows.chunks_exact(self.width) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += u32::from(*value);
                }
            }
            let lines = rows.len() / self.width;
            data.extend(sums.chunks(across).map(|block| {
                let (sum, pixels) = (block.iter().sum::<u32>() as usize, block.len() * lines);
                if pixels == whole { means[sum] } else { (sum / pixels) as u8 }
            }));
        }
        Self { width, height, data }
    }

    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.data[y * self.width..(y + 1) * self.width]
    }
}

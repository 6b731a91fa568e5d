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
        let mut sums = vec![0_u32; width];
        for rows in self.data.chunks(self.width * down) {
            sums.fill(0);
            for row in rows.chunks_exact(self.width) {
                for (sum, block) in sums.iter_mut().zip(row.chunks(across)) {
                    *sum += block.iter().map(|v| u32::from(*v)).sum::<u32>();
                }
            }
            let lines = (rows.len() / self.width) as u32;
            data.extend(sums.iter().enumerate().map(|(x, sum)| {
                let columns = across.min(self.width - x * across) as u32;
                (sum / (columns * lines)) as u8
            }));
        }
        Self { width, height, data }
    }

    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.data[y * self.width..(y + 1) * self.width]
    }
}

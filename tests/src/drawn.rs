//! Pages that are drawn: print where a test wants it, blank elsewhere.

use std::{path::PathBuf, time::SystemTime};

use samples::papers::{
    encode::png,
    scanner::{Colours, Picture},
};

use crate::sandbox::Sandbox;

const DPI: f64 = 150.0;

/// A drawn A4 page: rows of strokes like print wherever `inked` says so (mm).
///
/// # Panics
/// When it cannot be packed as PNG.
pub fn drawn(inked: impl Fn(f64, f64) -> bool) -> Vec<u8> {
    let px = |mm: f64| (mm / 25.4 * DPI) as usize;
    let (width, height) = (px(210.0), px(297.0));
    let mut data = vec![245; width * height];
    for row in 0..58 {
        for column in 0..82 {
            let (x, y) = (2.0 + f64::from(column) * 2.5, 3.0 + f64::from(row) * 5.0);
            if inked(x, y) {
                for line in px(y)..px(y + 2.2) {
                    data[line * width + px(x)..line * width + px(x + 1.2)].fill(40);
                }
            }
        }
    }
    png::encode(&Picture { width, height, colours: Colours::Grey, data }, DPI).expect("PNG")
}

/// Lays a file into inbound, as if its writer had been done for long.
///
/// # Panics
/// When it cannot be written.
pub fn lay(sandbox: &Sandbox, place: &str, bytes: &[u8]) -> PathBuf {
    let path = sandbox.inbound().join(place);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    std::fs::write(&path, bytes).expect("scan");
    let file = std::fs::File::options().append(true).open(&path).expect("scan");
    file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_hours(476_376)).expect("time");
    path
}

//! What libtesseract asks of leptonica for every line it reads: to pack its picture as PNG, only to have it unpacked at once. It gets
//! the picture in leptonica's own form instead, which nobody need compress.
//!
//! As with the module `threads`, only a program that exports the name is asked.

use std::ffi::{c_int, c_uchar};

use crate::ffi;

// SAFETY: name and signature are leptonica's (`allheaders.h`), and so is all that is done, but for the form.
#[unsafe(no_mangle)]
unsafe extern "C" fn pixWriteMem(
    data: *mut *mut c_uchar,
    size: *mut usize,
    picture: *mut ffi::Pix,
    form: ffi::Enumeration,
) -> c_int {
    // Who asks comes from the library, so it is loaded; and it finds leptonica's own function, for it looks in itself and in what it needs.
    let Ok(api) = ffi::api() else { return 1 };
    let form = if form == ffi::IFF_PNG { ffi::IFF_SPIX } else { form };
    // SAFETY: the caller's own arguments.
    unsafe { (api.pixWriteMem)(data, size, picture, form) }
}

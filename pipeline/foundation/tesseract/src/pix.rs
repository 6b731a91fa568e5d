//! Pictures as leptonica keeps them.

use std::{ffi::c_int, ops::RangeInclusive, ptr::NonNull, slice};

use crate::{
    engine::{Error, Grey},
    ffi,
};

/// A picture of leptonica's that is ours.
#[derive(Debug)]
pub(crate) struct Pix {
    api: &'static ffi::Api,
    handle: NonNull<ffi::Pix>,
}

impl Pix {
    /// The picture with a byte a pixel.
    pub(crate) fn grey(api: &'static ffi::Api, picture: &Grey<'_>) -> Result<Self, Error> {
        let mut pix = Self::new(api, picture, 8)?;
        let width = picture.width as usize;
        for (words, row) in pix.rows(picture.height).zip(picture.data.chunks_exact(width)) {
            for (word, pixels) in words.iter_mut().zip(row.chunks(4)) {
                let mut bytes = [0; 4];
                bytes[..pixels.len()].copy_from_slice(pixels);
                *word = u32::from_be_bytes(bytes);
            }
        }
        Ok(pix)
    }

    /// The picture with a bit a pixel: ink or none.
    pub(crate) fn ink(
        api: &'static ffi::Api,
        picture: &Grey<'_>,
        ink: Option<&RangeInclusive<u8>>,
    ) -> Result<Self, Error> {
        let mut pix = Self::new(api, picture, 1)?;
        let Some(ink) = ink else { return Ok(pix) };
        let width = picture.width as usize;
        for (words, row) in pix.rows(picture.height).zip(picture.data.chunks_exact(width)) {
            for (word, pixels) in words.iter_mut().zip(row.chunks(32)) {
                let bits = pixels.iter().fold(0, |bits, value| bits << 1 | u32::from(ink.contains(value)));
                *word = bits << (32 - pixels.len());
            }
        }
        Ok(pix)
    }

    /// All zeros.
    fn new(api: &'static ffi::Api, picture: &Grey<'_>, depth: c_int) -> Result<Self, Error> {
        // SAFETY: takes numbers; returns a picture of ours or null.
        let handle = unsafe { (api.pixCreate)(picture.width as c_int, picture.height as c_int, depth) };
        Ok(Self { api, handle: NonNull::new(handle).ok_or(Error::NoAnswer)? })
    }

    /// Its rows: words of 32 bits, the first pixel in the highest.
    fn rows(&mut self, height: u32) -> slice::ChunksExactMut<'_, u32> {
        // SAFETY: the picture lives; both only look into it.
        let (data, words) = unsafe {
            ((self.api.pixGetData)(self.handle.as_ptr()), (self.api.pixGetWpl)(self.handle.as_ptr()) as usize)
        };
        // SAFETY: the library made `words` words for each of the rows it was asked for and set them to zero; they are the picture's
        // own and live as long as it, and `&mut self` keeps everybody else away.
        unsafe { slice::from_raw_parts_mut(data, words * height as usize) }.chunks_exact_mut(words)
    }

    pub(crate) fn as_ptr(&self) -> *mut ffi::Pix {
        self.handle.as_ptr()
    }

    /// Hands the picture over to whoever frees it.
    pub(crate) fn into_ptr(self) -> *mut ffi::Pix {
        std::mem::ManuallyDrop::new(self).handle.as_ptr()
    }
}

impl Drop for Pix {
    fn drop(&mut self) {
        let mut handle = self.handle.as_ptr();
        // SAFETY: from pixCreate and not handed over; freed once.
        unsafe { (self.api.pixDestroy)(&raw mut handle) };
    }
}

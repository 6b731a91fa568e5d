//! The declarations, as `tesseract/capi.h` (5.x) and `leptonica/allheaders.h` (1.82) state them.

use std::ffi::{c_char, c_int, c_uchar, c_void};

/// A C enumeration of the API; always `int` on the platforms we build for.
pub(crate) type Enumeration = c_int;

/// `OEM_LSTM_ONLY`
pub(crate) const OEM_LSTM_ONLY: Enumeration = 1;
/// `RIL_BLOCK`
pub(crate) const RIL_BLOCK: Enumeration = 0;
/// `RIL_TEXTLINE`
pub(crate) const RIL_TEXTLINE: Enumeration = 2;
/// `RIL_WORD`
pub(crate) const RIL_WORD: Enumeration = 3;
/// `L_SEVERITY_NONE`: leptonica writes nothing to stderr.
pub(crate) const L_SEVERITY_NONE: c_int = 6;

macro_rules! opaque {
    ($($name:ident),*) => { $(
        #[repr(C)]
        pub(crate) struct $name { _private: [u8; 0] }
    )* };
}
opaque!(BaseApi, PageIterator, ResultIterator, Monitor);

/// Asked between words; `true` stops the recognition.
pub(crate) type Cancel = extern "C" fn(this: *mut c_void, words: c_int) -> bool;

#[link(name = "tesseract")]
unsafe extern "C" {
    pub(crate) fn TessVersion() -> *const c_char;
    pub(crate) fn TessDeleteText(text: *const c_char);
    pub(crate) fn TessBaseAPICreate() -> *mut BaseApi;
    pub(crate) fn TessBaseAPIDelete(handle: *mut BaseApi);
    pub(crate) fn TessBaseAPIInit2(
        handle: *mut BaseApi,
        datapath: *const c_char,
        language: *const c_char,
        mode: Enumeration,
    ) -> c_int;
    pub(crate) fn TessBaseAPISetVariable(handle: *mut BaseApi, name: *const c_char, value: *const c_char) -> c_int;
    pub(crate) fn TessBaseAPISetPageSegMode(handle: *mut BaseApi, mode: Enumeration);
    pub(crate) fn TessBaseAPISetImage(
        handle: *mut BaseApi,
        data: *const c_uchar,
        width: c_int,
        height: c_int,
        bytes_per_pixel: c_int,
        bytes_per_line: c_int,
    );
    pub(crate) fn TessBaseAPISetSourceResolution(handle: *mut BaseApi, ppi: c_int);
    pub(crate) fn TessBaseAPIRecognize(handle: *mut BaseApi, monitor: *mut Monitor) -> c_int;
    pub(crate) fn TessBaseAPIGetIterator(handle: *mut BaseApi) -> *mut ResultIterator;
    pub(crate) fn TessBaseAPIClear(handle: *mut BaseApi);
    pub(crate) fn TessResultIteratorDelete(handle: *mut ResultIterator);
    pub(crate) fn TessResultIteratorNext(handle: *mut ResultIterator, level: Enumeration) -> c_int;
    pub(crate) fn TessResultIteratorGetUTF8Text(handle: *const ResultIterator, level: Enumeration) -> *mut c_char;
    pub(crate) fn TessResultIteratorConfidence(handle: *const ResultIterator, level: Enumeration) -> f32;
    pub(crate) fn TessResultIteratorGetPageIteratorConst(handle: *const ResultIterator) -> *const PageIterator;
    pub(crate) fn TessPageIteratorIsAtBeginningOf(handle: *const PageIterator, level: Enumeration) -> c_int;
    pub(crate) fn TessPageIteratorBoundingBox(
        handle: *const PageIterator,
        level: Enumeration,
        left: *mut c_int,
        top: *mut c_int,
        right: *mut c_int,
        bottom: *mut c_int,
    ) -> c_int;
    pub(crate) fn TessPageIteratorBaseline(
        handle: *const PageIterator,
        level: Enumeration,
        x1: *mut c_int,
        y1: *mut c_int,
        x2: *mut c_int,
        y2: *mut c_int,
    ) -> c_int;
    pub(crate) fn TessMonitorCreate() -> *mut Monitor;
    pub(crate) fn TessMonitorDelete(monitor: *mut Monitor);
    pub(crate) fn TessMonitorSetCancelFunc(monitor: *mut Monitor, cancel: Cancel);
    pub(crate) fn TessMonitorSetCancelThis(monitor: *mut Monitor, this: *mut c_void);
}

#[link(name = "lept")]
unsafe extern "C" {
    /// Sets what leptonica reports on stderr; returns the former setting.
    pub(crate) fn setMsgSeverity(severity: c_int) -> c_int;
}

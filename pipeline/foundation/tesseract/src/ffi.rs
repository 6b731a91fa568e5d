//! The calls, as `tesseract/capi.h` (5.x) and `leptonica/allheaders.h` (1.82) state them.

use std::{
    ffi::{c_char, c_int, c_uchar, c_void},
    sync::OnceLock,
};

use libloading::Library;

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
/// `IFF_PNG`
pub(crate) const IFF_PNG: Enumeration = 3;
/// `IFF_SPIX`: leptonica's own form, pixels as they lie in memory.
pub(crate) const IFF_SPIX: Enumeration = 19;
/// `L_SEVERITY_NONE`: leptonica writes nothing to stderr.
pub(crate) const L_SEVERITY_NONE: c_int = 6;

macro_rules! opaque {
    ($($name:ident),*) => { $(
        #[repr(C)]
        pub(crate) struct $name { _private: [u8; 0] }
    )* };
}
opaque!(BaseApi, PageIterator, ResultIterator, Monitor, Pix);

/// Asked between words; `true` stops the recognition.
pub(crate) type Cancel = extern "C" fn(this: *mut c_void, words: c_int) -> bool;

/// The library, by the name that changes when its calls do. Leptonica comes with it.
const LIBRARY: &str = "libtesseract.so.5";

macro_rules! api {
    ($($(#[$note:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $answer:ty)?;)*) => {
        /// The calls of the library that are used, each as declared.
        #[derive(Debug)]
        #[expect(non_snake_case, reason = "the names are the library's")]
        pub(crate) struct Api {
            $($(#[$note])* pub(crate) $name: unsafe extern "C" fn($($argument: $type),*) $(-> $answer)?,)*
            /// What the calls lie in: it stays as long as they do.
            _library: Library,
        }

        impl Api {
            fn load() -> Result<Self, libloading::Error> {
                // SAFETY: the library's own start-up code is all that runs, and it is ordinary: it registers settings.
                let library = unsafe { Library::new(LIBRARY) }?;
                Ok(Self {
                    // SAFETY: each declaration below is the header's.
                    $($name: *unsafe { library.get(concat!(stringify!($name), "\0").as_bytes()) }?,)*
                    _library: library,
                })
            }
        }
    };
}

/// The library, loaded when the first engine asks: with it come half a hundred others, and most processes read no page.
pub(crate) fn api() -> Result<&'static Api, &'static libloading::Error> {
    static LOADED: OnceLock<Result<Api, libloading::Error>> = OnceLock::new();
    LOADED.get_or_init(Api::load).as_ref()
}

api! {
    fn TessVersion() -> *const c_char;
    fn TessDeleteText(text: *const c_char);
    fn TessBaseAPICreate() -> *mut BaseApi;
    fn TessBaseAPIDelete(handle: *mut BaseApi);
    fn TessBaseAPIInit2(handle: *mut BaseApi, datapath: *const c_char, language: *const c_char, mode: Enumeration) -> c_int;
    fn TessBaseAPISetVariable(handle: *mut BaseApi, name: *const c_char, value: *const c_char) -> c_int;
    fn TessBaseAPISetPageSegMode(handle: *mut BaseApi, mode: Enumeration);
    /// Copies the picture.
    fn TessBaseAPISetImage2(handle: *mut BaseApi, picture: *mut Pix);
    /// Takes the picture over.
    fn TessBaseAPISetInputImage(handle: *mut BaseApi, picture: *mut Pix);
    fn TessBaseAPISetSourceResolution(handle: *mut BaseApi, ppi: c_int);
    fn TessBaseAPIRecognize(handle: *mut BaseApi, monitor: *mut Monitor) -> c_int;
    fn TessBaseAPIGetIterator(handle: *mut BaseApi) -> *mut ResultIterator;
    fn TessBaseAPIClear(handle: *mut BaseApi);
    fn TessResultIteratorDelete(handle: *mut ResultIterator);
    fn TessResultIteratorNext(handle: *mut ResultIterator, level: Enumeration) -> c_int;
    fn TessResultIteratorGetUTF8Text(handle: *const ResultIterator, level: Enumeration) -> *mut c_char;
    fn TessResultIteratorConfidence(handle: *const ResultIterator, level: Enumeration) -> f32;
    fn TessResultIteratorGetPageIteratorConst(handle: *const ResultIterator) -> *const PageIterator;
    fn TessPageIteratorBoundingBox(
        handle: *const PageIterator,
        level: Enumeration,
        left: *mut c_int,
        top: *mut c_int,
        right: *mut c_int,
        bottom: *mut c_int,
    ) -> c_int;
    fn TessPageIteratorBaseline(
        handle: *const PageIterator,
        level: Enumeration,
        x1: *mut c_int,
        y1: *mut c_int,
        x2: *mut c_int,
        y2: *mut c_int,
    ) -> c_int;
    fn TessMonitorCreate() -> *mut Monitor;
    fn TessMonitorDelete(monitor: *mut Monitor);
    fn TessMonitorSetCancelFunc(monitor: *mut Monitor, cancel: Cancel);
    fn TessMonitorSetCancelThis(monitor: *mut Monitor, this: *mut c_void);
    fn pixCreate(width: c_int, height: c_int, depth: c_int) -> *mut Pix;
    fn pixGetData(picture: *mut Pix) -> *mut u32;
    fn pixGetWpl(picture: *mut Pix) -> c_int;
    fn pixDestroy(picture: *mut *mut Pix);
    fn pixWriteMem(data: *mut *mut c_uchar, size: *mut usize, picture: *mut Pix, form: Enumeration) -> c_int;
    /// Leptonica's, found through its user, as are the pictures: sets what it reports on stderr; returns the former setting.
    fn setMsgSeverity(severity: c_int) -> c_int;
}

//! What libtesseract asks of OpenMP, answered with one thread: the calling one.
//!
//! For each column of a line the library starts and ends a team of threads, and libgomp wakes the other members of a team of one by
//! a system call: 80 000 on a page. A program that exports these names (`build.rs` of its package) is asked before libgomp; in any
//! other program they are dead code and libgomp answers. `OMP_THREAD_LIMIT=1` says the same to it.

use std::{
    cell::Cell,
    ffi::{c_int, c_uint, c_void},
};

/// A parallel region, made a function of its shared variables by the compiler.
type Region = unsafe extern "C" fn(shared: *mut c_void);

thread_local! {
    /// Sections of the open region, and how many of them have begun.
    static SECTIONS: Cell<(c_uint, c_uint)> = const { Cell::new((0, 0)) };
}

// SAFETY: name and signature are libgomp's (its manual, 8.4 "Implementing PARALLEL construct"); so are those below.
#[unsafe(no_mangle)]
unsafe extern "C" fn GOMP_parallel(region: Region, shared: *mut c_void, _threads: c_uint, _flags: c_uint) {
    // SAFETY: the caller's own function and its variables, called as libgomp calls it on the first thread.
    unsafe { region(shared) };
}

// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn GOMP_parallel_sections(
    region: Region,
    shared: *mut c_void,
    _threads: c_uint,
    count: c_uint,
    _flags: c_uint,
) {
    let outer = SECTIONS.replace((count, 0));
    // SAFETY: as in `GOMP_parallel`.
    unsafe { region(shared) };
    SECTIONS.set(outer);
}

/// The next section to run, from 1; 0 when all have run.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn GOMP_sections_next() -> c_uint {
    let (count, begun) = SECTIONS.get();
    if begun == count {
        return 0;
    }
    SECTIONS.set((count, begun + 1));
    begun + 1
}

// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn GOMP_sections_end_nowait() {}

// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn omp_get_num_threads() -> c_int {
    1
}

// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn omp_get_thread_num() -> c_int {
    0
}

//! Exports the answers of the crate `tesseract` to what libtesseract asks of OpenMP and leptonica (its modules `threads`, `lines`).

fn main() {
    for name in [
        "GOMP_parallel",
        "GOMP_parallel_sections",
        "GOMP_sections_next",
        "GOMP_sections_end_nowait",
        "omp_get_num_threads",
        "omp_get_thread_num",
        "pixWriteMem",
    ] {
        println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol={name}");
    }
}

//! Probes and decodes what scanners make: JPEG, TIFF, PNG.

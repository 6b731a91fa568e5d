//! Reads a PDF's tail and appends revisions, as a stream.

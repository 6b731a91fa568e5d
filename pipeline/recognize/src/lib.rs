//! Reads a page: words with boxes and confidence, on the page as scanned.

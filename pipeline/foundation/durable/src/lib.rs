//! The only writer of our files: temp, fsync, link without overwrite, fsync directory.

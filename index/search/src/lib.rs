//! Finds pages by words and numbers, with accents first and without after.

//! Finds the blank place, draws the mark, and seals with the archive's key.

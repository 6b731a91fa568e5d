//! Settings: typed, closed, every default explained in place.

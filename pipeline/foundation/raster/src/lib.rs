//! Turns a page of a foreign PDF into pixels.

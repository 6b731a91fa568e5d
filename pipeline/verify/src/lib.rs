//! Judges a PDF by the four verdicts of Điều 14, offline.

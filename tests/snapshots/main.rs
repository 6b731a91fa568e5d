//! What must not change by accident: the texts people read, the command's help, a sealed page's text, a run's events.
//!
//! The snapshots are the text files beside this one; `mocban_tests::snapshot` says how they are renewed.

mod help;
mod run;
mod texts;

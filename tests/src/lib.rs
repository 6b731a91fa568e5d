//! What proves it: end to end, judges, crash, tidy.

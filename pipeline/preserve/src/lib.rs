//! Stores objects as OCFL on copies, keeps the journal, audits and rebuilds.

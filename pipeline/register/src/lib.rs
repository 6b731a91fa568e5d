//! The register: jobs, events, certification book, copies. The only crate with SQL.

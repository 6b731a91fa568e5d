//! Reads a document's fields out of its words: number, date, issuer, subject, signer, secrecy.

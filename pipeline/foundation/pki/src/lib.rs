//! Signatures, certificates, timestamps and revocation data as bytes, and the keys that make them.

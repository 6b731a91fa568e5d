//! Raises a seal to long-term validity: revocation data, DSS, document timestamp.

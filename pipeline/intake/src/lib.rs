//! Finds scans, waits until their writer is done, and makes a submission of them.

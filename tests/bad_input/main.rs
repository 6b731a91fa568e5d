//! Bad input on the real binary: whatever lies in inbound is told in both languages, costs little, and hinders nobody else.

mod crowds;
mod moving;
mod table;

//! Takes documents through the stages.
//!
//! *Purpose:* the order of the work, its lanes, waits, retries and recovery. *Knows:* every stage and their order; the only
//! crate that does. *Doesn't know:* terminals and HTTP; how any stage does its work.
//!
//! Start-up is crash recovery and there is no other path: lock the home, open the register, make ready what was running,
//! clear temporary files, go on.

pub mod audit;
mod breaker;
pub mod calendar;
pub mod card;
pub mod correct;
pub mod decide;
pub mod desk;
pub mod dispatcher;
pub mod doctor;
mod error;
pub mod home;
mod journal;
mod known;
mod lanes;
mod proven;
pub mod rebuild;
pub mod refused;
pub mod signing;
mod step;
mod steps;
pub mod worker;

pub use error::{Error, disposition_name};
pub use home::{Home, open_copy, open_own_copy};
pub use known::from_copies;

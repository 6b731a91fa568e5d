//! Faults on the real binary: disks, media, the token, the outside world, the clock, the daemon. Each is told with its reason,
//! hinders nothing else, and is over by itself when its cause is.

mod clock;
mod daemon;
mod damage;
mod disks;
mod media;
mod outside;
mod rebuild;
mod support;
mod taken_over;
mod work_files;

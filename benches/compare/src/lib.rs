pub mod check;
pub mod crew;
pub mod effort;
pub mod job;
pub mod peer;
pub mod peers;
pub mod usage;
pub mod worker;

//! The real binary, end to end: started as people start it, spoken to over HTTP and by its command line, stopped as machines
//! stop it. `running` starts it, `calling` speaks to it, `installation` fills an empty one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test that meets the unexpected fails there, and tells what it measured"
)]

mod basemap;
mod calling;
mod check;
mod demo;
mod demo_clock;
mod feeds;
mod files;
mod first_start;
mod installation;
mod keys;
mod kills;
mod large;
mod no_ledger;
mod running;
mod sealed;
mod stops;
mod tls;
mod unsynced;
mod witness;

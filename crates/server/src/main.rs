//! The binary `sightline`.

use std::process::ExitCode;

/// Answers of thousands of rows are made and let go all day, often by different threads; the system's allocator takes about
/// a third longer over them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sightline_server::commands::run()
}

//! The binary `sightline`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sightline_server::commands::run()
}

//! The `doorlist` program. What it does stands in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    doorlist::cli::main()
}

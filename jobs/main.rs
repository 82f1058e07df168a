//! The binary: everything it does is in [`jobs::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    jobs::heap::share();
    connectors::http::install_tls();
    jobs::cli::main()
}

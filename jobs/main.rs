//! The binary: everything it does is in [`jobs::cli`].

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Pages of all sizes are packed, parsed and bound by a dozen threads; the system's allocator keeps
/// what each of them ever held, and a long backfill looks as if it leaked. Without huge pages
/// (`no_thp`), which would keep 2 MiB for whoever needs a few kB of it, and in its second version
/// (`v2`), which gives memory back at once; the third keeps it for a second, which is a hundred
/// pages long.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    connectors::http::install_tls();
    jobs::cli::main()
}

//! The most memory this process held, where the system tells it as Linux does.

use std::fs;

/// In KiB, since the start or the last [`forget`]; 0 where it cannot be read.
pub(crate) fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0)
}

/// Lets the peak begin anew at what is held now.
pub(crate) fn forget() {
    // Where this cannot be done the peak is that of the whole process: more, never less.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

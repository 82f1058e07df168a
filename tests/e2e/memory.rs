//! How much memory a backfill takes, and a service in the long run.

#[cfg(target_os = "linux")]
mod cycles;

use crate::support::{World, sized};
use std::process::{Command, Stdio};

/// The most memory the binary held during a backfill, in KiB.
#[cfg(target_os = "linux")]
async fn peak_kb(sales: u32) -> u64 {
    let world = World::new(sized(300, sales)).await;
    let mut child = Command::new(env!("CARGO_BIN_EXE_stockbridge"))
        .args(["backfill", "shop", "--json", "--database"])
        .arg(world.deps.store.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = high.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kb.unwrap_or(0));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let run = world
        .deps
        .store
        .run(pipeline::id::RunId(1))
        .await
        .expect("the run");
    assert_eq!(run.state, "done", "{:?}", run.reason);
    peak
}

/// Memory does not grow with the account: what a backfill holds is a few pages, a few batches and a
/// bounded cache of the database.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_times_the_sales_take_no_more_memory() {
    let (small, large) = (peak_kb(8_000).await, peak_kb(80_000).await);
    let said = format!("{small} KiB for 8,000 sales, {large} KiB for 80,000");
    assert!(small > 0 && large > 0, "{said}");
    assert!(large * 5 < small * 6, "{said}");
    assert!(large < 60_000, "{said}");
}

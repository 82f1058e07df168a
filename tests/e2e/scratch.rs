use crate::support::{World, sized};
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scratch() {
    let _ = tracing_subscriber::fmt().with_env_filter("jobs=info").with_writer(std::io::stderr).try_init();
    let world = World::new(sized(2000, 20000)).await;
    let start = std::time::Instant::now();
    world.backfill().await;
    eprintln!("took {:?}", start.elapsed());
}

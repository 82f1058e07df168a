//! The first signal stops after the page in hand, the second at once.

use super::out::note;
use tokio_util::sync::CancellationToken;

/// Listens for signals until the process ends.
pub(super) fn listen(shutdown: CancellationToken) {
    tokio::spawn(async move {
        next().await;
        shutdown.cancel();
        note("stopping after the page in hand; press Ctrl-C again to stop at once");
        next().await;
        std::process::exit(super::Exit::Interrupted as i32);
    });
}

#[cfg(unix)]
async fn next() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => if pressed.is_err() { std::future::pending().await },
        () = terminate => {}
    }
}

#[cfg(not(unix))]
async fn next() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

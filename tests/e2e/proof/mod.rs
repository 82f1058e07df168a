//! Proof: one whole cycle with a fault at every single place, and whole lives under APIs that
//! misbehave by a plan. Whatever went wrong, the end is that of an undisturbed life.

mod account;
mod canon;
mod carry;
mod cycle;
mod endure;
mod fate;
mod hooks;
mod hostile;
mod nth;
mod plans;
mod size;
mod trial;
mod wire;

/// A runtime of its own in virtual time, of which nothing is left when it goes.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

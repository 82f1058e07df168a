//! Telling the queue's workers of work, each only of its own.

use pipeline::Stage;
use tokio::sync::watch;

/// A bell for each stage. A look at the queue costs a transaction, so no worker looks because of
/// another one's work.
#[derive(Debug)]
pub(crate) struct Bells(Vec<(Stage, watch::Sender<()>)>);

impl Bells {
    pub(crate) fn new() -> Self {
        let bells = Stage::ALL.map(|stage| (stage, watch::Sender::new(())));
        Self(bells.into())
    }

    pub(crate) fn ring(&self, stages: &[Stage]) {
        for (_, bell) in self.0.iter().filter(|(stage, _)| stages.contains(stage)) {
            bell.send_replace(());
        }
    }

    /// Hears what is rung for a stage from now on.
    pub(crate) fn of(&self, stage: Stage) -> watch::Receiver<()> {
        let bell = self.0.iter().find(|(of, _)| *of == stage);
        // Every stage has one; a bell that nobody rings would only make a worker look once a second.
        bell.map_or_else(
            || watch::Sender::new(()).subscribe(),
            |(_, bell)| bell.subscribe(),
        )
    }
}

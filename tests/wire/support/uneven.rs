//! A network on which requests and answers overtake one another.

use super::router::InProcess;
use connectors::http::{Request, Response, Transport, TransportError};
use rand::RngExt;
use rand::rngs::StdRng;
use std::sync::Mutex;
use std::time::Duration;

/// Requests and answers travel for up to `most` each way.
#[derive(Debug)]
pub(crate) struct Uneven {
    pub(crate) inner: InProcess,
    pub(crate) most: Duration,
    pub(crate) rng: Mutex<StdRng>,
}

impl Uneven {
    async fn travel(&self) {
        let millis = u64::try_from(self.most.as_millis()).expect("a short way");
        let way = self
            .rng
            .lock()
            .expect("no test panics in here")
            .random_range(0..=millis);
        tokio::time::sleep(Duration::from_millis(way)).await;
    }
}

#[async_trait::async_trait]
impl Transport for Uneven {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.travel().await;
        let answer = self.inner.send(request).await;
        self.travel().await;
        answer
    }
}

//! Connections that can be cut from within a handler, as a failing network would.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// The other end of a connection, with the means to cut it.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    cut: Arc<AtomicBool>,
}

impl Peer {
    /// Nothing more reaches the other end.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }
}

/// A listener whose connections can be cut.
pub(super) struct Cuttable {
    pub(super) listener: TcpListener,
}

/// How long to wait after a failed accept (out of file handles).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Listener for Cuttable {
    type Io = Wire;
    type Addr = Peer;

    async fn accept(&mut self) -> (Wire, Peer) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let peer = Peer {
                        cut: Arc::new(AtomicBool::new(false)),
                    };
                    // Small answers must not wait for an acknowledgement.
                    if stream.set_nodelay(true).is_err() {
                        tracing::debug!("nodelay refused");
                    }
                    return (
                        Wire {
                            stream,
                            peer: peer.clone(),
                        },
                        peer,
                    );
                }
                Err(error) => {
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer {
            cut: Arc::new(AtomicBool::new(false)),
        })
    }
}

impl Cuttable {
    pub(super) async fn bind(addr: SocketAddr) -> io::Result<(Cuttable, SocketAddr)> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        Ok((Cuttable { listener }, addr))
    }
}

impl Connected<IncomingStream<'_, Cuttable>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Cuttable>) -> Peer {
        stream.remote_addr().clone()
    }
}

/// A stream that fails once it is cut.
pub(super) struct Wire {
    stream: TcpStream,
    peer: Peer,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.peer.cut.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

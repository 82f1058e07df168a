//! `worker`: the service.

use super::context::{Context, Missing};
use crate::cli::{CliError, Exit};
use crate::config::variable;
use crate::http::must_have_token;
use crate::service::{self, Options};
use clap::Args;
use serde::Serialize;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The arguments of `worker`.
#[derive(Debug, Args)]
pub(super) struct Worker {
    /// Where the HTTP API listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4870")]
    listen: SocketAddr,
}

/// The answer of `worker`, given once it listens.
#[derive(Debug, Serialize)]
struct Listening {
    listening: SocketAddr,
    database: String,
}

impl Worker {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let token = context.env.secret(variable::API_TOKEN);
        must_have_token(self.listen, token.as_ref())?;
        let store = context.store(Missing::Create).await?;
        let deps = context.deps(&store)?;
        let listener = TcpListener::bind(self.listen).await.map_err(|error| {
            CliError::usage(
                "listen",
                format!("cannot listen on {}: {error}", self.listen),
                "choose another address with --listen",
            )
            .exit(Exit::Failed)
        })?;
        let listening = Listening {
            listening: listener.local_addr()?,
            database: store.path().display().to_string(),
        };
        context.out.answer(&listening, || {
            format!(
                "The worker of {} listens on {}; Ctrl-C ends it.",
                listening.database, listening.listening
            )
        });
        let options = Options {
            listener: Some(listener),
            token,
            webhook_secret: context.env.secret(variable::WEBHOOK_SECRET),
            ..Options::default()
        };
        Box::pin(service::serve(&deps, options)).await?;
        Ok(Exit::Done)
    }
}

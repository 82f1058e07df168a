//! stub
use super::context::Context;
use crate::cli::Exit;
use clap::Args;
#[derive(Debug, Args)]
pub(super) struct Explain { name: String }
impl Explain { pub(super) async fn run(&self, _c: &Context) -> anyhow::Result<Exit> { drop(&self.name); Ok(Exit::Done) } }

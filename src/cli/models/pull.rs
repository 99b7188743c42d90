//! `faqtory models pull`: fetches a model.

use clap::Args;

use super::{Context, Failure, OptionalId, open};
use crate::cli::{runtime, ui};

/// Fetch a model and check it, and print where it is
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    #[command(flatten)]
    id: OptionalId,
}

pub(crate) fn run(args: &PullArgs, context: &Context) -> Result<(), Failure> {
    let (config, store) = open(context)?;
    let id = args.id.of(&config, &store)?;
    let file = runtime::ensure(&store, &id, &config, &context.ui)?;
    ui::print(&format!("{}\n", file.path.display()))
}

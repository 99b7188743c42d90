//! `faqtory models verify`: hashes a model's file again.

use clap::Args;

use super::{Context, Failure, OptionalId, open};
use crate::cli::progress::StoreProgress;
use crate::cli::ui;

/// Hash a model's file again and compare it with the known checksum
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    id: OptionalId,
}

pub(crate) fn run(args: &VerifyArgs, context: &Context) -> Result<(), Failure> {
    let (config, store) = open(context)?;
    let id = args.id.of(&config, &store)?;
    let mut progress = StoreProgress::new(&context.ui, &id);
    let file = store.verify(&id, &mut |p| progress.on(p)).map_err(Failure::of_model)?;
    // The form that `sha256sum --check` reads.
    ui::print(&format!("{}  {}\n", file.sha256, file.path.display()))
}

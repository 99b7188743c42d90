//! `faqtory models remove`: removes a model's files.

use clap::Args;

use super::{Context, Failure, open};
use crate::cli::ui;

/// Remove a model's files from faqtory's folder; files of other programs stay
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Model's id
    #[arg(value_name = "ID")]
    id: String,
}

pub(crate) fn run(args: &RemoveArgs, context: &Context) -> Result<(), Failure> {
    let (_, store) = open(context)?;
    store.manifest(&args.id).map_err(Failure::of_model)?;
    match store.remove(&args.id).map_err(Failure::of_model)? {
        0 => context.ui.note(&format!("{}: there was nothing to remove", args.id)),
        freed => ui::print(&format!("{}: removed, {} freed\n", args.id, ui::bytes(freed)))?,
    }
    Ok(())
}

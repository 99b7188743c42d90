//! `faqtory models path`: where a model's file is.

use clap::Args;
use faqtory::{Error, ErrorKind};

use super::{Context, Failure, OptionalId, open};
use crate::cli::ui;

/// Print the path of a model's file, if it is here
#[derive(Debug, Args)]
pub(crate) struct PathArgs {
    #[command(flatten)]
    id: OptionalId,
}

pub(crate) fn run(args: &PathArgs, context: &Context) -> Result<(), Failure> {
    let (config, store) = open(context)?;
    let id = args.id.of(&config, &store)?;
    store.manifest(&id).map_err(Failure::of_model)?;
    match store.find(&id).map_err(Failure::of_model)? {
        Some(path) => ui::print(&format!("{}\n", path.display())),
        None => {
            let what = format!("the model is not here; `faqtory models pull {id}` fetches it");
            Err(Failure::of_model(Error::new(ErrorKind::Model, what).at(id)))
        }
    }
}

//! `faqtory schema`: the JSON schema of what `--format json` prints.

use clap::Args;

use super::failure::Failure;
use super::ui;

/// Print the JSON schema of what `--format json` writes
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {}

pub(crate) fn run(_: &SchemaArgs) -> Result<(), Failure> {
    ui::print(&format!("{:#}\n", faqtory::render::json_schema()))
}

//! `faqtory completions`: a script that lets a shell complete faqtory's arguments.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::failure::Failure;
use super::{Cli, ui};

/// Print a script that lets a shell complete faqtory's arguments
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  faqtory completions bash > ~/.local/share/bash-completion/completions/faqtory")]
pub(crate) struct CompletionsArgs {
    /// Shell to write the script for
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "faqtory", &mut script);
    ui::print(&String::from_utf8_lossy(&script))
}

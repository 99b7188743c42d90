//! `faqtory bench report`: the page of one or several runs.

use std::path::PathBuf;

use clap::Args;
use faqtory::report;

use super::scored;
use crate::cli::failure::Failure;
use crate::cli::{Context, output, ui};

/// Write a page that shows runs: leaderboard, plots, and every document with what was written of it
#[derive(Debug, Args)]
#[command(after_help = "\
The page needs nothing but itself: no scripts, no fonts, no pictures from anywhere.

Examples:
  faqtory bench report run/ -o report.html
  faqtory bench report old-run/ new-run/ -o both.html     all systems of both runs in one page
  faqtory bench report run/ -o - > report.html")]
pub(crate) struct ReportArgs {
    /// Folders of runs
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,

    /// File of the page; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
}

pub(crate) fn run(args: &ReportArgs, context: &Context) -> Result<(), Failure> {
    let runs = args.runs.iter().map(|path| scored::read(path)).collect::<Result<Vec<_>, _>>()?;
    let page = report::html(&runs);
    if args.output.as_os_str() == "-" {
        return ui::print(&page);
    }
    output::write_file(&args.output, &page)?;
    context.ui.note(&format!("the report is in {}", args.output.display()));
    Ok(())
}

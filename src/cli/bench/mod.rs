//! `faqtory bench`: systems compared over documents, and the speed of a model.

use clap::{Args, Subcommand};

use super::Context;
use super::failure::{EXIT_CODES, Failure};

mod compare;
mod leaderboard;
mod report;
mod run;
mod scored;
mod speed;

const EXAMPLES: &str = "\
A benchmark is a file such as:
  questions = \"auto\"                  # a number, auto or none
  summary = \"medium\"                  # headline, short, medium, long, bullets or none
  languages = [\"source\"]              # source is that of the article
  baselines = [\"lead\", \"textrank\", \"lexrank\", \"shuffled\"]

  [[data]]
  path = \"fixtures\"                   # a folder of fixtures or articles, or JSON Lines
  limit = 10                          # and ids = [\"en/*\"], kinds, languages

  [[system]]
  model = [\"default\", \"smollm2-135m-instruct\"]
  strategy = [\"pipeline\", \"naive\"]    # a system for each model and each strategy
  temperature = 0.0

Examples:
  faqtory bench bench.toml -o run/           run it, or go on where it stopped
  faqtory bench bench.toml --only naive      only systems with that in their names
  faqtory bench compare run:naive run:mine   what is better or worse, and how sure that is
  faqtory bench report run/ -o report.html   a page that shows all of it
  faqtory bench speed                        how fast the model is on this machine";

/// Compare models, prompts and settings over documents with references; measure how fast a model is
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    run: run::RunArgs,

    #[command(subcommand)]
    command: Option<BenchCommand>,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Compare(compare::CompareArgs),
    Report(report::ReportArgs),
    Speed(Box<speed::SpeedArgs>),
}

pub(crate) fn run(args: &BenchArgs, context: &Context) -> Result<(), Failure> {
    match &args.command {
        None => run::run(&args.run, context),
        Some(BenchCommand::Compare(args)) => compare::run(args, context),
        Some(BenchCommand::Report(args)) => report::run(args, context),
        Some(BenchCommand::Speed(args)) => speed::run(args, context),
    }
}

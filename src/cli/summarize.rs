//! `faqtory summarize`: a summary.

use clap::Args;

use super::Context;
use super::args::{LengthArg, WriteArgs};
use super::config::Raw;
use super::failure::{EXIT_CODES, Failure};
use super::write::{self, Parts};

const EXAMPLES: &str = "\
Examples:
  faqtory summarize article.txt --length bullets
  faqtory summarize --length headline -f text a.txt b.txt
  faqtory summarize news.jsonl -f json > summaries.jsonl";

/// Write a summary of each article
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct SummarizeArgs {
    #[command(flatten)]
    length: LengthArg,
    #[command(flatten)]
    write: WriteArgs,
}

pub(crate) fn run(args: &SummarizeArgs, context: &Context) -> Result<(), Failure> {
    let mut flags = Raw { length: args.length.length, ..Raw::default() };
    args.write.add_to(&mut flags);
    write::run(
        &args.write,
        Parts { faq: false, summary: true, ask: &[], anew: None },
        &context.config(flags)?,
        &context.ui,
    )
}

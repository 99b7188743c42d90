//! `faqtory faq`: a FAQ block.

use std::path::{Path, PathBuf};

use clap::Args;
use faqtory::content::Output;
use faqtory::{Error, ErrorKind};

use super::Context;
use super::args::{AskArg, QuestionsArg, WriteArgs};
use super::config::Raw;
use super::failure::{EXIT_CODES, Failure};
use super::write::{self, Parts};

const EXAMPLES: &str = "\
Examples:
  faqtory faq article.txt -n 5
  faqtory faq article.txt --ask \"Who pays for it?\" --evidence
  faqtory faq article.txt --lang es -f jsonld -o faq.jsonld
  faqtory faq docs/ -f html -o faqs/             a file for each article, in the same folders";

/// Write a FAQ block of each article
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct FaqArgs {
    #[command(flatten)]
    questions: QuestionsArg,
    #[command(flatten)]
    ask: AskArg,
    /// Write only this pair of an output anew (1 is the first); the others stay as `--from` has them
    #[arg(long, value_name = "N", requires = "from", value_parser = super::config::values::at_least_one)]
    refresh_pair: Option<usize>,
    /// Output in JSON, of the same article, whose pair is written anew
    #[arg(long, value_name = "OUTPUT.json", requires = "refresh_pair", value_parser = super::config::values::path)]
    from: Option<PathBuf>,
    #[command(flatten)]
    write: WriteArgs,
}

pub(crate) fn run(args: &FaqArgs, context: &Context) -> Result<(), Failure> {
    let mut flags = Raw { questions: args.questions.questions, ..Raw::default() };
    args.write.add_to(&mut flags);
    let old = args.from.as_deref().map(output_of).transpose()?;
    let anew = old.as_ref().zip(args.refresh_pair);
    let parts = Parts { faq: true, summary: false, ask: &args.ask.ask, anew };
    write::run(&args.write, parts, &context.config(flags)?, &context.ui)
}

/// An output that was written before.
fn output_of(path: &Path) -> Result<Output, Error> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::new(ErrorKind::Io, "cannot read the output").at(&place).with_source(e))?;
    serde_json::from_str(&text).map_err(|e| {
        let message = "is no output of faqtory in JSON; write one with `--format json`";
        Error::new(ErrorKind::Input, message).at(&place).with_source(e)
    })
}

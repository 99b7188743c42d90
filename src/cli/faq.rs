//! `faqtory faq`: a FAQ block.

use clap::Args;

use super::Context;
use super::args::{QuestionsArg, WriteArgs};
use super::config::Raw;
use super::failure::{EXIT_CODES, Failure};
use super::write::{self, Parts};

const EXAMPLES: &str = "\
Examples:
  faqtory faq article.txt -n 5
  faqtory faq article.txt --lang es -f jsonld -o faq.jsonld
  faqtory faq docs/ -f html -o faqs/             a file for each article, in the same folders";

/// Write a FAQ block of each article
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct FaqArgs {
    #[command(flatten)]
    questions: QuestionsArg,
    #[command(flatten)]
    write: WriteArgs,
}

pub(crate) fn run(args: &FaqArgs, context: &Context) -> Result<(), Failure> {
    let mut flags = Raw { questions: args.questions.questions, ..Raw::default() };
    args.write.add_to(&mut flags);
    write::run(&args.write, Parts { faq: true, summary: false }, &context.config(flags)?, &context.ui)
}

//! `faqtory generate`: a summary and a FAQ block.

use clap::Args;

use super::Context;
use super::args::{AskArg, LengthArg, QuestionsArg, WriteArgs};
use super::config::Raw;
use super::failure::{EXIT_CODES, Failure};
use super::write::{self, Parts};

const EXAMPLES: &str = "\
Examples:
  faqtory generate article.txt --lang es
  faqtory generate -n 5 --length short -f html article.md -o article.html
  faqtory generate *.txt -f json -o results/
  faqtory generate https://example.org/article.html
  faqtory generate \"docs/**/*.md\" news.jsonl -f json -o results/
  pandoc article.odt -t markdown | faqtory generate -";

/// Write a summary and a FAQ block of each article
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct GenerateArgs {
    #[command(flatten)]
    questions: QuestionsArg,
    #[command(flatten)]
    ask: AskArg,
    #[command(flatten)]
    length: LengthArg,
    #[command(flatten)]
    write: WriteArgs,
}

pub(crate) fn run(args: &GenerateArgs, context: &Context) -> Result<(), Failure> {
    let mut flags = Raw { questions: args.questions.questions, length: args.length.length, ..Raw::default() };
    args.write.add_to(&mut flags);
    write::run(
        &args.write,
        Parts { faq: true, summary: true, ask: &args.ask.ask, anew: None },
        &context.config(flags)?,
        &context.ui,
    )
}

//! The command line: one command a file, its arguments next to its function. Only this module knows
//! the terminal, the environment and the user's folders.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use args::GlobalArgs;
use config::{Config, Environment, Raw};
use failure::{EXIT_CODES, Failure};
use ui::{Level, Ui};

mod args;
mod bench;
mod columns;
mod completions;
mod config;
mod eval;
mod failure;
mod faq;
mod generate;
mod input;
mod inspect;
mod interrupt;
mod models;
mod output;
mod progress;
mod read_pdf;
mod runtime;
mod schema;
mod settings;
mod summarize;
mod ui;
mod version;
mod write;

const EXAMPLES: &str = "\
Examples:
  faqtory generate article.txt                   summary and FAQ block in the article's language
  faqtory generate article.txt --lang es         both in Spanish
  faqtory faq -n 5 -f jsonld article.md -o faq.jsonld
  faqtory summarize --length headline a.txt b.txt
  faqtory generate https://example.org/news.html  a page of the web
  faqtory faq docs/ -f html -o faqs/             every article in a folder
  faqtory inspect article.txt                    how the article was read
  faqtory eval results/ --reference fixtures/    how good results are
  faqtory bench bench.toml                       models and prompts compared over documents
  faqtory models list                            the models to choose from";

/// Turns articles into FAQ blocks and summaries with a language model on this machine.
#[derive(Debug, Parser)]
#[command(name = "faqtory", bin_name = "faqtory", version, long_version = version::long(), after_help = after_help())]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Generate(Box<generate::GenerateArgs>),
    Faq(Box<faq::FaqArgs>),
    Summarize(Box<summarize::SummarizeArgs>),
    Inspect(Box<inspect::InspectArgs>),
    Eval(Box<eval::EvalArgs>),
    Bench(Box<bench::BenchArgs>),
    #[command(subcommand)]
    Models(models::ModelsCommand),
    Config(Box<settings::ConfigArgs>),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    ReadPdf(read_pdf::ReadPdfArgs),
}

fn after_help() -> String {
    format!("{EXAMPLES}\n\n{EXIT_CODES}")
}

/// What every command is given besides its own arguments.
struct Context {
    global: GlobalArgs,
    environment: Environment,
    ui: Ui,
}

impl Context {
    /// The configuration with these flags.
    fn config(&self, flags: Raw) -> Result<Config, Failure> {
        for name in self.environment.unknown_settings() {
            self.ui.step(&format!("{name} is set, but is none of faqtory's settings"));
        }
        Ok(Config::resolve(flags, self.global.config.clone(), &self.environment)?)
    }
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Level::Quiet,
        (_, true) => Level::Verbose,
        _ => Level::Normal,
    };
    let context = Context { global: cli.global, environment: Environment::read(), ui: Ui::new(level) };
    let result = match cli.command {
        None => ui::print_styled(&Cli::command().render_help().ansi().to_string()),
        Some(Command::Generate(args)) => generate::run(&args, &context),
        Some(Command::Faq(args)) => faq::run(&args, &context),
        Some(Command::Summarize(args)) => summarize::run(&args, &context),
        Some(Command::Inspect(args)) => inspect::run(&args, &context),
        Some(Command::Eval(args)) => eval::run(&args, &context),
        Some(Command::Bench(args)) => bench::run(&args, &context),
        Some(Command::Models(command)) => models::run(&command, &context),
        Some(Command::Config(args)) => settings::run(&args, &context),
        Some(Command::Schema(args)) => schema::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::ReadPdf(args)) => read_pdf::run(&args),
    };
    match result {
        Ok(()) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Err(Failure::Reported(code)) => ExitCode::from(code),
        Err(Failure::Error { error, code, hint }) => {
            context.ui.error_with(&error, hint);
            ExitCode::from(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_hang_together() {
        Cli::command().debug_assert();
    }

    /// Every option and command has its line of help, and no default is stated that is not one.
    #[test]
    fn everything_has_help() {
        fn look(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            for arg in command.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty(), "{} of {} has no help", arg.get_id(), command.get_name());
            }
            command.get_subcommands().filter(|c| c.get_name() != "help").for_each(look);
        }
        look(&Cli::command());
        let config = Config::resolve(
            Raw::default(),
            None,
            &Environment { data_dir: Some("/data".into()), ..Environment::default() },
        )
        .unwrap();
        let stated = [
            config.lang.value.to_string(),
            config.format.value.name().to_owned(),
            settings::questions(config.questions.value),
            config.length.value.name().to_owned(),
        ];
        let mut command = Cli::command();
        let help = command.find_subcommand_mut("generate").unwrap().render_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for value in stated {
            assert!(help.contains(&format!("[default: {value}]")), "{value} is not stated in:\n{help}");
        }
    }
}

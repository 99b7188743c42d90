//! `faqtory eval`: how good outputs are, and how well the metrics agree with people.

mod csv;
mod table;
mod validate;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use faqtory::engine::DeviceChoice;
use faqtory::eval::matching::{Matched, match_up};
use faqtory::eval::summary::{Summary, summarize};
use faqtory::eval::{Document, Evaluator, Prediction, Scores, dataset, prediction};
use faqtory::lang::Language;
use faqtory::{Error, ErrorKind};
use serde::Serialize;

use super::args::EncoderChoice;
use super::config::{Raw, values};
use super::failure::{EXIT_CODES, Failure};
use super::{Context, interrupt, output, runtime, ui};

const EXAMPLES: &str = "\
PREDICTIONS are results of faqtory in JSON (a file, or a folder of them), or JSON Lines of any system:
  {\"id\": …, \"lang\": \"es\", \"faq\": [{\"q\": …, \"a\": …}], \"summary\": …}
REF is a folder of fixtures, JSON Lines with `id`, `lang`, `text`, and `faq` or `summary`, or an article that carries a FAQ
block. A prediction belongs to the document of its id, or to the one whose file it was made from.

Examples:
  faqtory generate \"fixtures/en/*/article.txt\" -f json -o results/ && faqtory eval results/ --reference fixtures/
  faqtory eval other.jsonl --reference set.jsonl --no-encoder
  faqtory eval results/ --reference fixtures/ --per-document --csv scores.csv
  faqtory eval results/ --reference fixtures/ --json | jq '.rows[] | {metric, mean}'
  faqtory eval validate judgments.jsonl";

/// Score summaries and FAQ blocks against references and against their articles
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct EvalArgs {
    #[command(subcommand)]
    command: Option<EvalCommand>,

    /// What to score: a JSON file, JSON Lines, or a folder of such files
    #[arg(required = true, value_name = "PREDICTIONS")]
    predictions: Option<PathBuf>,

    /// What to score it against: a folder of fixtures, a `reference.json`, JSON Lines, or an article
    #[arg(short, long, required = true, value_name = "REF")]
    reference: Option<PathBuf>,

    /// Show every document too
    #[arg(long)]
    per_document: bool,

    /// Print all values as JSON; with --per-document also what was found in each pair and sentence
    #[arg(long, conflicts_with = "csv")]
    json: bool,

    /// Write the values as CSV to this file, or - for standard output
    #[arg(long, value_name = "FILE|-")]
    csv: Option<PathBuf>,

    #[command(flatten)]
    encoder: EncoderArgs,
}

#[derive(Debug, Subcommand)]
enum EvalCommand {
    Validate(validate::ValidateArgs),
}

/// The model that compares what texts mean, and where it runs.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Encoder")]
struct EncoderArgs {
    #[command(flatten)]
    choice: EncoderChoice,

    /// Device to run on: auto, cpu, cuda, cuda:N or metal
    #[arg(long, value_name = "DEVICE")]
    device: Option<DeviceChoice>,

    /// Processor threads to use
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    threads: Option<usize>,

    /// Never use the network: the model must be here
    #[arg(long)]
    offline: bool,
}

impl EncoderArgs {
    fn add_to(&self, raw: &mut Raw) {
        raw.device = self.device;
        raw.threads = self.threads;
        raw.offline = self.offline.then_some(true);
    }
}

/// One output with its scores.
#[derive(Debug, Serialize)]
struct Scored<'a> {
    /// The document.
    document: &'a str,
    /// The language of the output.
    language: Language,
    #[serde(flatten)]
    scores: Scores,
}

pub(crate) fn run(args: &EvalArgs, context: &Context) -> Result<(), Failure> {
    if let Some(EvalCommand::Validate(args)) = &args.command {
        return validate::run(args, context);
    }
    let (Some(predictions), Some(reference)) = (&args.predictions, &args.reference) else {
        return Err(Failure::usage("give PREDICTIONS and `--reference REF`", "`faqtory eval --help` shows both"));
    };
    let mut flags = Raw::default();
    args.encoder.add_to(&mut flags);
    let config = context.config(flags)?;
    let written = prediction::read(predictions)?;
    let documents = dataset::read(reference, &config.load_options())?;
    let matched = matched(&documents, &written, reference, context)?;
    runtime::prepare(&config);
    let scored = score(&matched, &mut args.encoder.choice.evaluator(&config, &context.ui)?, context)?;
    let outputs: Vec<_> = scored.iter().map(|s| (s.language, &s.scores)).collect();
    let summary = summarize(&outputs);
    let shown = if args.per_document { Some(scored.as_slice()) } else { None };
    match &args.csv {
        Some(path) => {
            let text = match shown {
                Some(scored) => csv::documents(scored),
                None => csv::means(&summary),
            };
            if path.as_os_str() == "-" { ui::print(&text) } else { Ok(output::write_file(path, &text)?) }
        }
        None if args.json => print_json(&summary, shown),
        None => ui::print_styled(&table::show(&summary, shown)),
    }
}

/// Pairs predictions with documents, and says what is left over.
fn matched<'a>(
    documents: &'a [Document],
    predictions: &'a [Prediction],
    reference: &Path,
    context: &Context,
) -> Result<Matched<'a>, Failure> {
    let matched = match_up(documents, predictions);
    if matched.pairs.is_empty() {
        let message = format!(
            "none of the predictions ({}) is of one of its documents ({})",
            few(&matched.strangers),
            few(&matched.missing)
        );
        return Err(Error::new(ErrorKind::Input, message).at(reference.display().to_string()).into());
    }
    if !matched.strangers.is_empty() {
        context.ui.note(&format!("not scored, as they are of no document: {}", few(&matched.strangers)));
    }
    if !matched.missing.is_empty() {
        context.ui.note(&format!("documents without a prediction: {}", few(&matched.missing)));
    }
    let has_any = |document: &Document| !document.references.is_empty();
    if !matched.pairs.iter().any(|(document, _)| has_any(document)) {
        context.ui.note("there are no references: only what can be said from the articles is measured");
    }
    Ok(matched)
}

/// The first few names of a list.
fn few(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn score<'a>(matched: &Matched<'a>, evaluator: &mut Evaluator, context: &Context) -> Result<Vec<Scored<'a>>, Failure> {
    let bar = context.ui.spinner();
    // Outputs of one document follow one another, so that it is worked out once.
    let mut order: Vec<_> = matched.pairs.iter().collect();
    order.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let all = order.len();
    let one = |(done, (document, prediction)): (usize, &&(&'a Document, &Prediction))| {
        interrupt::check()?;
        bar.0.set_message(format!("scoring {} of {all}: {}", done + 1, super::failure::visible(&document.id)));
        let scores = evaluator.score(document, prediction)?;
        context.ui.step(&format!("{}: scored", document.id));
        let language = prediction.language.unwrap_or(document.article.language);
        Ok(Scored { document: &document.id, language, scores })
    };
    order.iter().enumerate().map(one).collect()
}

fn print_json(summary: &Summary, documents: Option<&[Scored<'_>]>) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Report<'a> {
        #[serde(flatten)]
        summary: &'a Summary,
        /// What the metrics are.
        metrics: Vec<&'a faqtory::eval::Metric>,
        #[serde(skip_serializing_if = "Option::is_none")]
        documents: Option<&'a [Scored<'a>]>,
    }
    let metrics = faqtory::eval::METRICS.iter().filter(|m| summary.row(m.id).is_some()).collect();
    json(&Report { summary, metrics, documents })
}

fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| Error::new(ErrorKind::Io, "cannot write the scores as JSON").with_source(e))?;
    ui::print(&format!("{text}\n"))
}

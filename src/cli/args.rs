//! Flags that several commands share, as they are given; each adds itself to the layer of the flags.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use faqtory::content::SummaryLength;
use faqtory::engine::DeviceChoice;
use faqtory::eval::Evaluator;
use faqtory::eval::score::SCORER_VERSION;
use faqtory::lang::{Language, Region};
use faqtory::pipeline::{Faulty, Job, Questions, Targets};
use faqtory::prompt::Style;
use faqtory::render::Format;

use super::config::{Config, InputFormat, ModelChoice, Raw, values};
use super::failure::Failure;
use super::runtime;
use super::ui::Ui;

/// Flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "General")]
pub(crate) struct GlobalArgs {
    /// Configuration file to read instead of the user's own
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say every step, and what the model wrote that was not used
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

/// Which model runs, and where.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArgs {
    /// Model: an id of `faqtory models list`, a GGUF file, or `scripted:FILE.toml`
    ///
    /// A script holds canned replies and tries out a pipeline without a model: tables `[[reply]]`
    /// with `text`, and `when`, a text that the request must contain.
    #[arg(long, value_name = "ID|PATH.gguf", value_parser = values::model)]
    pub(crate) model: Option<ModelChoice>,

    /// Device to run on: auto, cpu, cuda, cuda:N or metal
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<DeviceChoice>,

    /// Processor threads to use
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub(crate) threads: Option<usize>,

    /// Most tokens of article and answer together; less needs less memory
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub(crate) context_length: Option<usize>,

    /// Never use the network: the model must be here, and web pages kept from before
    #[arg(long)]
    pub(crate) offline: bool,
}

impl ModelArgs {
    pub(crate) fn add_to(&self, raw: &mut Raw) {
        raw.model.clone_from(&self.model);
        raw.device = self.device;
        raw.threads = self.threads;
        raw.context_length = self.context_length;
        raw.offline = self.offline.then_some(true);
    }
}

/// The model that compares what texts mean.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Encoder")]
pub(crate) struct EncoderChoice {
    /// Leave out all metrics of meaning, so that no encoder is needed
    #[arg(long, conflicts_with = "encoder")]
    no_encoder: bool,

    /// Model that compares what texts mean: an id of `faqtory models list`, or its file
    #[arg(long, value_name = "ID|PATH", default_value = "multilingual-e5-small")]
    encoder: String,

    /// Language model that judges whether answers answer their questions and English sentences say what the article says,
    /// as `--model` names one; reads every article
    #[arg(long, value_name = "ID|PATH.gguf", value_parser = values::model)]
    judge: Option<ModelChoice>,
}

impl EncoderChoice {
    /// The evaluator, with the encoder if it is wanted; fetched first if it is not here. The runtime is prepared.
    pub(crate) fn evaluator(&self, config: &Config, ui: &Ui) -> Result<Evaluator, Failure> {
        let encoder = if self.no_encoder { None } else { Some(runtime::encoder(&self.encoder, config, ui)?) };
        let judge = self.judge.as_ref().map(|model| runtime::open(Some(model), config, ui)).transpose()?;
        Ok(Evaluator::new(encoder).with_judge(judge.map(|started| started.engine)))
    }

    /// A name of that evaluator: another name gives other scores.
    pub(crate) fn scorer(&self) -> String {
        let encoder = if self.no_encoder { "no encoder" } else { &self.encoder };
        let judge = self.judge.as_ref().map(|model| format!(", judge {model}")).unwrap_or_default();
        format!("scorer {SCORER_VERSION}, {encoder}{judge}")
    }
}

/// How tokens are chosen.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sampling")]
pub(crate) struct SamplingArgs {
    /// Seed of the random numbers: the same seed gives the same text
    #[arg(long, value_name = "N", value_parser = values::whole::<u64>, allow_negative_numbers = true)]
    seed: Option<u64>,

    /// Randomness, 0 to 5; 0 always takes the most probable token
    #[arg(long, value_name = "T", value_parser = values::temperature, allow_negative_numbers = true)]
    temperature: Option<f32>,

    /// Choose among the K most probable tokens; 0 is all
    #[arg(long, value_name = "K", value_parser = values::whole::<usize>)]
    top_k: Option<usize>,

    /// Choose among the most probable tokens that add up to P; 1 is all
    #[arg(long, value_name = "P", value_parser = values::positive_probability, allow_negative_numbers = true)]
    top_p: Option<f32>,

    /// Choose among tokens at least P times as probable as the best; 0 is all
    #[arg(long, value_name = "P", value_parser = values::probability, allow_negative_numbers = true)]
    min_p: Option<f32>,

    /// Make tokens that were written before less probable, 0.1 to 10; 1 is off
    #[arg(long, value_name = "F", value_parser = values::penalty, allow_negative_numbers = true)]
    repetition_penalty: Option<f32>,
}

impl SamplingArgs {
    pub(crate) fn add_to(&self, raw: &mut Raw) {
        raw.seed = self.seed;
        raw.temperature = self.temperature;
        raw.top_k = self.top_k;
        raw.top_p = self.top_p;
        raw.min_p = self.min_p;
        raw.repetition_penalty = self.repetition_penalty;
    }
}

/// How articles are found and read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// What to read FILE as: auto, jsonl, text, markdown, html, pdf, docx or epub [default: auto]
    ///
    /// In JSON Lines each line is an article: an object with `text` (or `body`, `content`, `html`) and, where
    /// known, `title` (or `headline`), `url`, `lang`, `author`, `date` and `id`.
    #[arg(long, value_name = "FORMAT")]
    input_format: Option<InputFormat>,

    /// Largest article in MiB, after decompression [default: 16]
    #[arg(long, value_name = "MIB", value_parser = values::amount)]
    max_size: Option<u64>,

    /// Seconds that fetching one web page may take [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = values::amount)]
    fetch_timeout: Option<u64>,

    /// Ask the server even for pages that are kept and still fresh
    #[arg(long)]
    pub(crate) refresh: bool,

    /// Keep no web pages, and use none that are kept
    #[arg(long)]
    no_cache: bool,
}

impl InputArgs {
    pub(crate) fn add_to(&self, raw: &mut Raw) {
        raw.input_format = self.input_format;
        raw.max_size = self.max_size;
        raw.fetch_timeout = self.fetch_timeout;
        raw.no_cache = self.no_cache.then_some(true);
    }
}

/// What the result should look like.
#[derive(Debug, Clone, Args)]
pub(crate) struct TextArgs {
    /// Language to write in: en, es, or source for that of the article [default: source]
    ///
    /// Several, such as `source,es`, give a result in each; the texts are written once and translated.
    #[arg(short, long, value_name = "LANG[,LANG]")]
    pub(crate) lang: Option<Targets>,

    /// Language of the article, if it should not be detected
    #[arg(long, value_name = "LANG")]
    pub(crate) source_lang: Option<Language>,

    /// Output format [default: md]
    #[arg(short, long, value_name = "FORMAT", value_parser = formats())]
    pub(crate) format: Option<Format>,

    /// Folder of prompt templates (TASK/LANG.jinja) over the built-in ones
    #[arg(long, value_name = "DIR", value_parser = values::path)]
    pub(crate) prompts: Option<PathBuf>,
}

impl TextArgs {
    pub(crate) fn add_to(&self, raw: &mut Raw) {
        raw.lang.clone_from(&self.lang);
        raw.source_lang = self.source_lang;
        raw.format = self.format;
        raw.prompts.clone_from(&self.prompts);
    }
}

/// How the texts should be.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Texts")]
pub(crate) struct StyleArgs {
    /// Whom to write for, such as "children of ten"; in the language of the article
    #[arg(long, value_name = "READERS", value_parser = values::phrase)]
    audience: Option<String>,

    /// How the texts should sound, such as "friendly"; in the language of the article
    #[arg(long, value_name = "TONE", value_parser = values::phrase)]
    tone: Option<String>,

    /// Term to be written exactly so wherever it is used; may be given several times
    #[arg(long, value_name = "TERM", value_parser = values::phrase)]
    keep: Vec<String>,

    /// Region whose conventions a translation follows, such as MX for a decimal point in Spanish
    #[arg(long, value_name = "REGION", value_parser = values::parsed::<Region>)]
    region: Option<Region>,

    /// Leave out texts that fail the checks, and say why; this is the default
    #[arg(long, conflicts_with = "flag")]
    strict: bool,

    /// Keep pairs that fail the checks where others are missing, and mark them in JSON
    #[arg(long)]
    flag: bool,

    /// Show the sentences of the article that the texts rest on: footnotes in text and Markdown, links in HTML
    #[arg(long)]
    pub(crate) evidence: bool,
}

impl StyleArgs {
    /// The wishes, told to a job.
    pub(crate) fn add_to(&self, job: &mut Job) {
        let Self { audience, tone, keep, region, .. } = self.clone();
        job.style = Style { audience, tone, keep };
        job.region = region;
        job.faulty = if self.flag { Faulty::Flag } else { Faulty::Drop };
    }
}

/// How many questions, and which.
#[derive(Debug, Clone, Args)]
pub(crate) struct QuestionsArg {
    /// Number of questions, or auto for what the article carries [default: auto]
    #[arg(short = 'n', long, value_name = "N|auto")]
    pub(crate) questions: Option<Questions>,
}

/// Questions that have to be answered.
#[derive(Debug, Clone, Args)]
pub(crate) struct AskArg {
    /// Question to be answered from the article, or declared unanswerable; may be given several times
    #[arg(long, value_name = "QUESTION", value_parser = values::phrase)]
    pub(crate) ask: Vec<String>,
}

/// How long the summary.
#[derive(Debug, Clone, Args)]
pub(crate) struct LengthArg {
    /// Length of the summary [default: medium]
    #[arg(long, value_name = "LENGTH", value_parser = lengths())]
    pub(crate) length: Option<SummaryLength>,
}

/// Articles in, results out.
#[derive(Debug, Clone, Args)]
pub(crate) struct WriteArgs {
    /// Articles: files (HTML, Markdown, PDF, DOCX, EPUB, plain text, JSON Lines), folders, patterns such as "docs/**/*.md",
    /// web addresses, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// File or folder to write to; a name that ends with / is a folder and is made
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) text: TextArgs,

    #[command(flatten)]
    pub(crate) style: StyleArgs,

    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(crate) model: ModelArgs,

    #[command(flatten)]
    pub(crate) sampling: SamplingArgs,
}

impl WriteArgs {
    pub(crate) fn add_to(&self, raw: &mut Raw) {
        self.input.add_to(raw);
        self.text.add_to(raw);
        self.model.add_to(raw);
        self.sampling.add_to(raw);
    }
}

/// Lists the names for `--help` and the shells.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|s| s.parse::<Format>())
}

/// Lists the names for `--help` and the shells.
fn lengths() -> impl TypedValueParser<Value = SummaryLength> {
    PossibleValuesParser::new(SummaryLength::ALL.map(SummaryLength::name)).try_map(|s| s.parse::<SummaryLength>())
}

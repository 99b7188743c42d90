//! The pipeline: an article and an engine in, a checked FAQ block and summary out.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::str::FromStr;
use std::time::Instant;

use self::check::FaqChecker;
use self::parse::FaqParser;
pub use self::target::Target;
use crate::article::Article;
use crate::content::{
    Faq, ModelInfo, Output, RejectReason, Rejection, SCHEMA_VERSION, SourceInfo, Summary, SummaryLength, Task,
    TokenCounts, Usage,
};
use crate::engine::{Batch, Engine, Event, FinishReason, Request, Sampling, Stop};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;
use crate::prompt::{Ask, Labels, PromptLibrary};

mod check;
mod compare;
pub mod naive;
mod parse;
mod summary;
mod target;
#[cfg(test)]
mod tests;

/// How many questions a FAQ block should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Questions {
    /// As many as the article's length carries.
    #[default]
    Auto,
    /// That many.
    Exactly(usize),
}

/// The most questions of one FAQ block.
pub const MAX_QUESTIONS: usize = 20;

impl FromStr for Questions {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        match s {
            "auto" => Ok(Self::Auto),
            _ => match s.parse() {
                Ok(n) if (1..=MAX_QUESTIONS).contains(&n) => Ok(Self::Exactly(n)),
                _ => Err(Error::new(
                    ErrorKind::Config,
                    format!("`{s}` is not a number of questions; give 1 to {MAX_QUESTIONS}, or `auto`"),
                )),
            },
        }
    }
}

/// What is wanted of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The language to write in.
    pub target: Language,
    /// The FAQ block, if one is wanted.
    pub faq: Option<Questions>,
    /// The summary, if one is wanted.
    pub summary: Option<SummaryLength>,
    /// How tokens are chosen.
    pub sampling: Sampling,
}

/// What happens during [`run`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
    /// A stage begins: `write` at first, `refill` when entries were rejected and are asked for once more.
    Stage {
        /// The stage's name.
        name: &'static str,
        /// How many texts are written at the same time in this stage.
        requests: usize,
        /// The most tokens that this stage can write.
        max_tokens: usize,
    },
    /// The engine works.
    Engine(Event<'a>),
}

/// Words of an article for each question of `auto`.
const WORDS_PER_QUESTION: usize = 150;
/// Fewest and most questions of `auto`.
const AUTO_QUESTIONS: std::ops::RangeInclusive<usize> = 3..=8;
/// Room for one FAQ entry, in tokens.
const ENTRY_TOKENS: usize = 120;

/// Enough to come to another text, little enough to keep to the article.
const REFILL_TEMPERATURE: f32 = 0.5;
/// Keeps the improbable words out of the second try.
const REFILL_TOP_P: f32 = 0.9;

impl Questions {
    /// The number of questions for an article of so many words.
    pub fn count(self, words: usize) -> usize {
        match self {
            Self::Exactly(n) => n,
            Self::Auto => ((words + WORDS_PER_QUESTION / 2) / WORDS_PER_QUESTION)
                .clamp(*AUTO_QUESTIONS.start(), *AUTO_QUESTIONS.end()),
        }
    }
}

/// Room for a summary, in tokens: about twice what a text of that length needs.
fn summary_tokens(length: SummaryLength) -> usize {
    match length {
        SummaryLength::Headline => 48,
        SummaryLength::Short => 120,
        SummaryLength::Medium => 260,
        SummaryLength::Long => 640,
        SummaryLength::Bullets => 400,
    }
}

/// Whether there is something to write from.
///
/// # Errors
/// `Input` for an article without a body: a page that is a FAQ through and through.
pub fn check_article(article: &Article) -> Result<()> {
    let Some(faq) = article.own_faq.as_ref().filter(|_| article.is_faq_page()) else { return Ok(()) };
    let pairs = match faq.pairs.len() {
        1 => "1 question".to_owned(),
        n => format!("{n} questions"),
    };
    Err(Error::new(
        ErrorKind::Input,
        format!(
            "this page is a FAQ through and through: {pairs}, no article beside them to write from; give the article \
             that they are about (`faqtory inspect` shows the pairs)"
        ),
    ))
}

/// Writes what the job asks for.
///
/// Summary and FAQ block are written together over the same article. What is missing after the checks
/// is asked for once more.
///
/// # Errors
/// Those of [`check_article`] and [`Engine::generate`], and `Config` where there is no prompt for the target language.
/// Bad model output is not an error: it is in [`Output::rejections`].
pub fn run(
    engine: &mut dyn Engine,
    prompts: &PromptLibrary,
    article: &Article,
    job: &Job,
    on_progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Output> {
    let started = Instant::now();
    check_article(article)?;
    let labels = prompts.labels(job.target)?;
    let parser = FaqParser::new(prompts)?;
    let words = article.word_count();
    let wanted = job.faq.map_or(0, |q| q.count(words));
    let mut faq = FaqChecker { target: job.target, labels, wanted, accepted: Vec::new(), rejections: Vec::new() };
    let mut summary = None;
    let mut rejections = Vec::new();
    let mut account = Account::default();

    for stage in ["write", "refill"] {
        let previous: Vec<String> = faq.accepted.iter().map(|e| e.question.clone()).collect();
        let sampling = if stage == "write" { job.sampling } else { another_try(job.sampling) };
        let mut asks = Vec::new();
        if let Some(length) = job.summary.filter(|_| summary.is_none()) {
            asks.push((Ask::Summary { length }, summary_tokens(length)));
        }
        if faq.missing() > 0 {
            let questions = faq.missing();
            asks.push((Ask::Faq { questions, previous: &previous }, (questions + 1) * ENTRY_TOKENS));
        }
        if asks.is_empty() {
            break;
        }
        let requests = asks
            .iter()
            .map(|&(ask, max_tokens)| {
                let messages = prompts.messages(ask, job.target, article)?;
                Ok(Request { messages, max_tokens, sampling, stop: stops(ask, labels), grammar: None })
            })
            .collect::<Result<Vec<_>>>()?;
        let max_tokens = requests.iter().map(|r| r.max_tokens).sum();
        if on_progress(Progress::Stage { name: stage, requests: requests.len(), max_tokens }).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "stopped"));
        }
        let batch = engine.generate(&requests, &mut |event| on_progress(Progress::Engine(event)))?;
        account.add(&batch);
        for (&(ask, _), generation) in asks.iter().zip(&batch.generations) {
            let truncated = generation.finish == FinishReason::Length;
            match ask {
                Ask::Summary { length } => {
                    summary =
                        summary::check(&generation.text, truncated, length, job.target, prompts, &mut rejections)?;
                }
                Ask::Faq { .. } => {
                    let draft = parser.parse(&with_label(&parser, labels, &generation.text));
                    if !draft.preamble.is_empty() {
                        let reason = RejectReason::Malformed;
                        faq.rejections.push(Rejection { task: Task::Faq, reason, text: draft.preamble });
                    }
                    faq.take(draft.entries, truncated);
                }
            }
        }
    }

    rejections.append(&mut faq.rejections);
    account.seconds.insert("total".to_owned(), started.elapsed().as_secs_f64());
    let prompt_version = prompts.version(article.language, job.target);
    let written = Written {
        summary,
        faq: (!faq.accepted.is_empty()).then(|| Faq { title: labels.faq_title.clone(), entries: faq.accepted }),
        asked: job.faq.map(|_| wanted),
        rejections,
    };
    Ok(account.output(article, job, engine.info(), prompt_version, written))
}

/// How to sample when the same question is asked again: greedily, or with the same random numbers, the model
/// would only give the same text.
fn another_try(first: Sampling) -> Sampling {
    let seed = first.seed.wrapping_add(1);
    if first.temperature > 0.0 {
        Sampling { seed, ..first }
    } else {
        Sampling { seed, temperature: REFILL_TEMPERATURE, top_p: REFILL_TOP_P, ..first }
    }
}

/// A FAQ ends before the question that is one too many. The prompt has the label of the first question, so
/// the n-th label that the model writes is that of question n + 1.
fn stops(ask: Ask<'_>, labels: &Labels) -> Vec<Stop> {
    match ask {
        Ask::Faq { questions, .. } => {
            vec![Stop { text: format!("\n{}:", labels.question_labels[0]), occurrence: questions }]
        }
        Ask::Summary { .. } => Vec::new(),
    }
}

/// The prompt ends with the first label, which so is no part of what the model wrote; some repeat it.
fn with_label(parser: &FaqParser, labels: &Labels, text: &str) -> String {
    if parser.begins_with_question(text) {
        text.to_owned()
    } else {
        format!("{}: {}", labels.question_labels[0], text.trim_start())
    }
}

/// What the model wrote of it all.
struct Written {
    summary: Option<Summary>,
    faq: Option<Faq>,
    asked: Option<usize>,
    rejections: Vec<Rejection>,
}

/// Sums over the engine's calls.
#[derive(Default)]
struct Account {
    tokens: TokenCounts,
    seconds: BTreeMap<String, f64>,
}

impl Account {
    fn add(&mut self, batch: &Batch) {
        for generation in &batch.generations {
            self.tokens.prompt += generation.prompt_tokens;
            self.tokens.reused += generation.reused_tokens;
            self.tokens.generated += generation.generated_tokens;
        }
        for (stage, seconds) in [("prefill", batch.prefill_seconds), ("decode", batch.decode_seconds)] {
            *self.seconds.entry(stage.to_owned()).or_default() += seconds;
        }
    }

    /// The output that it is the account of.
    fn output(
        self,
        article: &Article,
        job: &Job,
        model: &ModelInfo,
        prompt_version: String,
        written: Written,
    ) -> Output {
        Output {
            schema_version: SCHEMA_VERSION,
            article: SourceInfo::from(article),
            language: job.target,
            summary: written.summary,
            questions_asked: written.asked,
            faq: written.faq,
            rejections: written.rejections,
            usage: Usage {
                faqtory: env!("CARGO_PKG_VERSION").to_owned(),
                model: model.clone(),
                prompt_version,
                seed: job.sampling.seed,
                temperature: job.sampling.temperature,
                tokens: self.tokens,
                seconds: self.seconds,
            },
        }
    }
}

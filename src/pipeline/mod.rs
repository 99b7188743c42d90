//! The pipeline: an article and an engine in, a verified FAQ block and summary out.
//!
//! Questions come first, more than are wanted; those that are good and different are answered over the article; what fails
//! the checks is tried again or left out; what is written in another language than the article's is translated at the end.

use std::ops::ControlFlow;
use std::time::Instant;

use self::check::Checker;
use self::faq::Pair;
pub use self::job::{Faulty, Job, MAX_QUESTIONS, Questions};
use self::long::Piece;
pub use self::refresh::refresh;
use self::session::{Account, Session};
use self::source::Source;
pub use self::target::Target;
use self::translate::Translator;
use crate::article::Article;
use crate::content::{
    Coverage, Faq, FaqEntry, ModelInfo, Output, Rejection, SCHEMA_VERSION, SourceInfo, Summary, SummaryLength, Usage,
};
use crate::engine::{Engine, Event};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;
use crate::prompt::PromptLibrary;

mod check;
mod faq;
mod form;
mod job;
mod long;
mod mixture;
pub mod naive;
mod parse;
mod plan;
mod refresh;
mod select;
mod session;
mod source;
mod summarize;
mod summary;
mod target;
#[cfg(test)]
mod tests;
mod translate;
mod typography;

/// Pairs that are translated beyond those that are wanted.
const SPARE_TRANSLATIONS: usize = 1;

/// What happens during [`run`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
    /// A stage begins, such as `questions`, `answers` or `translation`.
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
    prompts.labels(job.target)?;
    let instructions: Vec<&String> = prompts.all_labels().flat_map(|labels| &labels.instructions).collect();
    let source = Source::new(article, &instructions);
    let language = working_language(prompts, article, job);
    let mut work = Work {
        session: Session { engine, on_progress, sampling: job.sampling, account: Account::default() },
        prompts,
        job,
        language,
        checker: Checker { source: &source, labels: prompts.labels(language)?, language },
        piece: Piece { body: String::new(), sentences: None },
        length: job.summary,
        wanted: job.faq.map_or(0, |q| q.count(article.word_count()).max(job.ask.len())),
        rejections: Vec::new(),
    };
    let pieces = long::pieces(article, &work)?;
    let count = pieces.len();
    let (mut pairs, mut summary) = work.read(pieces)?;
    if language != job.target {
        let translator = Translator::new(&work)?;
        let mut texts = std::mem::take(&mut pairs.taken);
        // A few more than are wanted, for translations that fail.
        let spare = (work.wanted + SPARE_TRANSLATIONS).saturating_sub(texts.len()).min(pairs.spare.len());
        texts.extend(pairs.spare.drain(..spare));
        (pairs.taken, summary) = translator.translate(&mut work, texts, summary)?;
        if summary.is_none() {
            summary = work.summary_at_once(job.target)?;
        }
    }
    pairs.close(&mut work);
    let labels = prompts.labels(job.target)?;
    let summary = summary.zip(job.summary).map(|(draft, length)| Summary {
        evidence: draft.evidence.clone(),
        ..Summary::new(labels.summary_title.clone(), length, draft.texts())
    });
    let parts = pairs.taken.iter().flat_map(|pair| &pair.evidence).chain(summary.iter().flat_map(|s| &s.evidence));
    let mut parts: Vec<_> = parts.filter_map(|evidence| source.part_of(evidence.span)).collect();
    parts.sort_unstable();
    parts.dedup();
    let coverage =
        Coverage { words_read: article.word_count(), pieces: count, parts: source.parts, parts_used: parts.len() };
    let entries: Vec<FaqEntry> = pairs.taken.into_iter().map(Pair::into_entry).collect();
    let mut account = work.session.account;
    account.seconds.insert("total".to_owned(), started.elapsed().as_secs_f64());
    let made = Made {
        faq: (!entries.is_empty()).then(|| Faq { title: labels.faq_title.clone(), entries }),
        summary,
        asked: job.faq.map(|_| work.wanted),
        unanswered: pairs.unanswered,
        coverage,
        rejections: work.rejections,
        prompt_version: prompts.version(article.language, job.target),
    };
    Ok(made.output(account, article, job, work.session.engine.info()))
}

/// The language that is written and verified in: that of the article, if there are prompts for it, else the target.
fn working_language(prompts: &PromptLibrary, article: &Article, job: &Job) -> Language {
    if prompts.languages().contains(&article.language) { article.language } else { job.target }
}

/// One job being worked on.
struct Work<'a> {
    session: Session<'a>,
    prompts: &'a PromptLibrary,
    job: &'a Job,
    /// The language that is written and verified in.
    language: Language,
    checker: Checker<'a>,
    /// What of the article is being read: all, if it is not long.
    piece: Piece,
    /// The length of the summary that is being written.
    length: Option<SummaryLength>,
    /// How many questions are asked for.
    wanted: usize,
    rejections: Vec<Rejection>,
}

/// Keeps what was not used, once.
fn note(rejections: &mut Vec<Rejection>, new: Rejection) {
    if !rejections.contains(&new) {
        rejections.push(new);
    }
}

/// What was made, before it is put together with its account.
struct Made {
    faq: Option<Faq>,
    summary: Option<Summary>,
    asked: Option<usize>,
    unanswered: Vec<String>,
    coverage: Coverage,
    rejections: Vec<Rejection>,
    prompt_version: String,
}

impl Made {
    fn output(self, account: Account, article: &Article, job: &Job, model: &ModelInfo) -> Output {
        Output {
            schema_version: SCHEMA_VERSION,
            article: SourceInfo::from(article),
            language: job.target,
            summary: self.summary,
            questions_asked: self.asked,
            unanswered: self.unanswered,
            coverage: self.coverage,
            faq: self.faq,
            rejections: self.rejections,
            usage: Usage {
                faqtory: env!("CARGO_PKG_VERSION").to_owned(),
                model: model.clone(),
                prompt_version: self.prompt_version,
                seed: job.sampling.seed,
                temperature: job.sampling.temperature,
                tokens: account.tokens,
                seconds: account.seconds,
            },
        }
    }
}

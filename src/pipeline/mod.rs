//! The pipeline: an article and an engine in, a verified FAQ block and summary out.
//!
//! Questions come first, more than are wanted; those that are good and different are answered over the article; what fails
//! the checks is tried again or left out; what is written in another language than the article's is translated at the end.

use std::ops::ControlFlow;
use std::time::Instant;

use self::check::Checker;
use self::faq::{Pair, Pairs};
pub use self::job::{Faulty, Job, MAX_QUESTIONS, Questions};
use self::long::Piece;
pub use self::refresh::refresh;
use self::session::{Account, Session};
use self::source::Source;
use self::summary::Draft;
pub use self::target::{Target, Targets};
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
mod names;
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
        /// How many texts are written, or read, in this stage.
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
    let mut outputs = run_in(engine, prompts, article, job, &[job.target], on_progress)?;
    outputs.pop().ok_or_else(|| Error::new(ErrorKind::Inference, "nothing was written"))
}

/// [`run`] for several languages in the place of the job's, an output for each in their order. The texts are written and
/// verified once, in the article's language, and translated into each of the others, so that a further language costs a
/// translation only. The account of an output is of what came beyond the outputs before it: the first has what they share.
///
/// # Errors
/// As for [`run`].
pub fn run_in(
    engine: &mut dyn Engine,
    prompts: &PromptLibrary,
    article: &Article,
    job: &Job,
    languages: &[Language],
    on_progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Vec<Output>> {
    let Some(&first) = languages.first() else { return Ok(Vec::new()) };
    let mut started = Instant::now();
    check_article(article)?;
    for language in languages {
        prompts.labels(*language)?;
    }
    let instructions: Vec<&String> = prompts.all_labels().flat_map(|labels| &labels.instructions).collect();
    let source = Source::new(article, &instructions);
    let language = working_language(prompts, article, first);
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
    let (pairs, summary) = work.read(pieces)?;
    let rejections = work.rejections.clone();
    let mut outputs = Vec::new();
    for &target in languages {
        work.rejections.clone_from(&rejections);
        let made = work.in_language(target, pairs.clone(), summary.clone(), count)?;
        let mut account = std::mem::take(&mut work.session.account);
        account.seconds.insert("total".to_owned(), started.elapsed().as_secs_f64());
        started = Instant::now();
        outputs.push(made.output(account, article, job, work.session.engine.info()));
    }
    Ok(outputs)
}

/// The language that is written and verified in: that of the article, if there are prompts for it, else the target.
fn working_language(prompts: &PromptLibrary, article: &Article, target: Language) -> Language {
    if prompts.languages().contains(&article.language) { article.language } else { target }
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

impl Work<'_> {
    /// What was written, in one of the languages that are wanted.
    fn in_language(
        &mut self,
        target: Language,
        mut pairs: Pairs,
        mut summary: Option<Draft>,
        pieces: usize,
    ) -> Result<Made> {
        if self.language != target {
            let translator = Translator::new(self, target)?;
            let mut texts = std::mem::take(&mut pairs.taken);
            // A few more than are wanted, for translations that fail.
            let spare = (self.wanted + SPARE_TRANSLATIONS).saturating_sub(texts.len()).min(pairs.spare.len());
            texts.extend(pairs.spare.drain(..spare));
            let translated;
            (translated, summary) = translator.translate(self, texts, summary)?;
            // What differs in one language may be the same in another.
            (pairs.taken, _) = self.different(translated, usize::MAX, target);
            if summary.is_none() {
                summary = self.summary_at_once(target)?;
            }
        }
        pairs.close(self);
        let (source, labels) = (self.checker.source, self.prompts.labels(target)?);
        let summary = summary.zip(self.job.summary).map(|(draft, length)| Summary {
            evidence: draft.evidence.clone(),
            ..Summary::new(labels.summary_title.clone(), length, draft.texts())
        });
        let parts = pairs.taken.iter().flat_map(|pair| &pair.evidence).chain(summary.iter().flat_map(|s| &s.evidence));
        let mut parts: Vec<_> = parts.filter_map(|evidence| source.part_of(evidence.span)).collect();
        parts.sort_unstable();
        parts.dedup();
        let words_read = source.article.word_count();
        let entries: Vec<FaqEntry> = pairs.taken.into_iter().map(Pair::into_entry).collect();
        Ok(Made {
            language: target,
            faq: (!entries.is_empty()).then(|| Faq { title: labels.faq_title.clone(), entries }),
            summary,
            asked: self.job.faq.map(|_| self.wanted),
            unanswered: pairs.unanswered,
            coverage: Coverage { words_read, pieces, parts: source.parts, parts_used: parts.len() },
            rejections: std::mem::take(&mut self.rejections),
            prompt_version: self.prompts.version(source.article.language, target),
        })
    }
}

/// Keeps what was not used, once.
fn note(rejections: &mut Vec<Rejection>, new: Rejection) {
    if !rejections.contains(&new) {
        rejections.push(new);
    }
}

/// What was made, before it is put together with its account.
struct Made {
    language: Language,
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
            language: self.language,
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

//! The naive strategy: one plain prompt a task, and what the model writes is taken as it is.
//!
//! It is what somebody would get from a chat program with the same model, and so the yardstick for [`run`](super::run).
//! Nothing is checked, mended or asked for again; only the pairs of the FAQ are told apart.

use std::ops::ControlFlow;
use std::time::Instant;

use super::parse::FaqParser;
use super::session::Account;
use super::summary::tokens as summary_tokens;
use super::{Job, Made, Progress, check_article};
use crate::article::Article;
use crate::content::{Coverage, Faq, FaqEntry, Output, RejectReason, Rejection, Summary, Task};
use crate::engine::{Engine, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::prompt::{Plain, PromptLibrary};

/// Room for one FAQ entry, in tokens.
const ENTRY_TOKENS: usize = 120;

/// Writes what the job asks for, each part by a call of its own.
///
/// # Errors
/// As those of [`run`](super::run).
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
    let wanted = job.faq.map_or(0, |q| q.count(article.word_count()));
    let mut account = Account::default();
    let (mut summary, mut faq, mut rejections) = (None, None, Vec::new());
    let summaries = job.summary.map(|length| (Plain::Summary(length), summary_tokens(length)));
    let faqs = job.faq.map(|_| (Plain::Faq(wanted), (wanted + 1) * ENTRY_TOKENS));
    for (ask, max_tokens) in summaries.into_iter().chain(faqs) {
        let messages = prompts.naive_messages(ask, job.target, article)?;
        let request = Request { messages, max_tokens, sampling: job.sampling, stop: Vec::new(), grammar: None };
        if on_progress(Progress::Stage { name: "write", requests: 1, max_tokens }).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "stopped"));
        }
        let batch = engine.generate(&[request], &mut |event| on_progress(Progress::Engine(event)))?;
        account.add(&batch);
        let text = batch.generations.into_iter().next().map(|g| g.text).unwrap_or_default();
        match ask {
            Plain::Summary(length) => {
                let paragraphs = text.split("\n\n").map(str::trim).filter(|p| !p.is_empty());
                let paragraphs: Vec<_> = paragraphs.map(str::to_owned).collect();
                let title = labels.summary_title.clone();
                summary = (!paragraphs.is_empty()).then(|| Summary::new(title, length, paragraphs));
            }
            Plain::Faq(_) => {
                let draft = FaqParser::new(prompts)?.parse(&text);
                let (whole, parts): (Vec<_>, Vec<_>) =
                    draft.entries.into_iter().partition(|e| !e.question.is_empty() && !e.answer.is_empty());
                let rest = parts.iter().map(super::parse::DraftEntry::text).chain([draft.preamble]);
                let malformed = |text| Rejection { task: Task::Faq, reason: RejectReason::Malformed, text };
                rejections.extend(rest.filter(|text| !text.is_empty()).map(malformed));
                let entries: Vec<_> = whole.into_iter().map(|e| FaqEntry::new(e.question, e.answer)).collect();
                faq = (!entries.is_empty()).then(|| Faq { title: labels.faq_title.clone(), entries });
            }
        }
    }
    account.seconds.insert("total".to_owned(), started.elapsed().as_secs_f64());
    let prompt_version = prompts.naive_version(job.target);
    let made = Made {
        language: job.target,
        summary,
        faq,
        asked: job.faq.map(|_| wanted),
        unanswered: Vec::new(),
        coverage: Coverage { words_read: article.word_count(), pieces: 1, ..Coverage::default() },
        rejections,
        prompt_version,
    };
    Ok(made.output(account, article, job, engine.info()))
}

//! One pair of an output written anew, with all others as they are.

use std::ops::ControlFlow;

use super::select::alike;
use super::{Job, MAX_QUESTIONS, Progress, Questions, run};
use crate::article::Article;
use crate::content::{FaqEntry, Output};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::prompt::PromptLibrary;

/// Pairs that are written beyond those that are there, to choose the new one from.
const SPARE: usize = 2;

/// The output with another pair in the place of number `pair` (from 1): one that asks and says what no pair of the old
/// output does. The new output has the account and the rejections of this run.
///
/// # Errors
/// `Config` if the output has no such pair, or is in another language than the job; `Inference` if the model wrote no other
/// pair that holds; those of [`run`].
pub fn refresh(
    engine: &mut dyn Engine,
    prompts: &PromptLibrary,
    article: &Article,
    job: &Job,
    old: &Output,
    pair: usize,
    on_progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Output> {
    let there = old.faq.as_ref().map_or(&[][..], |faq| &faq.entries);
    let wrong = |message: String| Error::new(ErrorKind::Config, message);
    if pair == 0 || pair > there.len() {
        return Err(wrong(format!("there is no pair {pair}; the output has {} of them", there.len())));
    }
    if old.language != job.target {
        let (is, wanted) = (old.language.english_name(), job.target.english_name());
        return Err(wrong(format!(
            "the output is in {is}, and {wanted} is to be written; give `--lang {}`",
            old.language
        )));
    }
    let wanted = (there.len() + SPARE).min(MAX_QUESTIONS);
    let job = Job { faq: Some(Questions::Exactly(wanted)), summary: None, ..job.clone() };
    let new = run(engine, prompts, article, &job, on_progress)?;
    let written = new.faq.as_ref().map_or(&[][..], |faq| &faq.entries);
    let differs = |entry: &&FaqEntry| !there.iter().any(|old| alike(old, entry, job.target));
    let Some(entry) = written.iter().find(differs) else {
        let message = "the model wrote no other pair that holds; another `--seed` may give one";
        return Err(Error::new(ErrorKind::Inference, message));
    };
    let mut output = Output { rejections: new.rejections.clone(), usage: new.usage.clone(), ..old.clone() };
    if let Some(place) = output.faq.as_mut().and_then(|faq| faq.entries.get_mut(pair - 1)) {
        *place = entry.clone();
    }
    Ok(output)
}

//! What `generate`, `faq` and `summarize` have in common: articles in, results out.

use std::collections::VecDeque;

use faqtory::article::Article;
use faqtory::content::{Output, Rejection};
use faqtory::engine::Sampling;
use faqtory::lang::Language;
use faqtory::pipeline::{self, Job};
use faqtory::render::{Format, Shown};
use faqtory::{Error, ErrorKind};

use super::args::WriteArgs;
use super::config::{Config, Origin};
use super::failure::{ARTICLES, Failure};
use super::input::{Inputs, Item, Name};
use super::output::{Sink, label};
use super::progress::WriteProgress;
use super::runtime::Started;
use super::ui::Ui;
use super::{interrupt, runtime};

/// What is wanted of each article.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// A FAQ block.
    pub(crate) faq: bool,
    /// A summary.
    pub(crate) summary: bool,
    /// Questions that have to be answered.
    pub(crate) ask: &'a [String],
    /// An output that was written before, and which of its pairs is to be written anew.
    pub(crate) anew: Option<(&'a Output, usize)>,
}

/// Articles that are read before the model is started, and held at a time.
const READ_AHEAD: usize = 16;

/// Writes the wanted parts of every article. An article that fails does not keep the others from
/// being written.
pub(crate) fn run(args: &WriteArgs, parts: Parts<'_>, config: &Config, ui: &Ui) -> Result<(), Failure> {
    let prompts = config.prompt_library()?;
    if let Some(language) = config.lang.value.named().find(|language| !prompts.languages().contains(language)) {
        let known: Vec<_> = prompts.languages().into_iter().map(|l| l.code()).collect();
        let name = language.english_name();
        return Err(Failure::usage(
            format!("there are no prompts for {name}; known are {}", known.join(", ")),
            "take one of them with `--lang`, or `--prompts` with a folder that has templates for the other",
        ));
    }
    let inputs = Inputs::find(&args.files, args.output.as_deref(), config, ui)?;
    let mut failed = inputs.failed;
    if inputs.is_empty() {
        return Err(Failure::Reported(ARTICLES));
    }
    let languages = config.lang.value.count();
    if parts.anew.is_some() && languages > 1 {
        return Err(Failure::usage("a pair is written anew in one language", "give `--lang` that of the output alone"));
    }
    let mut sink = Sink::new(args.output.as_deref(), &inputs, config.format.value, languages)?
        .with(Shown { evidence: args.style.evidence });

    // The first articles are read before the model is started: a wrong name, or a language that there are no prompts
    // for, should not cost a download. The others follow one at a time, so that any number of them fits into memory.
    let mut items = inputs.articles(config, args.input.refresh, ui).zip(1..);
    let mut usable = |sink: &Sink, failed: &mut bool| -> Result<Option<Ready>, Failure> {
        for (Item { name, is_record, article }, number) in items.by_ref() {
            interrupt::check()?;
            sink.check(is_record)?;
            let article = article.and_then(|article| {
                let known = |language: &Language| prompts.labels(*language).map(|_| ());
                let checked = pipeline::check_article(&article)
                    .and_then(|()| config.lang.value.of(article.language).iter().try_for_each(known));
                match checked {
                    Ok(()) => Ok(article),
                    Err(error) => Err(error.at(&article.source)),
                }
            });
            match article {
                Ok(article) => {
                    note_reading(&article, ui);
                    return Ok(Some(Ready { name, is_record, article, number }));
                }
                Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error.into()),
                Err(error) => {
                    ui.error(&error);
                    *failed = true;
                }
            }
        }
        Ok(None)
    };
    let mut ahead = VecDeque::new();
    while ahead.len() < READ_AHEAD
        && let Some(ready) = usable(&sink, &mut failed)?
    {
        ahead.push_back(ready);
    }
    if ahead.is_empty() {
        return Err(Failure::Reported(ARTICLES));
    }

    let Started { mut engine, sampling } = runtime::start(config, ui)?;
    let sampling = config.sampling(sampling);
    note_sampling_without_effect(&sampling, config, ui);
    loop {
        interrupt::check()?;
        let ready = match ahead.pop_front() {
            Some(ready) => ready,
            None => match usable(&sink, &mut failed)? {
                Some(ready) => ready,
                None => break,
            },
        };
        let article = &ready.article;
        let languages = config.lang.value.of(article.language);
        let mut job = job(languages[0], parts, sampling, config);
        args.style.add_to(&mut job);
        let mut progress = WriteProgress::new(ui, &ready.label(inputs.count()));
        let on_progress = &mut |p: pipeline::Progress<'_>| progress.on(p);
        let result = match parts.anew {
            Some((old, pair)) => {
                pipeline::refresh(engine.as_mut(), &prompts, article, &job, old, pair, on_progress).map(|o| vec![o])
            }
            None => pipeline::run_in(engine.as_mut(), &prompts, article, &job, &languages, on_progress),
        };
        drop(progress);
        let outputs = match result {
            Ok(outputs) => outputs,
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error.into()),
            Err(error) => {
                ui.error(&error.at(&article.source));
                failed = true;
                continue;
            }
        };
        for output in &outputs {
            failed |= !account(output, parts, outputs.len() > 1, ui);
            // JSON also tells what was rejected, so it is worth having even without a result.
            if output.faq.is_some() || output.summary.is_some() || config.format.value == Format::Json {
                match sink.write(&ready.name, ready.is_record, output) {
                    Ok(Some(path)) => ui.step(&format!("{}: written to {}", article.source, path.display())),
                    Ok(None) => {}
                    Err(Failure::Error { error, code: ARTICLES, .. }) => {
                        ui.error(&error);
                        failed = true;
                    }
                    Err(other) => return Err(other),
                }
            }
        }
    }
    if failed { Err(Failure::Reported(ARTICLES)) } else { Ok(()) }
}

/// An article that can be worked on.
struct Ready {
    name: Name,
    is_record: bool,
    article: Article,
    /// Among all articles of the run, from 1.
    number: usize,
}

impl Ready {
    /// The article's name in the progress, behind its number if there are several.
    fn label(&self, count: Option<usize>) -> String {
        let (number, source) = (self.number, &self.article.source);
        match count {
            Some(1) if !self.is_record => source.clone(),
            Some(count) if !self.is_record => format!("{number}/{count} {source}"),
            _ => format!("{number} {source}"),
        }
    }
}

/// Says what of an article could not be read, and of one in several languages how much of it is in which.
fn note_reading(article: &Article, ui: &Ui) {
    for loss in &article.losses {
        ui.note(&format!("{}: {loss}", article.source));
    }
    if let Some(shares) = article.mixture() {
        ui.note(&format!("{}: parts of the article are in other languages ({shares})", article.source));
    }
}

fn job(language: Language, parts: Parts<'_>, sampling: Sampling, config: &Config) -> Job {
    let faq = parts.faq.then_some(config.questions.value);
    let summary = parts.summary.then_some(config.length.value);
    Job { ask: parts.ask.to_vec(), ..Job::new(language, faq, summary, sampling) }
}

/// Says what is missing, and with `--verbose` what was rejected. False if a wanted part is not there.
fn account(output: &Output, parts: Parts<'_>, among_languages: bool, ui: &Ui) -> bool {
    let source = &label(output, among_languages);
    for Rejection { task, reason, text } in &output.rejections {
        ui.step(&format!("{source}: {} not used: {}: {text}", name(task), name(reason)));
    }
    let delivered = output.faq.as_ref().map_or(0, |f| f.entries.len());
    let rejected = match output.rejections.len() {
        0 => String::new(),
        n => format!(" ({n} rejected; --verbose shows them)"),
    };
    let missing = |what: &str| {
        let error = Error::new(ErrorKind::Inference, format!("the model wrote no usable {what}{rejected}"));
        ui.error(&error.at(source));
    };
    if parts.summary && output.summary.is_none() {
        missing("summary");
    }
    if parts.faq && delivered == 0 {
        missing("FAQ");
    } else if let Some(asked) = output.questions_asked.filter(|asked| *asked > delivered) {
        ui.note(&format!("{source}: {delivered} of {asked} questions{rejected}"));
    }
    for question in &output.unanswered {
        ui.note(&format!("{source}: the article does not answer “{question}”"));
    }
    (!parts.summary || output.summary.is_some()) && (!parts.faq || delivered > 0)
}

/// The name of a task or a reason, as in JSON.
pub(crate) fn name(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name.replace('_', " "),
        _ => String::new(),
    }
}

/// At temperature 0 the other settings do nothing: whoever gives them on the command line should know.
fn note_sampling_without_effect(sampling: &Sampling, config: &Config, ui: &Ui) {
    if sampling.temperature > 0.0 {
        return;
    }
    let origins = [&config.seed.origin, &config.top_k.origin, &config.top_p.origin, &config.min_p.origin];
    let flags: Vec<_> = origins.into_iter().filter(|o| matches!(o, Origin::Flag(_))).map(ToString::to_string).collect();
    if !flags.is_empty() {
        ui.note(&format!("without a --temperature over 0, {} changes only further candidates", flags.join(", ")));
    }
}

//! What `generate`, `faq` and `summarize` have in common: articles in, results out.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use faqtory::article::Article;
use faqtory::content::{Output, Rejection};
use faqtory::engine::Sampling;
use faqtory::lang::Language;
use faqtory::pipeline::{self, Job};
use faqtory::render::Format;
use faqtory::{Error, ErrorKind, loader};

use super::args::WriteArgs;
use super::config::{Config, Origin, Target};
use super::failure::{ARTICLES, Failure};
use super::output::Sink;
use super::progress::WriteProgress;
use super::runtime::Started;
use super::ui::Ui;
use super::{interrupt, runtime};

/// What is wanted of each article.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    /// A FAQ block.
    pub(crate) faq: bool,
    /// A summary.
    pub(crate) summary: bool,
}

/// Writes the wanted parts of every article. An article that fails does not keep the others from
/// being written.
pub(crate) fn run(args: &WriteArgs, parts: Parts, config: &Config, ui: &Ui) -> Result<(), Failure> {
    let dash = Path::new("-");
    if args.files.iter().filter(|f| *f == dash).count() > 1 {
        return Err(Failure::usage("standard input (`-`) can be read only once"));
    }
    let prompts = config.prompt_library()?;
    if let Target::Language(language) = config.lang.value
        && !prompts.languages().contains(&language)
    {
        let known: Vec<_> = prompts.languages().into_iter().map(|l| l.code()).collect();
        let name = language.english_name();
        return Err(Failure::usage(format!("there are no prompts for {name}; known are {}", known.join(", "))));
    }
    let mut sink = Sink::new(args.output.as_deref(), &args.files, config.format.value)?;

    // All articles are read before the model is started: a wrong name, or a language that there are no prompts
    // for, should not cost a download.
    let mut failed = false;
    let mut articles: Vec<(&PathBuf, Article)> = Vec::new();
    for file in &args.files {
        interrupt::check()?;
        match read(file, config, ui) {
            Ok(article) => match pipeline::check_article(&article).and(prompts.labels(target(&article, config))) {
                Ok(_) => {
                    note_other_languages(&article, ui);
                    articles.push((file, article));
                }
                Err(error) => {
                    ui.error(&error.at(&article.source));
                    failed = true;
                }
            },
            Err(error) => {
                ui.error(&error);
                failed = true;
            }
        }
    }
    if articles.is_empty() {
        return Err(Failure::Reported(ARTICLES));
    }

    let Started { mut engine, sampling } = runtime::start(config, ui)?;
    let sampling = config.sampling(sampling);
    note_sampling_without_effect(&sampling, config, ui);
    for (file, article) in &articles {
        interrupt::check()?;
        let job = job(article, parts, sampling, config);
        let mut progress = WriteProgress::new(ui, &article.source);
        let result = pipeline::run(engine.as_mut(), &prompts, article, &job, &mut |p| progress.on(p));
        drop(progress);
        let output = match result {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error.into()),
            Err(error) => {
                ui.error(&error.at(&article.source));
                failed = true;
                continue;
            }
        };
        failed |= !account(&output, parts, ui);
        // JSON also tells what was rejected, so it is worth having even without a result.
        if output.faq.is_some() || output.summary.is_some() || config.format.value == Format::Json {
            match sink.write(file, &output) {
                Ok(Some(path)) => ui.step(&format!("{}: written to {}", article.source, path.display())),
                Ok(None) => {}
                Err(Failure::Error { error, .. }) => {
                    ui.error(&error);
                    failed = true;
                }
                Err(other) => return Err(other),
            }
        }
    }
    if failed { Err(Failure::Reported(ARTICLES)) } else { Ok(()) }
}

/// Reads one article; `-` is standard input.
pub(crate) fn read(file: &Path, config: &Config, ui: &Ui) -> Result<Article, Error> {
    let options = config.load_options();
    ui.step(&format!("reading {}", file.display()));
    if file != Path::new("-") {
        return loader::load_file(file, &options);
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        ui.note("reading the article from the terminal; end it with Ctrl-D");
    }
    let mut bytes = Vec::new();
    // One byte more than allowed is enough for the loader to see that it is too much.
    let mut limited = stdin.lock().take(options.max_bytes.saturating_add(1));
    limited
        .read_to_end(&mut bytes)
        .map_err(|e| Error::new(ErrorKind::Io, "cannot read the article").at("standard input").with_source(e))?;
    loader::load(&bytes, "-", &options)
}

/// Says of an article in several languages how much of it is in which.
fn note_other_languages(article: &Article, ui: &Ui) {
    if let Some(shares) = article.mixture() {
        ui.note(&format!("{}: parts of the article are in other languages ({shares})", article.source));
    }
}

/// The language to write in.
fn target(article: &Article, config: &Config) -> Language {
    match config.lang.value {
        Target::Source => article.language,
        Target::Language(language) => language,
    }
}

fn job(article: &Article, parts: Parts, sampling: Sampling, config: &Config) -> Job {
    Job {
        target: target(article, config),
        faq: parts.faq.then_some(config.questions.value),
        summary: parts.summary.then_some(config.length.value),
        sampling,
    }
}

/// Says what is missing, and with `--verbose` what was rejected. False if a wanted part is not there.
fn account(output: &Output, parts: Parts, ui: &Ui) -> bool {
    let source = &output.article.source;
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
    } else if !output.rejections.is_empty() {
        ui.note(&format!("{source}: a part of what the model wrote was not used{rejected}"));
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
        ui.note(&format!(
            "without a --temperature over 0, {} changes only what is asked for once more",
            flags.join(", ")
        ));
    }
}

//! `faqtory bench FILE`: runs what is not done yet of a benchmark.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use faqtory::bench::run::{Event, Host, Opened, run as run_bench};
use faqtory::bench::{BenchConfig, Run, RunFolder, SystemSpec, score};
use faqtory::eval::{Document, dataset};
use faqtory::prompt::PromptLibrary;
use faqtory::{Error, ErrorKind};

use super::leaderboard;
use crate::cli::args::{EncoderChoice, ModelArgs};
use crate::cli::config::{Config, ModelChoice, Raw};
use crate::cli::failure::{ARTICLES, Failure};
use crate::cli::progress::WriteProgress;
use crate::cli::ui::Ui;
use crate::cli::{Context, interrupt, runtime, ui};

/// Run a benchmark.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Benchmark to run
    #[arg(value_name = "FILE", default_value = "bench.toml")]
    file: PathBuf,

    /// Folder of the run; what is there already is not done again [default: the file's name with -run]
    #[arg(short, long, value_name = "RUN")]
    output: Option<PathBuf>,

    /// Only systems and baselines with this text in their names; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    #[command(flatten)]
    encoder: EncoderChoice,

    #[command(flatten)]
    model: ModelArgs,
}

pub(crate) fn run(args: &RunArgs, context: &Context) -> Result<(), Failure> {
    let mut flags = Raw::default();
    args.model.add_to(&mut flags);
    let config = context.config(flags)?;
    let ui = &context.ui;
    let mut bench = BenchConfig::read(&args.file)?;
    if args.model.model.is_some() {
        return Err(Failure::usage(
            "the models of a benchmark are those of its file, not of --model",
            "name them in a table `[[system]]` of it",
        ));
    }
    keep_only(&mut bench, &args.only)?;
    let documents = documents(&bench, &config, ui)?;
    let path = args.output.clone().unwrap_or_else(|| default_folder(&args.file));
    let mut folder = RunFolder::open(&path, &bench, &documents)?;
    runtime::prepare(&config);
    let mut host = Cli { config: &config, ui, progress: None, failed: 0, started: Instant::now() };
    run_bench(&bench, &documents, &mut folder, &mut host)?;
    let failed = host.failed;
    let run = Run::read(&path)?;
    let mut evaluator = args.encoder.evaluator(&config, ui)?;
    let bar = ui.spinner();
    let scored = score::score(&run, &mut evaluator, &args.encoder.scorer(), &mut |done, total| {
        bar.0.set_message(format!("scoring {} of {total} outputs", done + 1));
        interrupt::flow()
    })?;
    drop(bar);
    ui::print_styled(&leaderboard::show(&run, &scored))?;
    ui.note(&format!("the run is in {}", path.display()));
    if failed > 0 { Err(Failure::Reported(ARTICLES)) } else { Ok(()) }
}

/// `sets/news.toml` runs in `news-run`.
fn default_folder(file: &Path) -> PathBuf {
    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    PathBuf::from(format!("{stem}-run"))
}

fn keep_only(bench: &mut BenchConfig, only: &[String]) -> Result<(), Failure> {
    if only.is_empty() {
        return Ok(());
    }
    let wanted = |name: &str| only.iter().any(|text| name.contains(text));
    bench.baselines.retain(|b| wanted(b.name()));
    bench.only = Some(bench.systems()?.into_iter().filter(|s| wanted(&s.name)).map(|s| s.name).collect());
    if bench.baselines.is_empty() && bench.systems()?.is_empty() {
        return Err(Failure::usage(
            format!("no system of the benchmark has {} in its name", only.join(" or ")),
            "without --only all of them run",
        ));
    }
    Ok(())
}

fn documents(bench: &BenchConfig, config: &Config, ui: &Ui) -> Result<Vec<Document>, Failure> {
    let mut all: Vec<Document> = Vec::new();
    for set in &bench.data {
        let found = set.choose(dataset::read(&set.path, &config.load_options())?)?;
        ui.step(&format!("{}: {} documents", set.path.display(), found.len()));
        for document in found {
            if all.iter().any(|d| d.id == document.id) {
                let message = format!("two sets have a document with the id `{}`", document.id);
                return Err(Error::new(ErrorKind::Config, message).at(set.path.display().to_string()).into());
            }
            all.push(document);
        }
    }
    Ok(all)
}

/// What a benchmark needs from outside, from the command line.
struct Cli<'a> {
    config: &'a Config,
    ui: &'a Ui,
    progress: Option<WriteProgress<'a>>,
    failed: usize,
    started: Instant,
}

impl Host for Cli<'_> {
    fn open(&mut self, system: &SystemSpec) -> Result<Opened, Error> {
        self.progress = None;
        let choice = system.model.parse::<ModelChoice>().ok().filter(|_| system.model != "default");
        match runtime::open(choice.as_ref(), self.config, self.ui) {
            Ok(started) => Ok(Opened { engine: started.engine, sampling: started.sampling }),
            Err(Failure::Error { error, .. }) => Err(error),
            Err(_) => Err(Error::new(ErrorKind::Cancelled, "stopped")),
        }
    }

    fn prompts(&mut self, system: Option<&SystemSpec>) -> Result<PromptLibrary, Error> {
        match system.and_then(|s| s.prompts.as_ref()) {
            Some(folder) => PromptLibrary::builtin().with_folder(folder),
            None => self.config.prompt_library(),
        }
    }

    fn on_event(&mut self, event: Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Resumed { done, total } => {
                self.ui.note(&format!("{done} of {total} results are there from before"));
            }
            Event::Job { key, number, total } => {
                let line = format!("{number}/{total} {} · {} · {}", key.system, key.document, key.language);
                self.progress = Some(WriteProgress::new(self.ui, &line));
                self.started = Instant::now();
            }
            Event::Progress(progress) => {
                if let Some(shown) = &mut self.progress {
                    return shown.on(progress);
                }
            }
            Event::Done(record) => {
                self.progress = None;
                let key = &record.key;
                let name = format!("{} · {} · {}", key.system, key.document, key.language);
                match &record.error {
                    Some(error) => {
                        self.failed += 1;
                        self.ui.note(&format!("{name}: {error}"));
                    }
                    None => self.ui.step(&format!("{name}: {:.1} s", record.speed.seconds)),
                }
            }
        }
        interrupt::flow()
    }
}

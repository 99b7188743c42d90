//! Running a benchmark: every system over every document, each output kept as soon as it is there.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Instant;

use super::baseline;
use super::config::{BenchConfig, Strategy, SystemSpec};
use super::folder::RunFolder;
use super::machine::{peak_memory, reset_peak_memory};
use super::record::{Key, Record, Speed};
use crate::content::Output;
use crate::engine::{Engine, Sampling};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::Document;
use crate::pipeline::{self, Job, Progress, Target, naive};
use crate::prompt::PromptLibrary;

/// A model that is running.
pub struct Opened {
    /// It.
    pub engine: Box<dyn Engine>,
    /// How to sample from it where nothing is said.
    pub sampling: Sampling,
}

/// What a benchmark needs from outside.
pub trait Host {
    /// Starts the model of a system.
    ///
    /// # Errors
    /// Whatever keeps it from starting; it ends the run.
    fn open(&mut self, system: &SystemSpec) -> Result<Opened>;

    /// The prompts of a system; `None` is for the baselines.
    ///
    /// # Errors
    /// Those of [`PromptLibrary::with_folder`].
    fn prompts(&mut self, system: Option<&SystemSpec>) -> Result<PromptLibrary>;

    /// Is told what happens, and may end the run.
    fn on_event(&mut self, event: Event<'_>) -> ControlFlow<()>;
}

/// What happens during a run.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A job begins, the `number`-th of `total`; `done` of them were there from before.
    Job {
        /// What it is of.
        key: &'a Key,
        /// Its number, from 1.
        number: usize,
        /// All jobs of the run.
        total: usize,
    },
    /// So many jobs of the run are there from before.
    Resumed {
        /// How many.
        done: usize,
        /// All jobs of the run.
        total: usize,
    },
    /// The pipeline works.
    Progress(Progress<'a>),
    /// A job is done.
    Done(&'a Record),
}

/// A job and who does it.
struct Planned {
    key: Key,
    settings: String,
    document: usize,
    by: By,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Baseline(baseline::Baseline),
    System(usize),
}

/// Does all jobs that are not done. A job that fails is kept with its error and the others go on; what fails for a whole
/// system, such as a model that cannot be had, ends the run.
///
/// # Errors
/// Those of the host and the folder, and `Cancelled`.
pub fn run(config: &BenchConfig, documents: &[Document], folder: &mut RunFolder, host: &mut dyn Host) -> Result<()> {
    let systems = config.systems()?;
    let plan = plan(config, &systems, documents);
    let total = plan.len();
    let mut open = Vec::new();
    for (number, planned) in (1..).zip(plan) {
        if !folder.has(&planned.key, &planned.settings)? {
            open.push((number, planned));
        }
    }
    let go_on = |flow: ControlFlow<()>| match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled, "stopped")),
    };
    if open.len() < total {
        go_on(host.on_event(Event::Resumed { done: total - open.len(), total }))?;
    }
    let builtin = host.prompts(None)?;
    let (faq, summary) = (config.questions()?, config.summary_length()?);
    let mut loaded: Option<(String, Opened, f64)> = None;
    let mut libraries: HashMap<usize, PromptLibrary> = HashMap::new();
    for (number, Planned { key, settings, document, by }) in open {
        go_on(host.on_event(Event::Job { key: &key, number, total }))?;
        let document = &documents[document];
        let sampling = Sampling { seed: config.seed, ..Sampling::default() };
        let mut job = Job::new(key.language, faq, summary, sampling);
        let (result, load_seconds, started) = match by {
            By::Baseline(which) => {
                let started = Instant::now();
                (baseline::write(which, document, documents, &builtin, &job), None, started)
            }
            By::System(index) => {
                let system = &systems[index];
                if loaded.as_ref().is_none_or(|(model, ..)| *model != system.model) {
                    // The memory of the model before is given back first.
                    drop(loaded.take());
                    let started = Instant::now();
                    let opened = host.open(system)?;
                    loaded = Some((system.model.clone(), opened, started.elapsed().as_secs_f64()));
                }
                if let std::collections::hash_map::Entry::Vacant(place) = libraries.entry(index) {
                    place.insert(host.prompts(Some(system))?);
                }
                let Some((_, opened, load_seconds)) = &mut loaded else { continue };
                job.sampling = system.decoding.over(opened.sampling, config.seed);
                reset_peak_memory();
                let started = Instant::now();
                let result = write(system, opened.engine.as_mut(), &libraries[&index], document, &job, host);
                (result, Some(*load_seconds), started)
            }
        };
        let seconds = started.elapsed().as_secs_f64();
        let peak = load_seconds.and_then(|_| peak_memory());
        let record = match result {
            Ok(output) => {
                let speed = Speed::of(&output, seconds, load_seconds, peak);
                Record { key, settings, output: Some(output), error: None, speed }
            }
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
            Err(error) => {
                let speed = Speed { seconds, load_seconds, peak_bytes: peak, ..Speed::default() };
                Record { key, settings, output: None, error: Some(error.to_string()), speed }
            }
        };
        folder.add(record.clone())?;
        go_on(host.on_event(Event::Done(&record)))?;
    }
    Ok(())
}

fn write(
    system: &SystemSpec,
    engine: &mut dyn Engine,
    prompts: &PromptLibrary,
    document: &Document,
    job: &Job,
    host: &mut dyn Host,
) -> Result<Output> {
    let on_progress = &mut |progress: Progress<'_>| host.on_event(Event::Progress(progress));
    match system.strategy {
        Strategy::Pipeline => pipeline::run(engine, prompts, &document.article, job, on_progress),
        Strategy::Naive => naive::run(engine, prompts, &document.article, job, on_progress),
    }
}

/// All jobs: the baselines, then the systems, each over all documents in all languages.
fn plan(config: &BenchConfig, systems: &[SystemSpec], documents: &[Document]) -> Vec<Planned> {
    let mut plan = Vec::new();
    let mut add = |name: &str, settings: String, languages: &[Target], by: By| {
        for (index, document) in documents.iter().enumerate() {
            let mut targets: Vec<_> = languages.iter().map(|w| w.of(document.article.language)).collect();
            targets.sort_unstable();
            targets.dedup();
            for language in targets {
                let key = Key { system: name.to_owned(), document: document.id.clone(), language };
                plan.push(Planned { key, settings: settings.clone(), document: index, by });
            }
        }
    };
    for &which in &config.baselines {
        add(which.name(), config.fingerprint_of_baseline(which), &config.languages, By::Baseline(which));
    }
    for (index, system) in systems.iter().enumerate() {
        add(&system.name, config.fingerprint(system), &system.languages, By::System(index));
    }
    plan
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::bench::folder::Run;
    use crate::engine::scripted::{Reply, ScriptedEngine};
    use crate::eval::dataset;
    use crate::loader::LoadOptions;

    const FILE: &str = "
        questions = 2
        baselines = ['lead', 'shuffled']
        [[data]]
        path = 'fixtures'
        [[system]]
        model = 'canned'
        strategy = ['pipeline', 'naive']
    ";

    /// Stops after so many jobs, as somebody with Ctrl-C would.
    struct Canned {
        stop_after: usize,
        opened: usize,
        done: Vec<Key>,
    }

    impl Canned {
        fn new(stop_after: usize) -> Self {
            Self { stop_after, opened: 0, done: Vec::new() }
        }
    }

    impl Host for Canned {
        fn open(&mut self, _: &SystemSpec) -> Result<Opened> {
            self.opened += 1;
            let reply = |(when, text): (&str, &str)| Reply {
                when: when.to_owned(),
                text: text.to_owned(),
                again: true,
                ..Reply::default()
            };
            let faq = "Q: When does the sensor report?\nA: The sensor reports its readings every ten minutes.\n\n\
                       Q: Who built the array?\nA: The marine institute built the array with local divers.";
            let summary = "A reef is watched by sensors. They work. All is well.";
            let replies = [("FAQ", faq), ("", summary)].map(reply);
            Ok(Opened { engine: Box::new(ScriptedEngine::new(replies.to_vec())), sampling: Sampling::default() })
        }

        fn prompts(&mut self, _: Option<&SystemSpec>) -> Result<PromptLibrary> {
            Ok(PromptLibrary::builtin())
        }

        fn on_event(&mut self, event: Event<'_>) -> ControlFlow<()> {
            if let Event::Done(record) = event {
                self.done.push(record.key.clone());
            }
            if self.done.len() < self.stop_after { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        }
    }

    fn documents() -> Vec<Document> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/en");
        let mut all = dataset::read(&folder, &LoadOptions::default()).unwrap();
        all.truncate(3);
        all
    }

    fn go(path: &Path, text: &str, host: &mut Canned) -> Result<()> {
        let (config, documents) = (BenchConfig::parse(text)?, documents());
        let mut folder = RunFolder::open(path, &config, &documents)?;
        run(&config, &documents, &mut folder, host)
    }

    #[test]
    fn an_interrupted_run_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Canned::new(7);
        assert_eq!(go(folder.path(), FILE, &mut first).unwrap_err().kind(), ErrorKind::Cancelled);
        // A line that was not written to its end is cut off.
        let outputs = folder.path().join("outputs.jsonl");
        let mut text = std::fs::read_to_string(&outputs).unwrap();
        assert_eq!(text.lines().count(), 7);
        text.truncate(text.len() - 9);
        std::fs::write(&outputs, text).unwrap();
        let mut second = Canned::new(usize::MAX);
        go(folder.path(), FILE, &mut second).unwrap();
        assert_eq!((second.done.len(), second.opened), (6, 1), "one of the seven is made again");
        let run = Run::read(folder.path()).unwrap();
        let mut keys: Vec<_> = run.records.iter().map(|r| r.key.clone()).collect();
        keys.sort();
        keys.dedup();
        assert_eq!((keys.len(), run.records.len(), run.documents.len()), (12, 12, 3));
        let of = |system: &str| run.records.iter().filter(|r| r.key.system == system).collect::<Vec<_>>();
        for record in of("canned pipeline").into_iter().chain(of("canned naive")) {
            assert_eq!(record.error, None);
            let output = record.output.as_ref().unwrap();
            // The pipeline takes nothing that the articles do not have.
            let naive = record.key.system == "canned naive";
            assert_eq!(output.faq.as_ref().map_or(0, |faq| faq.entries.len()), if naive { 2 } else { 0 });
            assert!((output.summary.is_some() || !naive) && record.speed.load_seconds.is_some());
        }
        assert_ne!(
            of("canned naive")[0].output.as_ref().unwrap().usage.prompt_version,
            of("canned pipeline")[0].output.as_ref().unwrap().usage.prompt_version
        );
        let mut third = Canned::new(usize::MAX);
        go(folder.path(), FILE, &mut third).unwrap();
        assert_eq!((third.done.len(), third.opened), (0, 0));
    }

    #[test]
    fn a_run_is_not_made_of_two() {
        let folder = tempfile::tempdir().unwrap();
        go(folder.path(), FILE, &mut Canned::new(usize::MAX)).unwrap();
        let error = go(folder.path(), &FILE.replace("= 2", "= 3"), &mut Canned::new(9)).unwrap_err();
        assert!(error.to_string().contains("with other settings"), "{error}");
        let (config, mut documents) = (BenchConfig::parse(FILE).unwrap(), documents());
        documents[0].article.text.push('x');
        let error = RunFolder::open(folder.path(), &config, &documents).unwrap_err();
        assert!(error.to_string().contains("has changed since this run began"), "{error}");
        let held = RunFolder::open(folder.path(), &config, &documents[1..]).unwrap();
        let error = RunFolder::open(folder.path(), &config, &documents[1..]).unwrap_err();
        assert!(error.to_string().contains("another run writes to this folder"), "{error}");
        drop(held);
    }
}

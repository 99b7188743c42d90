//! The systems and documents of all runs together, as the page shows them.

use std::collections::{BTreeMap, BTreeSet};

use super::ScoredRun;
use crate::bench::{Record, Scored, SystemResults, SystemSpec, by_system};
use crate::content::Usage;
use crate::eval::Document;
use crate::eval::metric::{Agreement, METRICS, Metric, metric};
use crate::eval::summary::{Mean, Summary};
use crate::lang::Language;

/// How many colours the style has for systems.
pub(super) const COLOURS: usize = 8;

/// What a system wrote of a document in a language.
#[derive(Debug)]
pub(super) struct Written<'a> {
    pub(super) record: &'a Record,
    pub(super) scored: &'a Scored,
    /// Index of the document.
    pub(super) document: usize,
}

/// A system of a run.
#[derive(Debug)]
pub(super) struct System<'a> {
    /// Its name, with that of its run where there are several of it.
    pub(super) name: String,
    /// Index of its run.
    pub(super) run: usize,
    /// `None` for a baseline, and for a system that the run does not list any more.
    pub(super) spec: Option<&'a SystemSpec>,
    pub(super) is_baseline: bool,
    /// Its place among the systems, or among the baselines, which decides colour and shape.
    pub(super) place: usize,
    pub(super) written: Vec<Written<'a>>,
    pub(super) summary: Summary,
}

impl System<'_> {
    /// The class that gives it its colour.
    pub(super) fn class(&self) -> String {
        if self.is_baseline { "cb".to_owned() } else { format!("c{}", self.place % COLOURS) }
    }

    /// The values of a metric by document and language.
    pub(super) fn values(&self, id: &str) -> BTreeMap<(usize, Language), f64> {
        let value = |w: &Written<'_>| Some(((w.document, w.record.key.language), *w.scored.scores.values.get(id)?));
        self.written.iter().filter_map(value).collect()
    }

    /// The mean of something of the records.
    pub(super) fn mean(&self, of: impl Fn(&Record) -> Option<f64>) -> Option<Mean> {
        Mean::of(&self.written.iter().filter_map(|w| of(w.record)).collect::<Vec<_>>())
    }

    /// Wall-clock seconds of a job that gave something.
    pub(super) fn seconds(&self) -> Option<Mean> {
        self.mean(|record| record.output.as_ref().map(|_| record.speed.seconds))
    }

    /// Jobs that gave nothing but an error.
    pub(super) fn failures(&self) -> usize {
        self.written.iter().filter(|w| w.record.output.is_none()).count()
    }

    /// How its first output was made.
    pub(super) fn usage(&self) -> Option<&Usage> {
        self.written.iter().find_map(|w| w.record.output.as_ref()).map(|output| &output.usage)
    }
}

/// A document of one or several runs.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    /// Its id, with the name of its run where another document has the same one.
    pub(super) name: String,
    pub(super) document: &'a Document,
}

/// Everything that the page shows.
#[derive(Debug)]
pub(super) struct Board<'a> {
    pub(super) runs: &'a [ScoredRun],
    /// The names of the runs.
    pub(super) names: Vec<String>,
    /// Systems, then baselines.
    pub(super) systems: Vec<System<'a>>,
    /// In the order of their names.
    pub(super) documents: Vec<Shown<'a>>,
    /// Those that were written.
    pub(super) languages: BTreeSet<Language>,
    /// What scored them. The numbers of different scorers say nothing about each other.
    pub(super) scorers: BTreeSet<&'a str>,
}

impl<'a> Board<'a> {
    pub(super) fn of(runs: &'a [ScoredRun]) -> Self {
        let names = run_names(runs);
        let mut documents: Vec<Shown<'a>> = Vec::new();
        for (run, name) in runs.iter().zip(&names) {
            for document in &run.run.documents {
                let same_id = documents.iter().filter(|d| d.document.id == document.id).collect::<Vec<_>>();
                if same_id.iter().any(|d| is_same(d.document, document)) {
                    continue;
                }
                let name = if same_id.is_empty() { document.id.clone() } else { format!("{} ({name})", document.id) };
                documents.push(Shown { name, document });
            }
        }
        documents.sort_by(|a, b| a.name.cmp(&b.name));
        let mut systems: Vec<System<'a>> = Vec::new();
        for (index, run) in runs.iter().enumerate() {
            for system in systems_of(index, run, &documents) {
                // A baseline gives the same in every run of the same documents.
                if !(system.is_baseline && systems.iter().any(|other| is_repeated(&system, other))) {
                    systems.push(system);
                }
            }
        }
        systems.sort_by_key(|s| s.is_baseline);
        let all: Vec<String> = systems.iter().map(|s| s.name.clone()).collect();
        let mut places = [0, 0];
        for system in &mut systems {
            if all.iter().filter(|name| **name == system.name).count() > 1 {
                system.name = format!("{} ({})", system.name, names[system.run]);
            }
            let place = &mut places[usize::from(system.is_baseline)];
            system.place = *place;
            *place += 1;
        }
        let languages = systems.iter().flat_map(|s| &s.written).map(|w| w.record.key.language).collect();
        let scorers = systems.iter().flat_map(|s| &s.written).map(|w| w.scored.scorer.as_str()).collect();
        Self { runs, names, systems, documents, languages, scorers }
    }

    /// Whether any system has a value of the metric.
    pub(super) fn has(&self, metric: &Metric) -> bool {
        self.systems.iter().any(|s| s.summary.row(metric.id).is_some())
    }

    /// All metrics that there are values of, but for the baselines of chance, which stand beside their metrics.
    pub(super) fn metrics(&self) -> impl Iterator<Item = &'static Metric> + '_ {
        METRICS.iter().filter(|m| !m.is_baseline && self.has(m))
    }

    /// The few metrics that stand for the others.
    pub(super) fn headlines(&self) -> Vec<&'static Metric> {
        let choose = |ids: &&[&str]| {
            let there: Vec<_> = ids.iter().filter_map(|id| metric(id)).filter(|m| self.has(m)).collect();
            there.iter().find(|m| m.agreement != Agreement::No).or(there.first()).copied()
        };
        HEADLINES.iter().filter_map(choose).collect()
    }
}

/// For each question about quality the metrics that answer it, the best one first.
const HEADLINES: &[&[&str]] = &[
    &["faq.assigned_bert.f1", "faq.assigned_rouge.f1"],
    &["faq.grounded", "faq.claims"],
    &["faq.delivered"],
    &["summary.bert.f1", "summary.rouge2"],
    &["summary.grounded", "summary.claims"],
];

fn is_same(a: &Document, b: &Document) -> bool {
    a.id == b.id && a.article.text == b.article.text && a.references == b.references
}

/// The names of the folders, with a number where two are the same.
fn run_names(runs: &[ScoredRun]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for run in runs {
        let name = run.run.path.file_name().map_or_else(|| "run".to_owned(), |n| n.to_string_lossy().into_owned());
        let numbered = (2..).map(|n| format!("{name} {n}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|n| !names.contains(n));
        names.push(free.unwrap_or(name));
    }
    names
}

/// The systems of a run, with the documents of the page.
fn systems_of<'a>(index: usize, run: &'a ScoredRun, documents: &[Shown<'a>]) -> Vec<System<'a>> {
    let own: Vec<usize> = run
        .run
        .documents
        .iter()
        .filter_map(|document| documents.iter().position(|d| is_same(d.document, document)))
        .collect();
    let place = |record: &Record| own.iter().copied().find(|i| documents[*i].document.id == record.key.document);
    let system = |results: SystemResults<'a>| {
        let summary = results.summary();
        let written = results.outputs.into_iter();
        let written = written.filter_map(|(record, scored)| Some(Written { record, scored, document: place(record)? }));
        let mut written: Vec<_> = written.collect();
        written.sort_by_key(|w| (w.document, w.record.key.language));
        System {
            name: results.name.to_owned(),
            run: index,
            spec: results.spec,
            is_baseline: results.is_baseline,
            place: 0,
            summary,
            written,
        }
    };
    by_system(&run.run, &run.scores).into_iter().map(system).collect()
}

/// Whether a baseline ran with the same settings over the same documents.
fn is_repeated(a: &System<'_>, b: &System<'_>) -> bool {
    let of = |w: &Written<'_>| (w.document, w.record.key.language, w.record.settings.clone(), w.scored.scorer.clone());
    a.name == b.name && a.written.iter().map(of).eq(b.written.iter().map(of))
}

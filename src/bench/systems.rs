//! The outputs of a run by system, each with its scores, as every table and plot shows them.

use std::collections::{BTreeMap, HashMap};

use super::baseline::Baseline;
use super::config::SystemSpec;
use super::folder::Run;
use super::record::{Key, Record};
use super::score::Scored;
use crate::eval::summary::{Summary, summarize};

/// A system or a baseline of a run.
#[derive(Debug, Clone)]
pub struct SystemResults<'a> {
    /// Its name.
    pub name: &'a str,
    /// `None` for a baseline, and for a system that the run does not list any more.
    pub spec: Option<&'a SystemSpec>,
    /// Whether it is one of the baselines.
    pub is_baseline: bool,
    /// What it wrote and how that scores, in the order in which it was written. An output without a score of its settings
    /// is left out.
    pub outputs: Vec<(&'a Record, &'a Scored)>,
}

impl SystemResults<'_> {
    /// The means of its scores.
    pub fn summary(&self) -> Summary {
        summarize(
            &self.outputs.iter().map(|(record, scored)| (record.key.language, &scored.scores)).collect::<Vec<_>>(),
        )
    }
}

/// The systems of a run in the order of its benchmark, then those that it does not list any more, then the baselines.
pub fn by_system<'a>(run: &'a Run, scores: &'a [Scored]) -> Vec<SystemResults<'a>> {
    let scores: HashMap<&Key, &Scored> = scores.iter().map(|s| (&s.key, s)).collect();
    let (specs, baselines) = (&run.about.systems, Baseline::all());
    let mut groups: BTreeMap<(usize, &str), SystemResults<'a>> = BTreeMap::new();
    for record in &run.records {
        let Some(scored) = scores.get(&record.key).copied().filter(|s| s.settings == record.settings) else { continue };
        let name = record.key.system.as_str();
        let listed = specs.iter().position(|s| s.name == name);
        let baseline = baselines.iter().position(|b| b.name() == name);
        let order = listed.unwrap_or(specs.len() + baseline.map_or(0, |at| at + 1));
        let new = || SystemResults {
            name,
            spec: listed.map(|at| &specs[at]),
            is_baseline: baseline.is_some(),
            outputs: Vec::new(),
        };
        groups.entry((order, name)).or_insert_with(new).outputs.push((record, scored));
    }
    groups.into_values().collect()
}

//! Means over documents, with the range in which each lies, over all and by language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::metric::METRICS;
use super::score::Scores;
use crate::content::Task;
use crate::lang::Language;
use crate::metrics::stats::bootstrap_interval;

/// How sure an interval is.
pub const CONFIDENCE: f64 = 0.95;
/// Samples that are drawn for an interval.
pub const ROUNDS: usize = 2_000;
/// The seed of all intervals and tests.
pub const SEED: u64 = 42;

/// A mean over documents.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// Documents that the metric applies to, empty outputs among them where it gives them 0.
    pub n: usize,
    /// The mean over them.
    pub mean: f64,
    /// The lower end of the bootstrap interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Mean {
    /// The mean of values with its 95 % bootstrap interval; `None` of nothing.
    pub fn of(values: &[f64]) -> Option<Self> {
        let interval = bootstrap_interval(values, CONFIDENCE, ROUNDS, SEED);
        let (n, mean, low, high) = (values.len(), interval.mean, interval.low, interval.high);
        (n > 0).then_some(Self { n, mean, low, high })
    }
}

/// What one metric says of a system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its id.
    pub metric: String,
    /// Over all documents.
    pub all: Mean,
    /// By the language of the output; left out where there is only one.
    pub by_language: BTreeMap<Language, Mean>,
}

/// What all metrics say of a system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Outputs.
    pub outputs: usize,
    /// FAQ blocks that were asked for and of which nothing came.
    pub empty_faq: usize,
    /// Summaries of which nothing came.
    pub empty_summaries: usize,
    /// In the order of [`METRICS`]; those that apply nowhere are left out.
    pub rows: Vec<Row>,
}

impl Summary {
    /// The row of a metric.
    pub fn row(&self, metric: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.metric == metric)
    }
}

/// The means of the scores of one system's outputs, each with the language it is in.
pub fn summarize(outputs: &[(Language, &Scores)]) -> Summary {
    let empty = |task| outputs.iter().filter(|(_, scores)| scores.empty.contains(&task)).count();
    let mut languages: Vec<_> = outputs.iter().map(|(language, _)| *language).collect();
    languages.sort_unstable();
    languages.dedup();
    let values = |id: &str, wanted: Option<Language>| -> Vec<f64> {
        let of = outputs.iter().filter(|(language, _)| wanted.is_none_or(|w| w == *language));
        of.filter_map(|(_, scores)| scores.values.get(id).copied()).collect()
    };
    let row = |id: &str| {
        let single = |language| Some((language, Mean::of(&values(id, Some(language)))?));
        let by_language =
            if languages.len() > 1 { languages.iter().copied().filter_map(single).collect() } else { BTreeMap::new() };
        Some(Row { metric: id.to_owned(), all: Mean::of(&values(id, None))?, by_language })
    };
    Summary {
        outputs: outputs.len(),
        empty_faq: empty(Task::Faq),
        empty_summaries: empty(Task::Summary),
        rows: METRICS.iter().filter_map(|m| row(m.id)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(values: &[(&str, f64)]) -> Scores {
        Scores { values: values.iter().map(|(id, v)| ((*id).to_owned(), *v)).collect(), ..Scores::default() }
    }

    #[test]
    fn means_are_over_what_applies_and_in_both_languages() {
        let a = scores(&[("summary.rouge1", 0.5), ("summary.words", 40.0)]);
        let b = scores(&[("summary.rouge1", 0.1)]);
        let mut c = scores(&[("summary.rouge1", 0.0)]);
        c.empty.push(Task::Summary);
        let summary = summarize(&[(Language::EN, &a), (Language::ES, &b), (Language::ES, &c)]);
        assert_eq!((summary.outputs, summary.empty_faq, summary.empty_summaries), (3, 0, 1));
        assert_eq!(
            summary.rows.iter().map(|r| r.metric.as_str()).collect::<Vec<_>>(),
            ["summary.rouge1", "summary.words"]
        );
        let row = summary.row("summary.rouge1").unwrap();
        assert!((row.all.mean - 0.2).abs() < 1e-12 && row.all.n == 3, "{row:?}");
        assert!(row.all.low < 0.2 && row.all.high > 0.2);
        assert!((row.by_language[&Language::ES].mean - 0.05).abs() < 1e-12);
        let words = summary.row("summary.words").unwrap();
        assert_eq!((words.all.n, words.by_language.len()), (1, 1));
        assert_eq!(summarize(&[]), Summary::default());
        assert_eq!(summarize(&[(Language::EN, &a)]).rows[0].by_language, BTreeMap::new());
    }
}

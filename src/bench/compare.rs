//! Two systems on the same documents: what got better or worse, and how sure that is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::score::Scored;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::metric::{Better, METRICS, Metric};
use crate::eval::summary::{CONFIDENCE, ROUNDS, SEED};
use crate::lang::Language;
use crate::metrics::stats::{Comparison, compare as compare_values};

/// A difference with a smaller probability by chance is called one.
pub const ALPHA: f64 = 0.05;

/// What became of a metric from the first system to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Better, and hardly by chance.
    Better,
    /// Worse, and hardly by chance.
    Worse,
    /// Another value, of a metric that only describes.
    Changed,
    /// No difference, or one that may be chance.
    Same,
}

/// One metric in both systems.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    /// Its id.
    pub metric: &'static str,
    /// The mean of the first system.
    pub a: f64,
    /// The mean of the second one.
    pub b: f64,
    /// The second less the first, with interval and tests.
    pub comparison: Comparison,
    /// What it means.
    pub verdict: Verdict,
    /// Each document in its language, with both values.
    pub documents: Vec<Pair>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Its id.
    pub document: String,
    /// The language that was written.
    pub language: Language,
    /// The value of the first system.
    pub a: f64,
    /// The value of the second one.
    pub b: f64,
}

/// Compares two systems, each by its scores, on the documents and languages that both have.
///
/// # Errors
/// `Config` if they have no document in common, or were scored by different scorers, whose numbers say nothing about each
/// other.
pub fn compare(a: &[&Scored], b: &[&Scored]) -> Result<Vec<Contrast>> {
    if let (Some(first), Some(second)) = (a.first(), b.first())
        && first.scorer != second.scorer
    {
        let message = format!("one was scored by {}, the other by {}; score both anew", first.scorer, second.scorer);
        return Err(Error::new(ErrorKind::Config, message));
    }
    let by_key = |scored: &[&Scored]| -> BTreeMap<(String, Language), Scored> {
        scored.iter().map(|s| ((s.key.document.clone(), s.key.language), (*s).clone())).collect()
    };
    let (a, b) = (by_key(a), by_key(b));
    let common: Vec<_> = a.iter().filter_map(|(key, a)| Some((key, a, b.get(key)?))).collect();
    if common.is_empty() {
        return Err(Error::new(ErrorKind::Config, "the two have no document in common"));
    }
    let shown = METRICS.iter().filter(|m| !m.is_baseline);
    Ok(shown.filter_map(|metric| contrast(metric, &common)).collect())
}

fn contrast(metric: &Metric, common: &[(&(String, Language), &Scored, &Scored)]) -> Option<Contrast> {
    let documents: Vec<Pair> = common
        .iter()
        .filter_map(|((document, language), a, b)| {
            let value = |s: &Scored| s.scores.values.get(metric.id).copied();
            Some(Pair { document: document.clone(), language: *language, a: value(a)?, b: value(b)? })
        })
        .collect();
    let (first, second): (Vec<f64>, Vec<f64>) = documents.iter().map(|p| (p.a, p.b)).unzip();
    let comparison = compare_values(&second, &first, CONFIDENCE, ROUNDS, SEED)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let up = comparison.difference.mean > 0.0;
    let verdict = match metric.better {
        _ if comparison.randomization_p >= ALPHA => Verdict::Same,
        Better::Neither => Verdict::Changed,
        Better::Higher if up => Verdict::Better,
        Better::Lower if !up => Verdict::Better,
        _ => Verdict::Worse,
    };
    Some(Contrast { metric: metric.id, a: mean(&first), b: mean(&second), comparison, verdict, documents })
}

/// A bound: a metric must not get worse by more than `delta`.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// The metric.
    pub metric: &'static Metric,
    /// How much worse is tolerated, at least 0. Without one, a change is worse if it is hardly chance.
    pub delta: Option<f64>,
}

impl std::str::FromStr for Guard {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        let wrong = |message: String| Error::new(ErrorKind::Config, message);
        let (id, delta) = s.split_once(':').map_or((s, None), |(id, delta)| (id, Some(delta)));
        let metric = crate::eval::metric::metric(id).filter(|m| m.better != Better::Neither);
        let metric = metric.ok_or_else(|| {
            let known: Vec<_> = METRICS.iter().filter(|m| m.better != Better::Neither).map(|m| m.id).collect();
            wrong(format!("`{id}` is no metric that can get worse; there are {}", known.join(", ")))
        })?;
        let parsed = delta.map(|delta| {
            let value = delta.parse::<f64>().ok().filter(|d| d.is_finite() && *d >= 0.0);
            value.ok_or_else(|| wrong(format!("`{delta}` is no difference; give a number from 0, such as 0.02")))
        });
        Ok(Self { metric, delta: parsed.transpose()? })
    }
}

impl Guard {
    /// Whether the comparison breaks it; `None` if the metric is not in it.
    pub fn is_broken(&self, contrasts: &[Contrast]) -> Option<bool> {
        let contrast = contrasts.iter().find(|c| c.metric == self.metric.id)?;
        Some(match self.delta {
            None => contrast.verdict == Verdict::Worse,
            Some(delta) => {
                let gain = contrast.b - contrast.a;
                let loss = if self.metric.better == Better::Lower { gain } else { -gain };
                loss > delta
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::Key;
    use crate::eval::Scores;

    fn scored(system: &str, document: usize, values: &[(&str, f64)]) -> Scored {
        let document = format!("d{document:02}");
        let values = values.iter().map(|(id, v)| ((*id).to_owned(), *v)).collect();
        Scored {
            key: Key { system: system.to_owned(), document, language: Language::EN },
            settings: String::new(),
            scorer: "s".to_owned(),
            scores: Scores { values, ..Scores::default() },
        }
    }

    fn systems() -> (Vec<Scored>, Vec<Scored>) {
        let of = |system: &str, up: f64| {
            let one = |i: usize| {
                let wave = f64::from(u8::try_from(i % 5).unwrap()) / 50.0;
                let chance = if system == "b" && i.is_multiple_of(2) { 0.01 } else { -0.01 };
                let values = [
                    ("summary.rouge1", 0.4 + wave + up),
                    ("summary.redundancy", 0.2 + up),
                    ("summary.bleu", 9.0 + chance),
                ];
                scored(system, i, &values)
            };
            (0..20).map(one).collect::<Vec<_>>()
        };
        (of("a", 0.0), of("b", 0.1))
    }

    #[test]
    fn what_got_better_or_worse_is_told_from_chance() {
        let (a, b) = systems();
        let found = compare(&a.iter().collect::<Vec<_>>(), &b.iter().skip(2).collect::<Vec<_>>()).unwrap();
        let of = |id: &str| found.iter().find(|c| c.metric == id).unwrap();
        let rouge = of("summary.rouge1");
        assert!((rouge.b - rouge.a - 0.1).abs() < 1e-9 && rouge.documents.len() == 18);
        assert_eq!(rouge.verdict, Verdict::Better);
        assert!(rouge.comparison.difference.mean > 0.0);
        assert_eq!(of("summary.redundancy").verdict, Verdict::Worse);
        let broken = |guard: &str| guard.parse::<Guard>().unwrap().is_broken(&found);
        assert_eq!(broken("summary.rouge1"), Some(false));
        assert_eq!(broken("summary.redundancy"), Some(true));
        assert_eq!(broken("summary.redundancy:0.2"), Some(false));
        assert_eq!(broken("summary.redundancy:0.05"), Some(true));
        assert_eq!(broken("faq.coverage"), None);
        for wrong in ["summary.words", "nothing", "summary.rouge1:-1", "summary.rouge1:x"] {
            assert_eq!(wrong.parse::<Guard>().unwrap_err().kind(), ErrorKind::Config, "{wrong}");
        }
    }

    #[test]
    fn a_system_is_the_same_as_itself_and_strangers_are_not_compared() {
        let (a, mut b) = systems();
        let all = |scored: &[Scored]| -> Vec<Scored> { scored.to_vec() };
        let a = all(&a);
        let refs: Vec<_> = a.iter().collect();
        assert!(compare(&refs, &refs).unwrap().iter().all(|c| c.verdict == Verdict::Same && c.a == c.b));
        assert!(compare(&refs, &[]).unwrap_err().to_string().contains("no document in common"));
        b[0].scorer = "t".to_owned();
        assert!(compare(&refs, &b.iter().collect::<Vec<_>>()).unwrap_err().to_string().contains("scored by"));
    }
}

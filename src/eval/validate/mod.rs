//! How well metrics agree with people: correlation of their values with judgments on the same summaries.

mod judgments;
mod resample;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::Serialize;

pub use self::judgments::{Judgment, read};
pub use self::resample::Estimate;
use super::metric::{self, Agreement, Better, METRICS, Metric};
use super::score::Evaluator;
use crate::content::Task;
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;
use crate::metrics::stats::{auc, kendall_tau_b, spearman};

/// Fewer summaries, or systems, say nothing.
const LEAST: usize = 5;

/// How a metric agrees with one kind of judgment in one set and language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The set.
    pub set: String,
    /// The language of the summaries.
    pub language: Language,
    /// What was judged; `sentence support` is of single sentences.
    pub aspect: String,
    /// The id of the metric.
    pub metric: &'static str,
    /// Summaries, or sentences, that the metric has a value of.
    pub n: usize,
    /// Kendall's τ-b, summary by summary.
    pub kendall: Option<Estimate>,
    /// Spearman's ρ, summary by summary.
    pub spearman: Option<Estimate>,
    /// How often a supported sentence has a higher value than one that is not.
    pub auc: Option<Estimate>,
    /// The same correlations of the means of systems.
    pub systems: Option<Systems>,
}

/// Agreement on which system is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Systems {
    /// Systems.
    pub n: usize,
    /// Kendall's τ-b of their means.
    pub kendall: f64,
    /// Spearman's ρ of their means.
    pub spearman: f64,
}

/// The judgment on sentences.
const SENTENCES: &str = "sentence support";

/// One summary or sentence that was judged and measured.
struct Case<'a> {
    judgment: &'a Judgment,
    /// By aspect; that on sentences is 1 or 0.
    aspects: BTreeMap<&'a str, f64>,
    values: BTreeMap<String, f64>,
}

/// Measures all summaries, and all sentences that were judged for themselves, and compares. Calls `on_progress` with the
/// summaries done and their number.
///
/// # Errors
/// `Inference` if the encoder cannot be run, `Cancelled` if the callback broke off.
pub fn validate(
    judgments: &[Judgment],
    evaluator: &mut Evaluator,
    on_progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Vec<Finding>> {
    let mut cases = Vec::new();
    for (done, judgment) in judgments.iter().enumerate() {
        if on_progress(done, judgments.len()).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "stopped"));
        }
        let mut measure = |text: &str| Ok(evaluator.score(&judgment.document, &judgment.prediction(text))?.values);
        if !judgment.aspects.is_empty() {
            let aspects = judgment.aspects.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            cases.push(Case { judgment, aspects, values: measure(&judgment.candidate)? });
        }
        for (sentence, supported) in &judgment.sentences {
            let aspects = BTreeMap::from([(SENTENCES, f64::from(u8::from(*supported)))]);
            cases.push(Case { judgment, aspects, values: measure(sentence)? });
        }
    }
    let mut groups: BTreeMap<(&str, Language, &str), Vec<&Case<'_>>> = BTreeMap::new();
    for case in &cases {
        for aspect in case.aspects.keys() {
            let key = (case.judgment.set.as_str(), case.judgment.document.article.language, *aspect);
            groups.entry(key).or_default().push(case);
        }
    }
    let mut findings = Vec::new();
    for ((set, language, aspect), cases) in &groups {
        for metric in METRICS.iter().filter(|m| m.task() == Task::Summary) {
            let measured: Vec<_> = cases.iter().filter(|c| c.values.contains_key(metric.id)).copied().collect();
            if measured.len() < LEAST {
                continue;
            }
            let values: Vec<_> = measured.iter().map(|c| c.values[metric.id]).collect();
            let people: Vec<_> = measured.iter().map(|c| c.aspects[aspect]).collect();
            let of_sentences = *aspect == SENTENCES;
            let area = |x: &[f64], y: &[f64]| auc(x, &y.iter().map(|y| *y > 0.5).collect::<Vec<_>>());
            let correlation = |f: resample::Statistic<'_>| {
                if of_sentences { None } else { Estimate::of(&values, &people, f) }
            };
            findings.push(Finding {
                set: (*set).to_owned(),
                language: *language,
                aspect: (*aspect).to_owned(),
                metric: metric.id,
                n: measured.len(),
                kendall: correlation(&kendall_tau_b),
                spearman: correlation(&spearman),
                auc: if of_sentences { Estimate::of(&values, &people, &area) } else { None },
                systems: of_systems(&measured, &values, &people),
            });
        }
    }
    Ok(findings)
}

fn of_systems(cases: &[&Case<'_>], values: &[f64], people: &[f64]) -> Option<Systems> {
    let mut sums: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
    for ((case, value), judged) in cases.iter().zip(values).zip(people) {
        let sum = sums.entry(case.judgment.system.as_deref()?).or_default();
        *sum = (sum.0 + value, sum.1 + judged, sum.2 + 1.0);
    }
    let (x, y): (Vec<_>, Vec<_>) = sums.values().map(|(value, judged, n)| (value / n, judged / n)).unzip();
    (x.len() >= LEAST).then_some(())?;
    Some(Systems { n: x.len(), kendall: kendall_tau_b(&x, &y)?, spearman: spearman(&x, &y)? })
}

/// The label of a metric by the rule of [`RULE`](super::metric::RULE), from all findings.
///
/// Of a set and language the judgment that the metric agrees with best counts, because a metric of precision is not
/// meant to measure coverage. For one that looks at the article alone, only judgments of whether sentences are supported by
/// it count. A metric that looks neither at the article nor at a reference cannot know whether a
/// summary is true or like another one, so sets that judge that do not count for it.
pub fn agreement(metric: &Metric, findings: &[Finding]) -> Agreement {
    if metric.better == Better::Neither {
        return Agreement::Unchecked;
    }
    let with_reference = |id| metric::metric(id).is_some_and(|m| m.needs.reference);
    let compares = |f: &Finding| {
        let same = findings.iter().filter(|other| (&other.set, other.language) == (&f.set, f.language));
        same.into_iter().any(|other| other.aspect == SENTENCES || with_reference(other.metric))
    };
    let counts = |f: &Finding| match metric.needs {
        needs if needs.reference => true,
        // Whether it is in the article is judged sentence by sentence; how good it is otherwise is another question.
        needs if needs.source => f.aspect == SENTENCES,
        _ => !compares(f),
    };
    // (Strong, above chance) in each set and language.
    let mut best: BTreeMap<(&str, Language), (bool, bool)> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.metric == metric.id && counts(f)) {
        // Of a metric whose low values are better, what goes down with the judgment agrees.
        let turned = |e: Estimate, chance: f64| match metric.better {
            Better::Lower => (2.0 * chance - e.value, 2.0 * chance - e.high),
            _ => (e.value, e.low),
        };
        let (strong, some) = match (finding.auc, finding.kendall) {
            (Some(auc), _) => {
                let (value, low) = turned(auc, 0.5);
                (value >= 0.75, low > 0.5)
            }
            (None, Some(tau)) => {
                let (value, low) = turned(tau, 0.0);
                (value >= 0.25, low > 0.0)
            }
            // It is the same for all of them, so that nothing was checked.
            (None, None) => continue,
        };
        let of = best.entry((&finding.set, finding.language)).or_default();
        *of = (of.0 || strong && some, of.1 || some);
    }
    let all = |test: fn(&(bool, bool)) -> bool| best.values().all(test);
    match () {
        () if best.is_empty() => Agreement::Unchecked,
        () if all(|(strong, _)| *strong) => Agreement::Agrees,
        () if all(|(_, some)| *some) => Agreement::Weak,
        () => Agreement::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::metric::metric;

    fn finding(set: &str, aspect: &str, kendall: Option<[f64; 3]>, auc: Option<[f64; 3]>) -> Finding {
        let estimate = |of: Option<[f64; 3]>| of.map(|[low, value, high]| Estimate { value, low, high });
        Finding {
            set: set.into(),
            language: Language::EN,
            aspect: aspect.into(),
            metric: "summary.rouge1",
            n: 9,
            kendall: estimate(kendall),
            spearman: None,
            auc: estimate(auc),
            systems: None,
        }
    }

    #[test]
    fn the_label_follows_the_rule_in_every_set() {
        let strong = finding("a", "focus", Some([0.2, 0.4, 0.5]), None);
        let weak = finding("b", "score", Some([0.1, 0.2, 0.3]), None);
        let none = finding("a", "coverage", Some([-0.1, 0.1, 0.3]), None);
        let support = finding("c", SENTENCES, None, Some([0.6, 0.8, 0.9]));
        let label = |findings: &[&Finding]| {
            agreement(metric("summary.rouge1").unwrap(), &findings.iter().map(|f| (*f).clone()).collect::<Vec<_>>())
        };
        assert_eq!(label(&[]), Agreement::Unchecked);
        assert_eq!(label(&[&strong, &none, &support]), Agreement::Agrees, "the best judgment of a set counts");
        assert_eq!(label(&[&strong, &weak]), Agreement::Weak);
        assert_eq!(label(&[&none, &weak]), Agreement::No);
        let of = |id: &str, finding: &Finding| {
            let id = metric(id).unwrap();
            agreement(id, &[Finding { metric: id.id, ..finding.clone() }])
        };
        assert_eq!(of("summary.rouge2", &strong), Agreement::Agrees);
        assert_eq!(of("summary.words", &strong), Agreement::Unchecked, "it only describes");
        assert_eq!(of("summary.language", &support), Agreement::Unchecked, "it cannot know what is true");
        assert_eq!(of("summary.language", &finding("a", "score", None, None)), Agreement::Unchecked);
        let falling = finding("a", "score", Some([-0.5, -0.4, -0.3]), None);
        assert_eq!(
            (of("summary.redundancy", &falling), of("summary.rouge1", &falling)),
            (Agreement::Agrees, Agreement::No)
        );
    }

    #[test]
    fn values_and_judgments_are_compared_set_by_set() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let words = ["red", "green", "blue", "white", "black", "brown"];
        // The more of the reference, the better the judgment.
        let line = |i: usize| {
            let candidate = words[..=i].join(" ");
            let json = serde_json::json!({"id": format!("colours-en-{i}"), "lang": "en", "reference": words.join(" "),
                "candidate": candidate, "coverage": i, "system": format!("S{i}")});
            json.to_string()
        };
        std::fs::write(&path, (0..6).map(line).collect::<Vec<_>>().join("\n")).unwrap();
        let judgments = read(&path).unwrap();
        let mut calls = 0;
        let findings = validate(&judgments, &mut Evaluator::new(None), &mut |_, all| {
            calls += 1;
            assert_eq!(all, 6);
            ControlFlow::Continue(())
        });
        let findings = findings.unwrap();
        assert_eq!(calls, 6);
        let rouge = findings.iter().find(|f| f.metric == "summary.rouge1").unwrap();
        assert_eq!((rouge.set.as_str(), rouge.aspect.as_str(), rouge.n), ("colours", "coverage", 6));
        assert!((rouge.kendall.unwrap().value - 1.0).abs() < 1e-9);
        let systems = rouge.systems.unwrap();
        assert!(systems.n == 6 && (systems.kendall - 1.0).abs() < 1e-9, "{systems:?}");
        assert!(findings.iter().all(|f| f.metric != "summary.density"), "there is no article");
        let stopped = validate(&judgments, &mut Evaluator::new(None), &mut |_, _| ControlFlow::Break(()));
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    }
}

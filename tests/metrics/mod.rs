//! The metrics against the reference implementations, on texts of ours that `golden.py` scored with them.

mod claims;

use std::collections::BTreeMap;

use faqtory::metrics::Score;
use faqtory::metrics::bleu::{Bleu, BleuTokenizer};
use faqtory::metrics::chrf::Chrf;
use faqtory::metrics::rouge::{Tokens, rouge};
use faqtory::metrics::stats::{auc, kendall_tau_b, pearson, spearman};
use serde::Deserialize;

const TOLERANCE: f64 = 1e-6;

#[derive(Deserialize)]
struct Golden {
    pairs: Vec<Pair>,
    corpora: Vec<Corpus>,
    lists: Vec<Lists>,
}

#[derive(Deserialize)]
struct Pair {
    language: String,
    reference: String,
    candidate: String,
    plain: BTreeMap<String, [f64; 3]>,
    stemmed: BTreeMap<String, [f64; 3]>,
    bleu: BTreeMap<String, f64>,
    chrf: [f64; 2],
}

#[derive(Deserialize)]
struct Corpus {
    language: String,
    bleu: BTreeMap<String, f64>,
    bleu_lowercase: f64,
    chrf: [f64; 2],
}

#[derive(Deserialize)]
struct Lists {
    x: Vec<f64>,
    y: Vec<f64>,
    positive: Vec<bool>,
    kendall: f64,
    spearman: f64,
    pearson: f64,
    auc: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden.json")).expect("golden.json is as golden.py writes it")
}

fn tokenizer(name: &str) -> BleuTokenizer {
    match name {
        "none" => BleuTokenizer::None,
        "13a" => BleuTokenizer::V13a,
        "intl" => BleuTokenizer::Intl,
        other => panic!("golden.json names the tokenizer {other}"),
    }
}

#[track_caller]
fn same(ours: f64, theirs: f64, what: &str) {
    assert!((ours - theirs).abs() <= TOLERANCE, "{what}: {ours} here, {theirs} there");
}

#[test]
fn rouge_equals_rouge_score() {
    for pair in golden().pairs {
        for (stem, expected) in [(false, &pair.plain), (true, &pair.stemmed)] {
            let found = rouge(&pair.reference, &pair.candidate, Tokens::Classic { stem });
            let found = [
                ("rouge1", found.rouge1),
                ("rouge2", found.rouge2),
                ("rougeL", found.rouge_l),
                ("rougeLsum", found.rouge_lsum),
            ];
            assert_eq!(expected.len(), found.len());
            for (name, Score { precision, recall, f1 }) in found {
                let what = format!("{name}, stem {stem}, of {:?} for {:?}", pair.candidate, pair.reference);
                for (ours, theirs) in [precision, recall, f1].into_iter().zip(expected[name]) {
                    same(ours, theirs, &what);
                }
            }
        }
    }
}

#[test]
fn bleu_and_chrf_of_sentences_equal_sacrebleu() {
    for pair in golden().pairs {
        let (candidate, references) = (pair.candidate.as_str(), [pair.reference.as_str()]);
        assert_eq!(pair.bleu.len(), 6);
        for (name, expected) in &pair.bleu {
            let (name, effective) = name.split_once('/').expect("tokenizer/effective order");
            let bleu = Bleu { tokenizer: tokenizer(name), effective_order: effective == "yes", ..Bleu::default() };
            same(bleu.sentence(candidate, &references).score, *expected, &format!("BLEU {name} of {candidate:?}"));
        }
        for (chrf, expected) in [Chrf::default(), Chrf::PLUS_PLUS].into_iter().zip(pair.chrf) {
            same(chrf.sentence(candidate, &references), expected, &format!("{chrf:?} of {candidate:?}"));
        }
    }
}

#[test]
fn bleu_and_chrf_of_a_corpus_with_two_references_equal_sacrebleu() {
    let golden = golden();
    for corpus in &golden.corpora {
        let pairs: Vec<_> = golden.pairs.iter().filter(|pair| pair.language == corpus.language).collect();
        let second = pairs.iter().cycle().skip(1);
        let references: Vec<_> =
            pairs.iter().zip(second).map(|(one, other)| [one.reference.as_str(), other.reference.as_str()]).collect();
        let segments = || pairs.iter().zip(&references).map(|(pair, refs)| (pair.candidate.as_str(), refs.as_slice()));
        for (name, expected) in &corpus.bleu {
            let bleu = Bleu { tokenizer: tokenizer(name), ..Bleu::default() };
            same(bleu.corpus(segments()).score, *expected, name);
        }
        let lowercase = Bleu { lowercase: true, ..Bleu::default() };
        same(lowercase.corpus(segments()).score, corpus.bleu_lowercase, "lower case");
        for (chrf, expected) in [Chrf::default(), Chrf::PLUS_PLUS].into_iter().zip(corpus.chrf) {
            same(chrf.corpus(segments()), expected, "chrF");
        }
    }
    assert_eq!(golden.corpora.len(), 2);
}

#[test]
fn correlations_equal_scipy_and_the_area_equals_scikit_learn() {
    for lists in golden().lists {
        let value = |found: Option<f64>| found.expect("the lists vary");
        for (ours, theirs, what) in [
            (value(kendall_tau_b(&lists.x, &lists.y)), lists.kendall, "Kendall"),
            (value(spearman(&lists.x, &lists.y)), lists.spearman, "Spearman"),
            (value(pearson(&lists.x, &lists.y)), lists.pearson, "Pearson"),
            (value(auc(&lists.x, &lists.positive)), lists.auc, "AUC"),
        ] {
            assert!((ours - theirs).abs() <= 1e-9, "{what}: {ours} here, {theirs} there");
        }
    }
}

//! Sentences that people judged to be supported by an article or not (QAGS).

use std::path::Path;

use faqtory::engine::Likelihood;
use faqtory::eval::validate::Judgment;
use faqtory::eval::validate::read as read_judgments;
use faqtory::metrics::grounded::{SentenceFeatures, SourceFeatures, sentence_prompts};
use faqtory::metrics::rouge::{Tokens, rouge_n};
use faqtory::metrics::support::ClaimKind;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::ask::{Asking, read};
use crate::fit::{self, Sample, area, cross_validated};

/// What a model said of a sentence.
#[derive(Serialize, Deserialize)]
struct Said {
    key: String,
    set: String,
    supported: bool,
    with_source: Vec<f64>,
    without_source: Vec<f64>,
    /// Of yes and of no.
    verdicts: [f64; 2],
}

/// Asks about the judged sentences, the shorter sources first, because they bring most sentences in a time.
pub(crate) fn ask(asking: &mut Asking, data: &Path) -> Result<()> {
    let judgments = read_judgments(data)?;
    let mut order: Vec<usize> = (0..judgments.len()).filter(|&i| !judgments[i].sentences.is_empty()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(&judgments[i].set), i));
    for index in order {
        let judgment = &judgments[index];
        if asking.wants(&key(index, 0)) {
            let said = of(asking, index, judgment)?;
            said.iter().try_for_each(|line| asking.keep(line))?;
        }
    }
    Ok(())
}

fn key(judgment: usize, sentence: usize) -> String {
    format!("{judgment}.{sentence}")
}

fn of(asking: &mut Asking, index: usize, judgment: &Judgment) -> Result<Vec<Said>> {
    let article = &judgment.document.article;
    let prompts: Vec<_> = judgment
        .sentences
        .iter()
        .map(|(sentence, _)| {
            (sentence.as_str(), sentence_prompts(&article.body_markdown(), sentence, article.language))
        })
        .collect();
    // All that begins with the article in one call, so that it is read once.
    let about = prompts.iter().flat_map(|(sentence, p)| {
        let verdicts = p.verdicts.map(|verdict| (p.question.clone(), verdict));
        [(p.with_source.clone(), *sentence)].into_iter().chain(verdicts)
    });
    let about = asking.likelihoods(about.collect())?;
    let without =
        asking.likelihoods(prompts.iter().map(|(sentence, p)| (p.without_source.clone(), *sentence)).collect())?;
    let total = |likelihood: &Likelihood| likelihood.total();
    let said = judgment.sentences.iter().zip(about.chunks_exact(3)).zip(without).enumerate();
    Ok(said
        .map(|(at, (((_, supported), about), without))| Said {
            key: key(index, at),
            set: judgment.set.clone(),
            supported: *supported,
            with_source: about[0].log_probs.clone(),
            without_source: without.log_probs,
            verdicts: [total(&about[1]), total(&about[2])],
        })
        .collect())
}

/// A judged sentence with all that is known of it.
struct Known {
    said: Said,
    article: usize,
    features: SentenceFeatures,
    rouge2: f64,
}

impl Known {
    fn lacks(&self, kinds: &[ClaimKind]) -> f64 {
        f64::from(self.features.claims.iter().any(|claim| !claim.supported && kinds.contains(&claim.kind)))
    }

    fn with_source(&self) -> f64 {
        mean(&self.said.with_source)
    }

    /// How much more probable the source makes a token of it.
    fn gain(&self) -> f64 {
        mean(&self.said.with_source) - mean(&self.said.without_source)
    }

    fn verdict(&self) -> f64 {
        self.said.verdicts[0] - self.said.verdicts[1]
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

type Feature = (&'static str, fn(&Known) -> f64);

const PAIRS: Feature = ("pairs", |known| known.features.pairs);
const STEMS: Feature = ("stems", |known| known.features.stems);
const EXACT: Feature = ("exact", |known| known.lacks(&[ClaimKind::Number, ClaimKind::Date, ClaimKind::Quotation]));
const ROUGE: Feature = ("ROUGE-2 precision", |known| known.rouge2);
const WITH: Feature = ("with source", Known::with_source);
const GAIN: Feature = ("gain", Known::gain);
const VERDICT: Feature = ("verdict", Known::verdict);

/// Sets of features that are compared.
const SETS: &[&[Feature]] = &[
    &[ROUGE],
    &[PAIRS, STEMS],
    &[WITH],
    &[GAIN],
    &[VERDICT],
    &[PAIRS, STEMS, GAIN],
    &[PAIRS, STEMS, VERDICT],
    &[PAIRS, STEMS, GAIN, VERDICT],
    &[PAIRS, STEMS, EXACT, GAIN, VERDICT],
];

/// Compares sets of features by their cross-validated areas, and prints the weights of each.
pub(crate) fn fit(data: &Path, said: &Path) -> Result<()> {
    let judgments = read_judgments(data)?;
    let all: Vec<Known> = read::<Said>(said)?.into_iter().map(|said| known(said, &judgments)).collect::<Result<_>>()?;
    for set in SETS {
        let samples: Vec<Sample> = all
            .iter()
            .map(|known| Sample {
                group: known.article,
                features: set.iter().map(|(_, value)| value(known)).collect(),
                is_right: known.said.supported,
            })
            .collect();
        let scores = cross_validated(&samples);
        let names: Vec<_> = set.iter().map(|(name, _)| *name).collect();
        println!("{}", names.join(", "));
        for name in ["qags-cnndm", "qags-xsum"] {
            println!("  {name:<11} {}", area(&samples, &scores, |i| all[i].said.set == name));
        }
        println!("  {:<11} {}", "all", area(&samples, &scores, |_| true));
        let weights = fit::fit(&samples.iter().collect::<Vec<_>>());
        println!("  bias {:.3}, weights {:.3?}", weights.bias, weights.weights);
    }
    Ok(())
}

fn known(said: Said, judgments: &[Judgment]) -> Result<Known> {
    let (article, sentence) = said.key.split_once('.').ok_or("a key has no dot")?;
    let (article, sentence): (usize, usize) = (article.parse()?, sentence.parse()?);
    let judgment = judgments.get(article).ok_or("these judgments are not those that were asked about")?;
    let (sentence, _) =
        judgment.sentences.get(sentence).ok_or("a judgment has fewer sentences than were asked about")?;
    let source = &judgment.document.article;
    let units: Vec<_> = source.sentences().map(|unit| source.slice(unit.span)).collect();
    let features = SourceFeatures::of_sentences(&units, source.language).sentence(sentence);
    let rouge2 = rouge_n(&source.text, sentence, 2, Tokens::Unicode { stem: Some(source.language) }).precision;
    Ok(Known { said, article, features, rouge2 })
}

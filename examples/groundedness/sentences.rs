//! Sentences that people judged to be supported by an article or not (QAGS).

use std::path::Path;

use faqtory::eval::validate::Judgment;
use faqtory::eval::validate::read as read_judgments;
use faqtory::metrics::grounded::{SentenceFeatures, SourceFeatures, VERDICTS, verdict_prompt};
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
    /// Of yes and of no, as logarithms.
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
    let features = features(judgment);
    let about = judgment.sentences.iter().flat_map(|(sentence, _)| {
        let prompt = verdict_prompt(&features.passages(sentence), sentence);
        VERDICTS.map(|verdict| (prompt.clone(), verdict))
    });
    let found = asking.likelihoods(about.collect())?;
    let said = judgment.sentences.iter().zip(found.chunks_exact(2)).enumerate();
    Ok(said
        .map(|(at, ((_, supported), found))| Said {
            key: key(index, at),
            set: judgment.set.clone(),
            supported: *supported,
            verdicts: [found[0].total(), found[1].total()],
        })
        .collect())
}

fn features(judgment: &Judgment) -> SourceFeatures {
    let source = &judgment.document.article;
    let units: Vec<_> = source.sentences().map(|unit| source.slice(unit.span)).collect();
    SourceFeatures::of_sentences(&units, source.language)
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

    fn verdict(&self) -> f64 {
        self.said.verdicts[0] - self.said.verdicts[1]
    }
}

type Feature = (&'static str, fn(&Known) -> f64);

const PAIRS: Feature = ("pairs", |known| known.features.pairs);
const STEMS: Feature = ("stems", |known| known.features.stems);
const EXACT: Feature = ("exact", |known| known.lacks(&[ClaimKind::Number, ClaimKind::Date, ClaimKind::Quotation]));
const ROUGE: Feature = ("ROUGE-2 precision", |known| known.rouge2);
const NAMES: Feature = ("names", |known| known.lacks(&[ClaimKind::Name]));
const VERDICT: Feature = ("verdict", Known::verdict);

/// Sets of features that are compared.
const SETS: &[&[Feature]] = &[
    &[ROUGE],
    &[VERDICT],
    &[PAIRS, STEMS, EXACT, NAMES],
    &[PAIRS, STEMS, VERDICT],
    &[PAIRS, STEMS, EXACT, NAMES, VERDICT],
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
    let features = features(judgment).sentence(sentence);
    let rouge2 = rouge_n(&source.text, sentence, 2, Tokens::Unicode { stem: Some(source.language) }).precision;
    Ok(Known { said, article, features, rouge2 })
}

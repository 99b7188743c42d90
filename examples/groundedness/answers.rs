//! Answers that people marked in a paragraph, and the same answers behind another question (XQuAD).

use std::collections::HashMap;
use std::path::Path;

use faqtory::lang::Language;
use faqtory::metrics::grounded::{AnswerLikelihood, SourceFeatures, answer_prompts};
use faqtory::sentence;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::ask::{Asking, read};
use crate::fit::{self, Sample, area, cross_validated};

/// An article with questions on its paragraphs.
#[derive(Deserialize)]
struct Article {
    id: String,
    lang: Language,
    paragraphs: Vec<String>,
    qas: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    q: String,
    a: String,
    para: usize,
}

/// What a model said of an answer: the sums of log-probabilities with the question and without.
#[derive(Serialize, Deserialize)]
struct Said {
    key: String,
    right: [f64; 2],
    swapped: [f64; 2],
}

/// Asks about the answers, paragraph by paragraph: the first of each article, then the second of each.
pub(crate) fn ask(asking: &mut Asking, data: &Path) -> Result<()> {
    let articles: Vec<Article> = read(data)?;
    let most = articles.iter().map(|a| a.paragraphs.len()).max().unwrap_or_default();
    for paragraph in 0..most {
        for article in &articles {
            let asked = asked(article, paragraph);
            let Some((first, _)) = asked.first() else { continue };
            if !asking.wants(&key(article, *first)) {
                continue;
            }
            let source = &article.paragraphs[paragraph];
            let continuations = asked.iter().flat_map(|&(at, other)| {
                let (with, without) = answer_prompts(source, &article.qas[at].q, article.lang);
                [at, other].into_iter().flat_map(move |answer| {
                    let answer = article.qas[answer].a.as_str();
                    [(with.clone(), answer), (without.clone(), answer)]
                })
            });
            let found = asking.likelihoods(continuations.collect())?;
            for ((at, _), found) in asked.iter().zip(found.chunks_exact(4)) {
                let total = |i: usize| found[i].total();
                let said = Said { key: key(article, *at), right: [total(0), total(1)], swapped: [total(2), total(3)] };
                asking.keep(&said)?;
            }
        }
    }
    Ok(())
}

fn key(article: &Article, question: usize) -> String {
    format!("{}.{question}", article.id)
}

/// The questions on a paragraph, each with the one whose answer is swapped in: the next that has another answer. They are
/// the same in both languages, whose questions have the same order.
fn asked(article: &Article, paragraph: usize) -> Vec<(usize, usize)> {
    let here: Vec<usize> = (0..article.qas.len()).filter(|&i| article.qas[i].para == paragraph).collect();
    let answer = |i: usize| article.qas[i].a.to_lowercase();
    let other = |at: usize| {
        let behind = here.iter().copied().cycle().skip(at + 1).take(here.len() - 1);
        let differs = |i: &usize| !answer(*i).contains(&answer(here[at])) && !answer(here[at]).contains(&answer(*i));
        behind.into_iter().find(differs)
    };
    (0..here.len()).filter_map(|at| Some((here[at], other(at)?))).collect()
}

/// Fits the weights of the language model's grade in each language, and prints the cross-validated areas.
pub(crate) fn fit(data: &Path, said: &Path) -> Result<()> {
    let articles: Vec<Article> = read(data)?;
    let said: HashMap<String, Said> = read::<Said>(said)?.into_iter().map(|line| (line.key.clone(), line)).collect();
    let mut samples = Vec::new();
    let mut languages = Vec::new();
    for (group, article) in articles.iter().enumerate() {
        for (at, question) in article.qas.iter().enumerate() {
            let Some(said) = said.get(&key(article, at)) else { continue };
            let paragraph = &article.paragraphs[question.para];
            let sentences: Vec<_> =
                sentence::split(paragraph, article.lang).iter().map(|s| &paragraph[s.range()]).collect();
            let source = SourceFeatures::of_sentences(&sentences, article.lang);
            let other =
                asked(article, question.para).into_iter().find(|(asked, _)| *asked == at).map(|(_, other)| other);
            let swapped = &article.qas[other.ok_or("this answer has none to be swapped with")?].a;
            for (answer, [with_question, without_question], is_right) in
                [(&question.a, said.right, true), (swapped, said.swapped, false)]
            {
                let gain = AnswerLikelihood { with_question, without_question }.gain();
                let near = source.answer(&question.q, answer).near;
                // The two languages of an article are one group.
                samples.push(Sample { group: group / 2, features: vec![gain, near], is_right });
                languages.push(article.lang);
            }
        }
    }
    let scores = cross_validated(&samples);
    let gains: Vec<_> = samples.iter().map(|sample| sample.features[0]).collect();
    for language in [Language::EN, Language::ES] {
        println!("{language}: gain and near {}", area(&samples, &scores, |i| languages[i] == language));
        println!("{language}: gain alone    {}", area(&samples, &gains, |i| languages[i] == language));
    }
    let weights = fit::fit(&samples.iter().collect::<Vec<_>>());
    println!("bias {:.3}, gain and near {:.3?}", weights.bias, weights.weights);
    Ok(())
}

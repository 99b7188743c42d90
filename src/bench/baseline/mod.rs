//! Baselines: what is to be had without a model, and by chance.

mod rank;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::rank::{lexrank, textrank};
use crate::article::{Article, Span, one_line};
use crate::content::{
    Coverage, Faq, FaqEntry, ModelInfo, Output, SCHEMA_VERSION, SourceInfo, Summary, SummaryLength, TokenCounts, Usage,
};
use crate::error::Result;
use crate::eval::Document;
use crate::metrics::align::derangement;
use crate::pipeline::Job;
use crate::prompt::PromptLibrary;

/// A system without a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Baseline {
    /// The first sentences of the article, and of its sections.
    Lead,
    /// The most central sentences by TextRank.
    TextRank,
    /// The most central sentences by LexRank.
    LexRank,
    /// What people wrote of another article of the same language: the score of a good text that is about something else.
    Shuffled,
}

impl Baseline {
    /// All of them.
    pub fn all() -> Vec<Self> {
        vec![Self::Lead, Self::TextRank, Self::LexRank, Self::Shuffled]
    }

    /// Its name in reports and in `bench.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::TextRank => "textrank",
            Self::LexRank => "lexrank",
            Self::Shuffled => "shuffled",
        }
    }
}

/// So many sentences make a summary of that length.
fn sentences_of(length: SummaryLength) -> usize {
    match length {
        SummaryLength::Headline | SummaryLength::Short => 1,
        SummaryLength::Medium => 3,
        SummaryLength::Long => 8,
        SummaryLength::Bullets => 5,
    }
}

/// What the baseline writes of a document. Sentences are taken over as they are, in the article's language, whatever the
/// target is: nothing is translated.
///
/// # Errors
/// `Config` if there are no labels for the language.
pub fn write(
    baseline: Baseline,
    document: &Document,
    among: &[Document],
    prompts: &PromptLibrary,
    job: &Job,
) -> Result<Output> {
    let (summary, entries) = match baseline {
        Baseline::Shuffled => of_another(document, among, prompts, job)?,
        _ => extract(baseline, &document.article, prompts, job)?,
    };
    let labels = prompts.labels(job.target)?;
    let article = &document.article;
    Ok(Output {
        schema_version: SCHEMA_VERSION,
        article: SourceInfo::from(article),
        language: job.target,
        summary: job.summary.filter(|_| !summary.is_empty()).map(|length| {
            let paragraphs = if length == SummaryLength::Bullets { summary } else { vec![summary.join(" ")] };
            Summary::new(labels.summary_title.clone(), length, paragraphs)
        }),
        questions_asked: job.faq.map(|q| q.count(article.word_count())),
        faq: job.faq.filter(|_| !entries.is_empty()).map(|_| Faq { title: labels.faq_title.clone(), entries }),
        unanswered: Vec::new(),
        coverage: Coverage::default(),
        rejections: Vec::new(),
        usage: Usage {
            faqtory: env!("CARGO_PKG_VERSION").to_owned(),
            model: ModelInfo {
                id: baseline.name().to_owned(),
                sha256: None,
                architecture: "extractive".to_owned(),
                context_length: 0,
                device: "cpu".to_owned(),
            },
            prompt_version: String::new(),
            seed: job.sampling.seed,
            temperature: 0.0,
            tokens: TokenCounts::default(),
            seconds: BTreeMap::new(),
        },
    })
}

/// Sentences of the summary, and pairs of the FAQ.
type Parts = (Vec<String>, Vec<FaqEntry>);

/// A sentence of the body.
struct Unit {
    span: Span,
    /// What the question about it names: the heading above it, or the title.
    subject: String,
    /// Whether it is the first of its section.
    first: bool,
}

fn extract(baseline: Baseline, article: &Article, prompts: &PromptLibrary, job: &Job) -> Result<Parts> {
    let title = article.title.clone().unwrap_or_default();
    let mut units = Vec::new();
    for section in &article.sections {
        let subject = section.heading.map_or_else(|| title.clone(), |h| one_line(article.slice(h.span)));
        let sentences = section.passages.iter().flat_map(|p| &p.sentences);
        for (i, sentence) in sentences.enumerate() {
            units.push(Unit { span: sentence.span, subject: subject.clone(), first: i == 0 });
        }
    }
    let texts: Vec<&str> = units.iter().map(|u| article.slice(u.span)).collect();
    let count = units.len() as f64;
    let scores = match baseline {
        Baseline::TextRank => textrank(&texts, article.language),
        Baseline::LexRank => lexrank(&texts, article.language),
        // The earlier, the better.
        Baseline::Lead | Baseline::Shuffled => (0..units.len()).map(|i| count - i as f64).collect(),
    };
    let text = |i: usize| one_line(texts[i]);
    let summary = job.summary.map_or(0, sentences_of);
    let summary = in_order(best(&scores, summary)).into_iter().map(text).collect();
    let wanted = job.faq.map_or(0, |q| q.count(article.word_count()));
    // Of the lead of each section first, where that is the principle.
    let for_faq: Vec<f64> = match baseline {
        Baseline::Lead => scores.iter().zip(&units).map(|(s, u)| if u.first { s + count } else { *s }).collect(),
        _ => scores,
    };
    let about = &prompts.labels(article.language)?.about_question;
    let entries = in_order(best(&for_faq, wanted))
        .into_iter()
        .map(|i| FaqEntry::new(about.replace("{}", &units[i].subject), text(i)))
        .collect();
    Ok((summary, entries))
}

/// The indices of the greatest values, those that come first among equals.
fn best(scores: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    order.truncate(count);
    order
}

fn in_order(mut indices: Vec<usize>) -> Vec<usize> {
    indices.sort_unstable();
    indices
}

/// The references of another document of the same language, or its first sentences where it has none.
fn of_another(document: &Document, among: &[Document], prompts: &PromptLibrary, job: &Job) -> Result<Parts> {
    let same: Vec<_> = among.iter().filter(|d| d.article.language == document.article.language).collect();
    let order = derangement(same.len(), job.sampling.seed);
    let own = same.iter().position(|d| d.id == document.id);
    // A document that is alone has no other.
    let Some(other) = own.filter(|_| same.len() > 1).map(|own| same[order[own]]) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let (lead, pairs) = extract(Baseline::Lead, &other.article, prompts, job)?;
    let summaries = other.references.summaries(job.target, job.summary);
    let summary = summaries.first().map_or(lead, |text| text.lines().map(str::to_owned).collect());
    let faq = other.references.faq(job.target).map_or(pairs, <[FaqEntry]>::to_vec);
    Ok((if job.summary.is_some() { summary } else { Vec::new() }, faq))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::Sampling;
    use crate::eval::dataset;
    use crate::lang::Language;
    use crate::loader::LoadOptions;
    use crate::pipeline::Questions;

    fn documents() -> Vec<Document> {
        dataset::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &LoadOptions::default()).unwrap()
    }

    fn job(target: Language) -> Job {
        let (faq, summary) = (Some(Questions::Exactly(4)), Some(SummaryLength::Medium));
        Job::new(target, faq, summary, Sampling::default())
    }

    #[test]
    fn extracts_stand_in_the_article_in_its_order() {
        let prompts = PromptLibrary::builtin();
        let documents = documents();
        for document in &documents {
            let body = one_line(&document.article.text);
            for baseline in [Baseline::Lead, Baseline::TextRank, Baseline::LexRank] {
                let output = write(baseline, document, &documents, &prompts, &job(document.article.language)).unwrap();
                let faq = output.faq.unwrap();
                assert_eq!(faq.entries.len(), 4, "{}", document.id);
                let places: Vec<_> =
                    faq.entries.iter().map(|e| body.find(&e.answer).expect("in the article")).collect();
                assert!(places.is_sorted(), "{}: {places:?}", document.id);
                assert!(faq.entries.iter().all(|e| e.question.ends_with('?') && !e.question.contains("{}")));
                assert_eq!(output.summary.unwrap().paragraphs.len(), 1);
            }
        }
    }

    #[test]
    fn shuffled_is_what_people_wrote_of_another_article() {
        let prompts = PromptLibrary::builtin();
        let documents = documents();
        let document = &documents[0];
        let output = write(Baseline::Shuffled, document, &documents, &prompts, &job(Language::ES)).unwrap();
        let entries = output.faq.unwrap().entries;
        assert_ne!(document.references.faq(Language::ES).unwrap(), entries);
        let of_other = |d: &&Document| d.references.faq(Language::ES) == Some(&entries);
        assert_eq!(documents.iter().find(of_other).unwrap().article.language, document.article.language);
        let alone = write(Baseline::Shuffled, document, &documents[..1], &prompts, &job(Language::ES)).unwrap();
        assert_eq!((alone.faq, alone.summary), (None, None));
    }
}

//! The article as the scorer needs it: what it states, its sentences with their words and vectors, its sections.

use std::collections::HashSet;

use crate::article::{Article, Span};
use crate::engine::encoder::{Encoder, Role};
use crate::error::Result;
use crate::lang::Language;
use crate::metrics::coverage::section_texts;
use crate::metrics::grounded::{AnswerFeatures, SentenceFeatures, SourceFeatures};
use crate::metrics::semantic::cosine;
use crate::metrics::support::{Claim, SourceFacts};
use crate::metrics::text::{is_content_word, stems, words};

/// The most sentences that are given as evidence.
const MAX_EVIDENCE: usize = 3;
/// A sentence that shares fewer of the content words is no evidence, where there is no encoder to say more.
const MIN_CONTENT: f64 = 0.2;
/// A further sentence has to add that share of the content words, and two of them.
const MIN_GAIN: f64 = 0.2;
/// Cosines of the encoder begin about here; below it two texts have nothing in common.
const COSINE_FLOOR: f64 = 0.7;

/// An article, counted once for all outputs.
pub(super) struct Source {
    language: Language,
    /// What a model sees of the article.
    pub(super) body: String,
    /// The texts of its sections.
    pub(super) sections: Vec<String>,
    /// Counts of what stands around the body (title, byline and the like), then of its sentences.
    features: SourceFeatures,
    /// The vectors of what stands around the body.
    around: Vec<Vec<f32>>,
    units: Vec<Unit>,
}

/// A sentence.
struct Unit {
    span: Span,
    stems: HashSet<String>,
    pairs: HashSet<(String, String)>,
    vector: Vec<f32>,
}

impl Source {
    pub(super) fn new(article: &Article, encoder: Option<&Encoder>) -> Result<Self> {
        let body = article.body_markdown();
        let head = article.head.iter().map(|span| article.slice(*span));
        let stated = [&article.byline, &article.date].into_iter().flatten().map(String::as_str);
        let around: Vec<&str> = head.chain(stated).collect();
        // A headline is close to everything in its article and proves nothing of it.
        let spans: Vec<_> = article.sentences().map(|sentence| sentence.span).collect();
        let texts: Vec<_> = spans.iter().map(|span| article.slice(*span)).collect();
        let all = [around.as_slice(), texts.as_slice()].concat();
        let features = SourceFeatures::new(&all, SourceFacts::of_article(article));
        let vectors = encoder.map(|e| e.embed(&all, Role::Query)).transpose()?;
        let mut vectors = vectors.unwrap_or_default();
        let mut of_units = vectors.split_off(around.len().min(vectors.len())).into_iter();
        let units = spans.iter().zip(&texts).map(|(span, text)| {
            let stems = stems(text, article.language);
            Unit {
                span: *span,
                pairs: pairs(&stems).collect(),
                stems: stems.into_iter().collect(),
                vector: of_units.next().unwrap_or_default(),
            }
        });
        Ok(Self {
            language: article.language,
            units: units.collect(),
            sections: section_texts(article),
            features,
            around: vectors,
            body,
        })
    }

    /// Whether the article has no body, as a page that is a FAQ through and through.
    pub(super) fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The claims of a text in that language.
    pub(super) fn check(&self, text: &str, language: Language) -> Vec<Claim> {
        self.features.facts().check(text, language)
    }

    /// What the article has of a question and its answer.
    pub(super) fn answer(&self, question: &str, answer: &str) -> AnswerFeatures {
        self.features.answer(question, answer)
    }

    /// The cosines of a vector with those of all that [`Source::answer`] looks at, in its order; `None` without an encoder.
    pub(super) fn cosines(&self, vector: &[f32]) -> Option<Vec<f64>> {
        let all = self.around.iter().chain(self.units.iter().map(|u| &u.vector));
        (!vector.is_empty()).then(|| all.map(|v| cosine(vector, v)).collect())
    }

    /// What the article has of a sentence of its own language, whose claims are given.
    pub(super) fn sentence(&self, sentence: &str, claims: Vec<Claim>) -> SentenceFeatures {
        self.features.sentence_with(sentence, claims)
    }

    /// The sentences that are closest to a text: what a model is shown to judge it by.
    pub(super) fn passages(&self, text: &str) -> String {
        self.features.passages(text)
    }

    /// The sentences that best stand behind a text, in their order in the article. `vector` is that of the text; without
    /// it a text in another language has no evidence.
    ///
    /// The first is the one that shares most of the text's content words and pairs of words and is closest in meaning;
    /// after it come those that have content words which are missing so far.
    pub(super) fn evidence(&self, text: &str, language: Language, vector: Option<&[f32]>) -> Vec<Span> {
        let same = language == self.language;
        let all = if same { stems(text, language) } else { Vec::new() };
        let plain = words(text);
        let content: HashSet<_> =
            all.iter().zip(&plain).filter(|(_, word)| is_content_word(word, language)).map(|(stem, _)| stem).collect();
        let bigrams: HashSet<_> = pairs(&all).collect();
        let shared = |unit: &Unit| content.iter().filter(|stem| unit.stems.contains(**stem)).count();
        let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let score = |unit: &Unit| {
            let lexical = share(shared(unit), content.len());
            let close = share(bigrams.iter().filter(|pair| unit.pairs.contains(*pair)).count(), bigrams.len());
            let meaning = vector.map(|v| (cosine(v, &unit.vector) - COSINE_FLOOR).max(0.0) / (1.0 - COSINE_FLOOR));
            (lexical >= MIN_CONTENT || meaning.is_some_and(|m| m > 0.0))
                .then(|| lexical + close + meaning.unwrap_or_default())
        };
        let scored = self.units.iter().enumerate().filter_map(|(i, unit)| Some((i, score(unit)?)));
        // The first of equals: the order in the article decides.
        let best = scored.reduce(|best, next| if next.1 > best.1 { next } else { best });
        let Some((first, _)) = best else { return Vec::new() };
        let mut chosen = vec![first];
        let mut missing: HashSet<_> =
            content.iter().filter(|stem| !self.units[first].stems.contains(**stem)).copied().collect();
        while chosen.len() < MAX_EVIDENCE {
            let gain = |unit: &Unit| missing.iter().filter(|stem| unit.stems.contains(**stem)).count();
            let gains = self.units.iter().enumerate().map(|(i, unit)| (i, gain(unit)));
            let best = gains.reduce(|best, next| if next.1 > best.1 { next } else { best });
            let Some((next, gain)) = best.filter(|(_, g)| *g >= 2 && share(*g, content.len()) >= MIN_GAIN) else {
                break;
            };
            debug_assert!(gain > 0 && !chosen.contains(&next), "what is chosen adds nothing more");
            chosen.push(next);
            missing.retain(|stem| !self.units[next].stems.contains(*stem));
        }
        chosen.sort_unstable();
        chosen.into_iter().map(|i| self.units[i].span).collect()
    }
}

fn pairs(stems: &[String]) -> impl Iterator<Item = (String, String)> {
    stems.windows(2).map(|pair| (pair[0].clone(), pair[1].clone()))
}

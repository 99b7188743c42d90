//! What faqtory makes of an article: a FAQ block, a summary, and the account of how they were made.

use std::collections::BTreeMap;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::article::{Article, Span};
use crate::error::{Error, ErrorKind};
use crate::lang::Language;

/// The version of the JSON form of [`Output`]. It grows when a field changes its meaning or goes away.
pub const SCHEMA_VERSION: u32 = 2;

/// A FAQ block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Faq {
    /// The block's heading, in the target language.
    pub title: String,
    /// The questions with their answers, in the order they should be shown.
    pub entries: Vec<FaqEntry>,
}

/// One question with its answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaqEntry {
    /// A full question, with its question marks.
    pub question: String,
    /// Its answer: one to a few full sentences.
    pub answer: String,
    /// The sentences of the article that the answer rests on, in the order of its sentences.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What is wrong with the entry; only where it was asked to keep and mark such entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<RejectReason>,
}

impl FaqEntry {
    /// A question and an answer of which no more is known.
    pub fn new(question: impl Into<String>, answer: impl Into<String>) -> Self {
        Self { question: question.into(), answer: answer.into(), ..Self::default() }
    }
}

/// A sentence of the article that a sentence of the output rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Which sentence of the answer, or of the whole summary, rests on it; the first is 0.
    pub sentence: usize,
    /// Where it stands: bytes of the article's normalized text, which `faqtory inspect --format json` shows.
    pub span: Span,
    /// What it says.
    pub text: String,
    /// The probability, from 0 to 1, that the article supports the sentence. Of a translation it is that of the sentence
    /// that was translated.
    pub score: f64,
}

/// How long a summary should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SummaryLength {
    /// A headline of at most 12 words.
    Headline,
    /// One sentence.
    Short,
    /// Three sentences.
    #[default]
    Medium,
    /// Two or three paragraphs.
    Long,
    /// At most six bullet points; four or five are asked for.
    Bullets,
}

impl SummaryLength {
    /// All lengths, shortest first.
    pub const ALL: [Self; 5] = [Self::Headline, Self::Short, Self::Medium, Self::Long, Self::Bullets];

    /// The name used on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Headline => "headline",
            Self::Short => "short",
            Self::Medium => "medium",
            Self::Long => "long",
            Self::Bullets => "bullets",
        }
    }
}

impl FromStr for SummaryLength {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|l| l.name() == s).ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                format!("unknown summary length `{s}`; known are headline, short, medium, long, bullets"),
            )
        })
    }
}

/// A summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The summary's heading, in the target language.
    pub title: String,
    /// The length that was asked for.
    pub length: SummaryLength,
    /// Its paragraphs in order; with [`SummaryLength::Bullets`], its bullet points.
    pub paragraphs: Vec<String>,
    /// The sentences of the article that its sentences rest on, in their order.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What is wrong with it; only where it was asked to keep and mark such a summary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<RejectReason>,
}

impl Summary {
    /// A summary of which no more is known.
    pub fn new(title: impl Into<String>, length: SummaryLength, paragraphs: Vec<String>) -> Self {
        Self { title: title.into(), length, paragraphs, evidence: Vec::new(), flags: Vec::new() }
    }
}

/// Which part of the output a rejection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// The FAQ block.
    Faq,
    /// The summary.
    Summary,
}

/// Why a piece of model output was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RejectReason {
    /// Nothing, or a question or answer without words.
    Empty,
    /// It does not have the form that was asked for.
    Malformed,
    /// A question that is not one: it ends without a question mark.
    NotAQuestion,
    /// The same question or answer was there before.
    Duplicate,
    /// The answer only says the question again.
    RepeatsQuestion,
    /// It is not in the target language.
    WrongLanguage,
    /// The model ran into its token limit and the last sentence has no end.
    Truncated,
    /// More than was asked for.
    Surplus,
    /// Longer than the length that was asked for allows, and not to be shortened without harm.
    TooLong,
    /// Shorter than the length that was asked for.
    TooShort,
    /// Words of another language stand in it, or words that no language has.
    MixedLanguage,
    /// It has a number, a date, a name or a quotation that the article has not.
    UnsupportedFact,
    /// The article hardly says what it states.
    Ungrounded,
    /// It cannot be understood alone: it begins with a pronoun, or a question names nothing.
    NotSelfContained,
    /// It speaks of the article instead of its subject.
    MentionsArticle,
    /// The article does not answer the question.
    Unanswerable,
    /// The answer is of another kind than the question asks for: no number, no time, no name.
    MissesQuestion,
    /// Too long a run of words is taken over from the article word for word.
    Copied,
    /// The translation lost or changed a number, a name or a sentence.
    Mistranslated,
    /// It lacks a term that was to be kept.
    LacksTerm,
}

/// A piece of model output that was not used. Counted and shown, never silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rejection {
    /// Which part of the output it would have been.
    pub task: Task,
    /// Why it was not used.
    pub reason: RejectReason,
    /// What the model wrote.
    pub text: String,
}

/// The article as the output names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceInfo {
    /// Where it came from: a file name, or `-` for standard input.
    pub source: String,
    /// Its headline.
    pub title: Option<String>,
    /// The language it is written in.
    pub language: Language,
    /// Words of its body.
    pub words: usize,
}

impl From<&Article> for SourceInfo {
    fn from(article: &Article) -> Self {
        Self {
            source: article.source.clone(),
            title: article.title.clone(),
            language: article.language,
            words: article.word_count(),
        }
    }
}

/// The model that wrote the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelInfo {
    /// Its id in the model store, or the path of its file.
    pub id: String,
    /// SHA-256 of its file in hexadecimal, where it was checked.
    pub sha256: Option<String>,
    /// Architecture as its file names it, such as `qwen2`.
    pub architecture: String,
    /// The longest prompt and answer together, in tokens.
    pub context_length: usize,
    /// Where it ran, such as `cpu` or `cuda:0`.
    pub device: String,
}

/// Token counts of all generations together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenCounts {
    /// Prompt tokens of all requests.
    pub prompt: usize,
    /// Prompt tokens that were not computed again because another request had them before.
    pub reused: usize,
    /// Tokens written by the model.
    pub generated: usize,
}

/// How much of the article was read, and how much of it the output rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Words of the article that the model read.
    pub words_read: usize,
    /// In how many pieces it read them; 1 is all at once.
    pub pieces: usize,
    /// The parts of the article: its sections, or runs of passages where it has no headings.
    pub parts: usize,
    /// Of them, those that an answer or a sentence of the summary rests on.
    pub parts_used: usize,
}

/// The account of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Version of faqtory.
    pub faqtory: String,
    /// The model.
    pub model: ModelInfo,
    /// A fingerprint of the prompt templates that were used.
    pub prompt_version: String,
    /// The seed of the sampler. Further candidates are sampled with the seeds that follow.
    pub seed: u64,
    /// The temperature of the sampler for the first candidate of each text; 0 is greedy. The others are sampled at 0.5
    /// at least.
    pub temperature: f32,
    /// Token counts.
    pub tokens: TokenCounts,
    /// Wall-clock seconds by stage, such as `prefill` and `decode`.
    pub seconds: BTreeMap<String, f64>,
}

/// Everything that one article gave in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Version of this form, see [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The article.
    pub article: SourceInfo,
    /// The language that the FAQ block and the summary are written in.
    pub language: Language,
    /// The summary, if one was asked for and survived.
    pub summary: Option<Summary>,
    /// The FAQ block, if one was asked for and has entries.
    pub faq: Option<Faq>,
    /// How many FAQ entries were asked for.
    pub questions_asked: Option<usize>,
    /// Questions that had to be answered and that the article does not answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<String>,
    /// How much of the article was read, and is in the output.
    #[serde(default)]
    pub coverage: Coverage,
    /// Model output that was not used, and why.
    pub rejections: Vec<Rejection>,
    /// How it was made.
    pub usage: Usage,
}

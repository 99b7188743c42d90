//! The words of one language that the output, its parser and its checks need.

use serde::Deserialize;

/// Words of one language. Phrases are compared word by word, without regard to case and punctuation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The heading of a FAQ block.
    pub faq_title: String,
    /// The heading of a summary.
    pub summary_title: String,
    /// What a question may be labelled with; the prompt uses the first.
    pub question_labels: Vec<String>,
    /// What an answer may be labelled with; the prompt uses the first.
    pub answer_labels: Vec<String>,
    /// A question about a subject, which stands for `{}`: what can be asked where no model asks.
    #[serde(default = "about_question")]
    pub about_question: String,
    /// The mark that opens a question, where the language has one.
    #[serde(default)]
    pub question_opening: Option<char>,
    /// What the model is to reply where the article does not answer.
    #[serde(default = "unanswered")]
    pub unanswered: String,
    /// Phrases that say that the article does not answer.
    #[serde(default)]
    pub refusals: Vec<String>,
    /// Phrases that speak of the article instead of its subject.
    #[serde(default)]
    pub article_mentions: Vec<String>,
    /// Words that point at something said before, where a text begins with one.
    #[serde(default)]
    pub pronouns: Vec<String>,
    /// Phrases of questions that ask for nothing a reader wants to know.
    #[serde(default)]
    pub empty_questions: Vec<String>,
    /// Words that join two questions into one.
    #[serde(default)]
    pub double_questions: Vec<String>,
    /// Beginnings of questions that a number answers.
    #[serde(default)]
    pub asks_amount: Vec<String>,
    /// Words that say an amount without a number.
    #[serde(default)]
    pub amounts: Vec<String>,
    /// Beginnings of questions that a time answers.
    #[serde(default)]
    pub asks_time: Vec<String>,
    /// Words that say a time without a number.
    #[serde(default)]
    pub times: Vec<String>,
    /// Beginnings of questions how many there are of what stands behind them.
    #[serde(default)]
    pub asks_count: Vec<String>,
    /// What else answers a question with a given beginning.
    #[serde(default)]
    pub expects: Vec<Expected>,
    /// Words of somebody who speaks of himself.
    #[serde(default)]
    pub first_person: Vec<String>,
    /// Words for a time that only the day of the article makes clear.
    #[serde(default)]
    pub relative_times: Vec<String>,
    /// Phrases that speak to a model and not to readers. A passage of an article with one is no evidence of anything.
    #[serde(default)]
    pub instructions: Vec<String>,
    /// Whether all nouns are capitalized, so that a capital says nothing of a name.
    #[serde(default)]
    pub capitalized_nouns: bool,
    /// Beginnings of questions that are asked of every article.
    #[serde(default)]
    pub question_words: Vec<String>,
    /// Phrases that tie a sentence that begins with one to what stands before it.
    #[serde(default)]
    pub connectives: Vec<String>,
    /// The same, but before one of the `partitives` or what title or deck speak of: “the first”.
    #[serde(default)]
    pub ordinals: Vec<String>,
    /// Words behind which stands what something is one of: “of”.
    #[serde(default)]
    pub partitives: Vec<String>,
    /// Phrases that link a sentence to what stands before it, where it begins with one and a comma, and says as much without.
    #[serde(default)]
    pub links: Vec<String>,
    /// Words inside a sentence that say the same of it: it says as much without them.
    #[serde(default)]
    pub inner_links: Vec<String>,
    /// Words that point at something said before, wherever they stand, but before a word of `pointed_at`.
    #[serde(default)]
    pub demonstratives: Vec<String>,
    /// Times, and what a clause begins with: “this week” and “those who …” need nothing before them.
    #[serde(default)]
    pub pointed_at: Vec<String>,
    /// Where the language may leave a subject to the verb: the words that a sentence with a subject begins with, names and
    /// numbers aside. Empty where it may not.
    #[serde(default)]
    pub openings: Vec<String>,
}

/// Words of which an answer has one, if its question has one of those beginnings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The beginnings.
    pub asks: Vec<String>,
    /// The words, or phrases.
    #[serde(default)]
    pub words: Vec<String>,
    /// Units, which answer as well as the words where they stand behind a number.
    #[serde(default)]
    pub units: Vec<String>,
    /// Words of which the article has one where it says what the answer says; none if any sentence will do.
    #[serde(default)]
    pub stated: Vec<String>,
    /// How many content words an answer has at least that its question has not; without it, as answers to other questions.
    #[serde(default)]
    pub least_news: Option<usize>,
}

fn about_question() -> String {
    "{}?".to_owned()
}

fn unanswered() -> String {
    "?".to_owned()
}

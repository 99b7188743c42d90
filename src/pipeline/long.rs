//! Long articles: read in pieces, one after the other, so that cost grows with the length and nothing is cut.
//!
//! Each piece gets its share of the questions, answered over that piece, and a summary of its own. The summary of the
//! whole is written over those of the pieces, and verified against the whole article.

use std::collections::HashSet;

use super::Work;
use super::faq::{Pair, Pairs};
use super::names::FullNames;
use super::summary::Draft;
use crate::article::{Article, Span};
use crate::chunk;
use crate::content::SummaryLength;
use crate::error::Result;

/// An article of more tokens is read in pieces: what the model attends to at a time would cost more than reading on.
const MOST_TOKENS: usize = 6_000;
/// Tokens of the context that the instructions, the task and its text need beside the article.
const RESERVE: usize = 1_600;
/// Questions of all pieces together, for each that is wanted.
const QUESTIONS_FOR_ONE: f64 = 1.5;

/// A part of the article that is read at once.
#[derive(Debug)]
pub(super) struct Piece {
    /// It, in Markdown.
    pub(super) body: String,
    /// The sentences in it; `None` is all.
    pub(super) sentences: Option<HashSet<Span>>,
}

/// The pieces of an article, as the model counts its tokens.
///
/// # Errors
/// Those of [`chunk::split`].
pub(super) fn pieces(article: &Article, work: &Work<'_>) -> Result<Vec<Piece>> {
    let body = article.body_markdown();
    let engine = &work.session.engine;
    let limit = MOST_TOKENS.min(engine.info().context_length.saturating_sub(RESERVE).max(1));
    if engine.count_tokens(&body)? <= limit {
        return Ok(vec![Piece { body, sentences: None }]);
    }
    let chunks = chunk::split(article, limit, &|text| engine.count_tokens(text))?;
    let piece = |chunk: &chunk::Chunk| {
        let passages = chunk.sections.iter().flat_map(|section| &section.passages);
        let sentences = passages.flat_map(|passage| &passage.sentences).map(|sentence| sentence.span).collect();
        Piece { body: chunk.markdown(article), sentences: Some(sentences) }
    };
    Ok(chunks.chunks.iter().map(piece).collect())
}

impl Work<'_> {
    /// Reads all pieces and writes what is wanted, before any translation.
    pub(super) fn read(&mut self, mut pieces: Vec<Piece>) -> Result<(Pairs, Option<Draft>)> {
        let (mut pairs, summary) = if pieces.len() == 1 {
            self.piece = pieces.remove(0);
            let (questions, summaries) = self.draft()?;
            self.answer(questions, summaries)?
        } else {
            self.read_one_by_one(pieces)?
        };
        self.flag(&mut pairs);
        if self.language == self.checker.source.language() {
            let names = FullNames::of(self.checker.source);
            pairs.name_in_full(&names);
            return Ok((pairs, summary.map(|draft| draft.with_full_names(&names, self.length))));
        }
        Ok((pairs, summary))
    }

    fn read_one_by_one(&mut self, pieces: Vec<Piece>) -> Result<(Pairs, Option<Draft>)> {
        let (wanted, length) = (self.wanted, self.length);
        let count = pieces.len() as f64;
        let (mut all, mut failed, mut told) = (Vec::<Pair>::new(), Vec::new(), Vec::<String>::new());
        for piece in pieces {
            self.piece = piece;
            self.wanted = (wanted as f64 * QUESTIONS_FOR_ONE / count).ceil() as usize;
            self.length = length.map(|_| SummaryLength::Medium);
            let (questions, summaries) = self.draft()?;
            let (pairs, summary) = self.answer(questions, summaries)?;
            all.extend(pairs.taken.into_iter().chain(pairs.spare));
            failed.extend(pairs.failed);
            told.extend(summary.iter().flat_map(Draft::texts));
        }
        (self.wanted, self.length) = (wanted, length);
        let title = self.checker.source.article.title.iter().map(|title| format!("# {title}"));
        let body = title.chain(told).collect::<Vec<_>>().join("\n\n");
        self.piece = Piece { body, sentences: None };
        let summary = self.summary_over()?;
        let mut pairs = self.choose(all)?;
        pairs.failed.append(&mut failed);
        Ok((pairs, summary))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use crate::content::SummaryLength;
    use crate::engine::Sampling;
    use crate::engine::scripted::{Reply, ScriptedEngine};
    use crate::lang::Language;
    use crate::loader::{LoadOptions, load};
    use crate::pipeline::{Job, Questions, run};
    use crate::prompt::PromptLibrary;

    /// Twenty sections of 500 words, each with a number of its own.
    fn long() -> String {
        let section = |n: usize| {
            let filler =
                "The valley lay quiet under the morning sun while the people went about their work. ".repeat(32);
            format!(
                "## Station {n}\n\nStation {n} of the valley railway sold {} tickets in one year.\n\n{filler}\n",
                1_000 + n
            )
        };
        "# The valley railway and its stations\n\n".to_owned() + &(1..=20).map(section).collect::<String>()
    }

    #[test]
    fn all_of_a_long_article_is_read_in_pieces_that_fit() {
        let text = long();
        let article = load(text.as_bytes(), "long.md", &LoadOptions::default()).unwrap();
        assert!(article.word_count() > 9_000);
        let again =
            |when: &str, text: &str| Reply { when: when.into(), text: text.into(), again: true, ..Reply::default() };
        let mut replies = Vec::new();
        for n in 1..=20 {
            let question = format!("How many tickets did station {n} of the valley railway sell?");
            replies.push(again(
                &question,
                &format!("Station {n} of the valley railway sold {} tickets in one year.", 1_000 + n),
            ));
            replies.push(Reply {
                system: "natural question of a reader".into(),
                ..again(&format!("Station {n} of"), &question)
            });
        }
        replies.push(again("summary", "Station 1 of the valley railway sold 1,001 tickets in one year."));
        replies.push(again("", "Nothing."));
        let mut engine = ScriptedEngine::new(replies);
        let job = Job::new(Language::EN, Some(Questions::Exactly(6)), Some(SummaryLength::Short), Sampling::default());
        let prompts = PromptLibrary::builtin();
        let output = run(&mut engine, &prompts, &article, &job, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(output.coverage.words_read, article.word_count());
        assert!(output.coverage.pieces >= 2, "{:?}", output.coverage);
        let sentences: Vec<&str> = article.sentences().map(|sentence| article.slice(sentence.span)).collect();
        for sentence in sentences.iter().filter(|sentence| sentence.starts_with("Station")) {
            assert!(engine.requests.iter().any(|r| r.messages[1].content.contains(sentence)), "{sentence}");
        }
        let questions: Vec<_> = output.faq.unwrap().entries.into_iter().map(|e| e.question).collect();
        assert!(!questions.is_empty() && questions[0].starts_with("How many tickets"), "{questions:?}");
        assert!(output.summary.is_some());
        let longest = engine.requests.iter().map(|r| r.messages[1].content.split_whitespace().count()).max();
        assert!(longest < Some(6_400), "{longest:?}");
    }
}

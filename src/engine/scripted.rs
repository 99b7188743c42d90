//! An engine of canned replies, to run the whole program without weights.

use std::ops::ControlFlow;
use std::path::Path;

use serde::Deserialize;

use super::{
    Batch, Continuation, Drafts, Engine, Event, FinishReason, Generation, Likelihood, Prompt, Request, Stop,
    empty_prompt, proceed,
};
use crate::chat::{Message, Role};
use crate::content::ModelInfo;
use crate::error::{Error, ErrorKind, Result};

/// One canned reply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The reply is for a request whose last message of the user contains this text; empty fits every request.
    #[serde(default)]
    pub when: String,
    /// And whose standing instructions contain this.
    #[serde(default)]
    pub system: String,
    /// What the engine writes.
    #[serde(default)]
    pub text: String,
    /// Ends as if `max_tokens` were reached.
    #[serde(default)]
    pub truncated: bool,
    /// Fails with this message instead.
    #[serde(default)]
    pub error: Option<String>,
    /// The reply may be used again and again; it comes after those that may not.
    #[serde(default)]
    pub again: bool,
}

/// How probable a text is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Odds {
    /// They are for a text whose prompt (its last message of the user, or all of a plain one) contains this; empty fits
    /// every prompt.
    #[serde(default)]
    pub when: String,
    /// They are for a text that contains this; empty fits every text.
    #[serde(default)]
    pub text: String,
    /// The natural logarithm of the probability of each of its words.
    pub log_prob: f64,
}

/// What a probe reads of a text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// It is for a text whose prompt (its last message of the user, or all of a plain one) contains this; empty fits every
    /// prompt.
    #[serde(default)]
    pub when: String,
    /// It is for a text that contains this; empty fits every text.
    #[serde(default)]
    pub text: String,
    /// The grade, about 0 to 2.
    pub grade: f64,
}

/// Answers each request with the first reply that fits it and was not used yet (those that may be used again come last), and
/// each question for a probability with the first odds that fit it, however often they were used. Replies are given as they
/// are: what a script makes the model write need not fit the grammar of the request.
#[derive(Debug)]
pub struct ScriptedEngine {
    info: ModelInfo,
    replies: Vec<Option<Reply>>,
    odds: Vec<Odds>,
    grades: Vec<Grade>,
    /// Every request that was made, for tests to look at.
    pub requests: Vec<Request>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    #[serde(default = "default_context")]
    context_length: usize,
    #[serde(default)]
    reply: Vec<Reply>,
    #[serde(default)]
    odds: Vec<Odds>,
    #[serde(default)]
    grade: Vec<Grade>,
}

fn default_context() -> usize {
    32_768
}

impl ScriptedEngine {
    /// An engine with these replies and a context of 32,768 words.
    pub fn new(replies: Vec<Reply>) -> Self {
        Self::build(Script { context_length: default_context(), reply: replies, odds: Vec::new(), grade: Vec::new() })
    }

    /// The same engine with these odds for [`Engine::likelihood`].
    #[must_use]
    pub fn with_odds(mut self, odds: Vec<Odds>) -> Self {
        self.odds = odds;
        self
    }

    /// The same engine with a probe that reads the first of these grades that fits, and 1 where none does.
    #[must_use]
    pub fn with_grades(mut self, grades: Vec<Grade>) -> Self {
        self.grades = grades;
        self
    }

    /// What its probe reads of a text; nothing if it has none.
    fn appraisal(&self, asked: &str, text: &str) -> Option<f64> {
        let fits = |grade: &&Grade| asked.contains(&grade.when) && text.contains(&grade.text);
        (!self.grades.is_empty()).then(|| self.grades.iter().find(fits).map_or(1.0, |grade| grade.grade))
    }

    /// Reads a script: a TOML file with arrays of tables: `[[reply]]` of [`Reply`]s, `[[odds]]` of [`Odds`] and `[[grade]]` of
    /// [`Grade`]s.
    pub fn from_file(path: &Path) -> Result<Self> {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::new(ErrorKind::Io, "cannot read the script").at(&place).with_source(e))?;
        let script: Script = toml::from_str(&text)
            .map_err(|e| Error::new(ErrorKind::Config, "the script is not valid").at(&place).with_source(e))?;
        Ok(Self::build(script))
    }

    fn build(script: Script) -> Self {
        let info = ModelInfo {
            id: "scripted".to_owned(),
            sha256: None,
            architecture: "scripted".to_owned(),
            context_length: script.context_length,
            device: "none".to_owned(),
        };
        let replies = script.reply.into_iter().map(Some).collect();
        Self { info, replies, odds: script.odds, grades: script.grade, requests: Vec::new() }
    }

    fn reply_to(&mut self, request: &Request) -> Result<Reply> {
        let asked = last_of_user(&request.messages);
        let standing = request.messages.first().filter(|m| m.role == Role::System).map_or("", |m| m.content.as_str());
        let fits = |r: &Reply, again: bool| r.again == again && asked.contains(&r.when) && standing.contains(&r.system);
        if let Some(once) = self.replies.iter_mut().find(|r| r.as_ref().is_some_and(|r| fits(r, false))) {
            return Ok(once.take().unwrap_or_default());
        }
        self.replies
            .iter()
            .flatten()
            .find(|r| fits(r, true))
            .cloned()
            .ok_or_else(|| Error::new(ErrorKind::Inference, "the script has no reply left for this request"))
    }
}

/// What the user said last.
fn last_of_user(messages: &[Message]) -> &str {
    messages.iter().rfind(|m| m.role == Role::User).map_or("", |m| m.content.as_str())
}

/// What a prompt asks: what the user said last, or all of a plain one.
fn asked_by(prompt: &Prompt) -> &str {
    match prompt {
        Prompt::Chat(messages) => last_of_user(messages),
        Prompt::Plain(plain) => plain,
    }
}

/// Words stand for tokens.
fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

impl Engine for ScriptedEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> Result<usize> {
        Ok(words(text))
    }

    fn generate(
        &mut self,
        requests: &[Request],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Batch> {
        let cancelled = || Error::new(ErrorKind::Cancelled, "stopped");
        let mut generations = Vec::with_capacity(requests.len());
        for (index, request) in requests.iter().enumerate() {
            let prompt_tokens = request.messages.iter().map(|m| words(&m.content)).sum();
            super::check_context(prompt_tokens, request.max_tokens, self.info.context_length)?;
            self.requests.push(request.clone());
            let reply = self.reply_to(request)?;
            if let Some(message) = reply.error {
                return Err(Error::new(ErrorKind::Inference, message));
            }
            let end = |stop: &Stop| reply.text.match_indices(&stop.text).nth(stop.occurrence.saturating_sub(1));
            let end = request.stop.iter().filter_map(|s| Some(end(s)?.0)).min().unwrap_or(reply.text.len());
            let text = &reply.text[..end];
            let tokens = words(text);
            if on_event(Event::Text { request: index, text, tokens }).is_break() {
                return Err(cancelled());
            }
            if on_event(Event::Finished { request: index }).is_break() {
                return Err(cancelled());
            }
            generations.push(Generation {
                text: text.to_owned(),
                finish: if reply.truncated { FinishReason::Length } else { FinishReason::Stop },
                prompt_tokens,
                reused_tokens: 0,
                generated_tokens: tokens,
                log_prob: 0.0,
                appraisal: if end < reply.text.len() || reply.truncated {
                    None
                } else {
                    self.appraisal(last_of_user(&request.messages), text)
                },
            });
        }
        Ok(Batch { generations, prefill_seconds: 0.0, decode_seconds: 0.0, drafts: Drafts::default() })
    }

    fn has_probe(&self) -> bool {
        !self.grades.is_empty()
    }

    fn appraise(
        &mut self,
        continuations: &[Continuation],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f64>> {
        let mut read = Vec::with_capacity(continuations.len());
        for Continuation { prompt, text } in continuations {
            read.push(self.appraisal(asked_by(prompt), text).ok_or_else(super::no_probe)?);
            proceed(on_event(Event::Prefill { done: read.len(), total: continuations.len() }))?;
        }
        Ok(read)
    }

    fn likelihood(
        &mut self,
        continuations: &[Continuation],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Likelihood>> {
        let mut found = Vec::with_capacity(continuations.len());
        for Continuation { prompt, text } in continuations {
            let asked = asked_by(prompt);
            let prompt_tokens = match prompt {
                Prompt::Chat(messages) => messages.iter().map(|m| words(&m.content)).sum(),
                Prompt::Plain(plain) => words(plain),
            };
            if prompt_tokens == 0 {
                return Err(empty_prompt());
            }
            super::check_context(prompt_tokens, words(text), self.info.context_length)?;
            let fits = |odds: &&Odds| asked.contains(&odds.when) && text.contains(&odds.text);
            let log_prob = match self.odds.iter().find(fits) {
                Some(odds) => odds.log_prob,
                // A script that says nothing of odds agrees with whatever it is asked.
                None if self.odds.is_empty() => {
                    if text == "Yes" {
                        -0.05
                    } else {
                        -3.0
                    }
                }
                None => {
                    let message = format!("the script has no odds for the text `{text}`");
                    return Err(Error::new(ErrorKind::Inference, message));
                }
            };
            found.push(Likelihood { log_probs: vec![log_prob; words(text)] });
            if on_event(Event::Prefill { done: found.len(), total: continuations.len() }).is_break() {
                return Err(Error::new(ErrorKind::Cancelled, "stopped"));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Sampling;

    fn ask(content: &str) -> Request {
        Request {
            messages: vec![Message::user(content)],
            max_tokens: 10,
            sampling: Sampling::default(),
            stop: vec![Stop { text: "END".into(), occurrence: 1 }],
            grammar: None,
        }
    }

    fn reply(when: &str, text: &str) -> Reply {
        Reply { when: when.into(), text: text.into(), ..Reply::default() }
    }

    #[test]
    fn replies_are_matched_used_once_and_stopped() {
        let mut engine = ScriptedEngine::new(vec![reply("summary", "one"), reply("", "two END three")]);
        let batch = engine.generate(&[ask("anything"), ask("a summary")], &mut |_| ControlFlow::Continue(())).unwrap();
        let texts: Vec<_> = batch.generations.iter().map(|g| g.text.as_str()).collect();
        assert_eq!(texts, ["two ", "one"]);
        let error = engine.generate(&[ask("more")], &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(error.to_string().contains("no reply left"));
    }

    #[test]
    fn a_reply_may_be_used_again_after_those_that_may_not() {
        let again = Reply { again: true, ..reply("", "more") };
        let mut engine = ScriptedEngine::new(vec![again, reply("", "once")]);
        let batch = engine.generate(&[ask("a"), ask("b"), ask("c")], &mut |_| ControlFlow::Continue(())).unwrap();
        let texts: Vec<_> = batch.generations.iter().map(|g| g.text.as_str()).collect();
        assert_eq!(texts, ["once", "more", "more"]);
    }

    #[test]
    fn a_prompt_over_the_context_is_an_error_with_numbers() {
        let mut engine = ScriptedEngine::new(vec![reply("", "x")]);
        let long = "word ".repeat(32_760);
        let error = engine.generate(&[ask(&long)], &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ContextLength);
        assert!(error.to_string().contains("32760") && error.to_string().contains("32768"), "{error}");
    }

    #[test]
    fn the_callback_can_end_the_call() {
        let mut engine = ScriptedEngine::new(vec![reply("", "x")]);
        let error = engine.generate(&[ask("a")], &mut |_| ControlFlow::Break(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }

    #[test]
    fn odds_are_those_of_the_first_that_fit_prompt_and_text() {
        let odds = |when: &str, text: &str, log_prob| Odds { when: when.into(), text: text.into(), log_prob };
        let mut engine =
            ScriptedEngine::new(Vec::new()).with_odds(vec![odds("ferry", "2027", -0.5), odds("", "", -3.0)]);
        let ask = |prompt: Prompt, text: &str| Continuation { prompt, text: text.into() };
        let with = Prompt::Chat(vec![Message::user("The ferry sails in 2027.")]);
        let asked = [ask(with.clone(), "In 2027."), ask(Prompt::Plain("Fact:".into()), "In 2027."), ask(with, "Never")];
        for _ in 0..2 {
            let found = engine.likelihood(&asked, &mut |_| ControlFlow::Continue(())).unwrap();
            let found: Vec<_> = found.into_iter().map(|l| l.log_probs).collect();
            assert_eq!(found, [vec![-0.5; 2], vec![-3.0; 2], vec![-3.0]]);
        }
        let empty = [ask(Prompt::Plain(String::new()), "x")];
        let error = engine.likelihood(&empty, &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let error = engine.likelihood(&asked, &mut |_| ControlFlow::Break(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        let long = [ask(Prompt::Plain("word ".repeat(32_768)), "x")];
        let error = engine.likelihood(&long, &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ContextLength);
        let agrees = ScriptedEngine::new(Vec::new()).likelihood(&asked, &mut |_| ControlFlow::Continue(())).unwrap();
        assert!(agrees[0].total() < -1.0, "it agrees with whatever it is asked, by yes");
        let elsewhere = Odds { when: "nowhere".into(), text: String::new(), log_prob: -1.0 };
        let mut silent = ScriptedEngine::new(Vec::new()).with_odds(vec![elsewhere]);
        let error = silent.likelihood(&asked, &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(error.to_string().contains("no odds for the text `In 2027.`"), "{error}");
    }
}

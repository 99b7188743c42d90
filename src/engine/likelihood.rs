//! How probable a given text is to a model: what is asked, and what comes back.

use crate::chat::Message;

/// What stands before a text whose probability is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// A conversation in the markup of the model's chat template. The text is what the model would reply; if the last
    /// message is the assistant's, the text goes on with it.
    Chat(Vec<Message>),
    /// Text without any markup, as a base model reads it. It must not be empty, because nothing would say how probable
    /// the first token is. Prompt and text are cut into tokens apart, so the prompt should end, or the text begin,
    /// where a word begins.
    Plain(String),
}

/// A text and what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation {
    /// What stands before it.
    pub prompt: Prompt,
    /// The text itself, as it is: nothing is trimmed.
    pub text: String,
}

/// How probable a model finds a text, token by token. That the text ends where it does is not part of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Likelihood {
    /// The natural logarithm of the probability of each token, given the prompt and the tokens before it.
    pub log_probs: Vec<f64>,
}

impl Likelihood {
    /// The natural logarithm of the probability of the whole text; 0 for an empty one.
    pub fn total(&self) -> f64 {
        self.log_probs.iter().sum()
    }

    /// The mean over the tokens; `None` for an empty text.
    pub fn mean(&self) -> Option<f64> {
        (!self.log_probs.is_empty()).then(|| self.total() / self.log_probs.len() as f64)
    }

    /// The least probable token's; `None` for an empty text.
    pub fn min(&self) -> Option<f64> {
        self.log_probs.iter().copied().reduce(f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_means_and_least_are_those_of_the_tokens() {
        let of = |log_probs: &[f64]| Likelihood { log_probs: log_probs.to_vec() };
        let some = of(&[-1.0, -4.0, -1.0]);
        assert_eq!((some.total(), some.mean(), some.min()), (-6.0, Some(-2.0), Some(-4.0)));
        assert_eq!((of(&[]).total(), of(&[]).mean(), of(&[]).min()), (0.0, None, None));
    }
}

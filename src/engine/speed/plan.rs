//! What is to be measured.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// A part of a measurement that can be asked for alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Reading prompts.
    Prefill,
    /// Writing one text.
    Decode,
    /// Writing several texts over the same article.
    Batch,
    /// What a long article costs beside a short one.
    Long,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::Prefill, Self::Decode, Self::Batch, Self::Long];

    /// Its name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prefill => "prefill",
            Self::Decode => "decode",
            Self::Batch => "batch",
            Self::Long => "long",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Part {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|part| part.name() == s).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            Error::new(ErrorKind::Config, format!("unknown part `{s}`; known are {known}"))
        })
    }
}

/// Sizes of all measurements, in tokens, and how often each is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeedPlan {
    /// How often each is made; 1 at least.
    pub runs: usize,
    /// Lengths of prompts to read.
    pub prefill: Vec<usize>,
    /// What stands before the texts that are written.
    pub context: usize,
    /// Tokens that each text gets in a run.
    pub written: usize,
    /// Numbers of texts that are written together, over one shared context.
    pub sequences: Vec<usize>,
    /// A short and a long article.
    pub long: Option<(usize, usize)>,
}

impl Default for SpeedPlan {
    fn default() -> Self {
        Self {
            runs: 3,
            prefill: vec![512, 2048],
            context: 1024,
            written: 32,
            sequences: vec![1, 8],
            long: Some((1024, 8192)),
        }
    }
}

impl SpeedPlan {
    /// Everything on a small scale, once: it shows that the measurement works, and says little about the speed.
    pub fn quick() -> Self {
        Self { runs: 1, prefill: vec![32, 64], context: 32, written: 4, sequences: vec![1, 8], long: Some((32, 128)) }
    }

    /// The same with only these parts.
    #[must_use]
    pub fn only(mut self, parts: &[Part]) -> Self {
        if !parts.contains(&Part::Prefill) {
            self.prefill.clear();
        }
        self.sequences.retain(|n| parts.contains(if *n == 1 { &Part::Decode } else { &Part::Batch }));
        if !parts.contains(&Part::Long) {
            self.long = None;
        }
        self
    }

    /// How often the long article is read: it takes as long as all the rest together, and its many chunks make one run
    /// steadier than one of the others.
    pub(super) fn long_runs(&self) -> usize {
        self.runs.div_ceil(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_left_out_one_by_one() {
        let all = SpeedPlan::default();
        assert_eq!(all.clone().only(&Part::ALL), all);
        let decode = all.clone().only(&[Part::Decode]);
        assert_eq!((decode.prefill.len(), decode.sequences, decode.long), (0, vec![1], None));
        let rest = all.only(&[Part::Prefill, Part::Batch, Part::Long]);
        assert_eq!((rest.prefill.len(), rest.sequences, rest.long), (2, vec![8], Some((1024, 8192))));
    }

    #[test]
    fn parts_are_read_and_written_the_same() {
        for part in Part::ALL {
            assert_eq!(part.to_string().parse::<Part>().unwrap(), part);
        }
        let error = "prefil".parse::<Part>().unwrap_err();
        assert!(error.message().contains("known are prefill, decode, batch, long"), "{error}");
    }
}

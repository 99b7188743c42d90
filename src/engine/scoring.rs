//! The log-probabilities of given tokens behind a shared prefix, or the states of a layer there, several sequences a pass.

use std::collections::HashMap;

use super::decoder::{self, Decoder};
use super::kv::Sequence;
use super::probe::StateSum;
use crate::error::{Error, ErrorKind, Result};

/// Rows of a pass, but for a sequence that is longer alone, which takes several passes.
const PASS_ROWS: usize = 256;

/// Rows whose logits are there at the same time: a row of a large vocabulary has 600 KB.
const LOGIT_ROWS: usize = 32;

/// Tokens behind the shared prefix.
pub(super) struct Scored<'a> {
    /// The rest of the prompt: one token at least, behind which the first token of the text stands.
    pub(super) prompt: &'a [u32],
    /// The tokens that something is asked of.
    pub(super) text: &'a [u32],
}

/// The items by their prompts: a prompt that several have is computed once.
pub(super) struct Plan<'a> {
    groups: Vec<Group<'a>>,
}

struct Group<'a> {
    prompt: &'a [u32],
    /// Index and tokens of each text that is not empty.
    texts: Vec<(usize, &'a [u32])>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(items: &[Scored<'a>]) -> Self {
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut known: HashMap<&[u32], usize> = HashMap::new();
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.text.is_empty()) {
            let group = *known.entry(item.prompt).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Group { prompt: item.prompt, texts: Vec::new() });
            }
            groups[group].texts.push((index, item.text));
        }
        Self { groups }
    }

    /// Tokens that will be computed.
    pub(super) fn rows(&self) -> usize {
        let texts = |g: &Group<'_>| g.texts.iter().map(|(_, text)| g.split().1.len() + text.len() - 1).sum::<usize>();
        self.groups.iter().map(|g| g.split().0.len() + texts(g)).sum()
    }
}

impl<'a> Group<'a> {
    /// What is computed once for all texts of the group, and what each computes again: the last token at least.
    fn split(&self) -> (&'a [u32], &'a [u32]) {
        self.prompt.split_at(if self.texts.len() > 1 { self.prompt.len() - 1 } else { 0 })
    }
}

/// A sequence of a pass: what stands before it, its tokens, and the text among them.
struct Run<'a> {
    prefix: Sequence,
    prompt: &'a [u32],
    /// Nothing if only keys and values are wanted.
    text: &'a [u32],
    item: usize,
}

impl Run<'_> {
    /// Tokens that must be computed: what follows the last of a text is not asked for.
    fn rows(&self) -> usize {
        (self.prompt.len() + self.text.len()).saturating_sub(usize::from(!self.text.is_empty()))
    }

    fn token(&self, i: usize) -> u32 {
        if i < self.prompt.len() { self.prompt[i] } else { self.text[i - self.prompt.len()] }
    }

    /// The first row that something is asked of.
    fn first_wanted(&self) -> usize {
        if self.text.is_empty() { self.rows() } else { self.prompt.len() - 1 }
    }
}

/// A pass that is to be computed.
struct Pass<'a, 's> {
    sequences: &'a mut [&'s mut Sequence],
    tokens: &'a [&'a [u32]],
    /// The rows that something is asked of.
    wanted: &'a [u32],
    /// Item and next token of each of these.
    targets: &'a [(usize, u32)],
}

/// Computes a pass.
type Compute<'a> = dyn FnMut(Pass<'_, '_>) -> Result<()> + 'a;

/// Is told how many rows were computed.
pub(super) type Done<'a> = dyn FnMut(usize) -> Result<()> + 'a;

/// The natural log-probability of each token of each text, in the order of the items that the plan was made of. `done` is
/// told how many rows were computed.
pub(super) fn log_probs(
    decoder: &Decoder,
    prefix: &Sequence,
    items: usize,
    plan: &Plan<'_>,
    done: &mut Done<'_>,
) -> Result<Vec<Vec<f64>>> {
    let mut found = vec![Vec::new(); items];
    let mut compute = |Pass { sequences, tokens, wanted, targets }: Pass<'_, '_>| {
        if targets.is_empty() {
            return decoder.advance(sequences, tokens);
        }
        let hidden = decoder.hidden(sequences, tokens, wanted)?;
        for (part, targets) in targets.chunks(LOGIT_ROWS).enumerate() {
            let rows = hidden.narrow(0, part * LOGIT_ROWS, targets.len()).map_err(unreadable)?;
            let logits = decoder::numbers(&decoder.logits(&rows)?)?;
            for (row, &(item, token)) in logits.iter().zip(targets) {
                found[item].push(log_prob(row, token)?);
            }
        }
        Ok(())
    };
    run(prefix, plan, &mut compute, done)?;
    Ok(found)
}

/// What a layer gives, counted from 0, behind the last token of each prompt and all tokens of its text but the last. No layer
/// above it is computed, so the sequences lack these tokens there; none of them leaves this function.
pub(super) fn states(
    decoder: &Decoder,
    layer: usize,
    prefix: &Sequence,
    items: usize,
    plan: &Plan<'_>,
    done: &mut Done<'_>,
) -> Result<Vec<StateSum>> {
    let mut found = vec![StateSum::default(); items];
    let mut compute = |Pass { sequences, tokens, wanted, targets }: Pass<'_, '_>| {
        let states = decoder.states(layer, sequences, tokens, wanted)?;
        targets.iter().zip(states).for_each(|(&(item, _), state)| found[item].add(state));
        Ok(())
    };
    run(prefix, plan, &mut compute, done)?;
    Ok(found)
}

/// How many of those rows go into one pass; one at least.
fn fitting(rows: impl Iterator<Item = usize>) -> usize {
    let sums = rows.scan(0, |sum, rows| {
        *sum += rows;
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= PASS_ROWS).count().max(1)
}

/// Computes all items, what several have in common once.
fn run(prefix: &Sequence, plan: &Plan<'_>, compute: &mut Compute<'_>, done: &mut Done<'_>) -> Result<()> {
    let mut rest = plan.groups.as_slice();
    while !rest.is_empty() {
        let groups;
        (groups, rest) = rest.split_at(fitting(rest.iter().map(|group| group.split().0.len())));
        let heads: Vec<_> = groups
            .iter()
            .map(|group| Run { prefix: prefix.clone(), prompt: group.split().0, text: &[], item: 0 })
            .collect();
        let heads = self::pass(&heads, compute, done)?;
        let runs: Vec<_> = groups
            .iter()
            .zip(heads)
            .flat_map(|(group, prefix)| {
                let run = move |&(item, text)| Run { prefix: prefix.clone(), prompt: group.split().1, text, item };
                group.texts.iter().map(run)
            })
            .collect();
        let mut runs = runs.as_slice();
        while !runs.is_empty() {
            let pass;
            (pass, runs) = runs.split_at(fitting(runs.iter().map(Run::rows)));
            self::pass(pass, compute, done)?;
        }
    }
    Ok(())
}

/// Computes the runs together and gives their sequences. One that is alone may take several steps.
fn pass(runs: &[Run<'_>], compute: &mut Compute<'_>, done: &mut Done<'_>) -> Result<Vec<Sequence>> {
    let mut sequences: Vec<Sequence> = runs.iter().map(|run| run.prefix.clone()).collect();
    let longest = runs.iter().map(Run::rows).max().unwrap_or(0);
    for start in (0..longest).step_by(PASS_ROWS) {
        let (mut active, mut tokens) = (Vec::new(), Vec::new());
        let (mut wanted, mut targets, mut before) = (Vec::new(), Vec::new(), 0);
        for (run, sequence) in runs.iter().zip(&mut sequences) {
            let end = run.rows().min(start + PASS_ROWS);
            if start >= end {
                continue;
            }
            active.push(sequence);
            tokens.push((start..end).map(|at| run.token(at)).collect::<Vec<u32>>());
            for at in start.max(run.first_wanted())..end {
                wanted.push((before + at - start) as u32);
                targets.push((run.item, run.token(at + 1)));
            }
            before += end - start;
        }
        let tokens: Vec<&[u32]> = tokens.iter().map(Vec::as_slice).collect();
        compute(Pass { sequences: &mut active, tokens: &tokens, wanted: &wanted, targets: &targets })?;
        done(before)?;
    }
    Ok(sequences)
}

/// `logit[token] − ln Σ exp(logit)`, in double precision, with the largest logit taken out of the sum.
fn log_prob(logits: &[f32], token: u32) -> Result<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|l| f64::from(l - largest).exp()).sum();
    let found = logits.get(token as usize).map_or(f64::NAN, |l| f64::from(l - largest) - sum.ln());
    if found.is_finite() {
        return Ok(found);
    }
    Err(Error::new(ErrorKind::Inference, "the model computes no finite probability"))
}

fn unreadable(e: candle_core::Error) -> Error {
    Error::new(ErrorKind::Inference, "cannot read the logits").with_source(e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_probability_is_a_softmax_and_no_number_is_an_error() {
        let two = log_prob(&[1000.0, 1000.0], 1).unwrap();
        assert!((two + std::f64::consts::LN_2).abs() < 1e-12, "{two}");
        for (logits, token) in [(&[f32::NAN, 0.0][..], 0), (&[f32::NEG_INFINITY; 2], 0), (&[0.0], 7)] {
            assert_eq!(log_prob(logits, token).unwrap_err().kind(), ErrorKind::Inference);
        }
    }
}

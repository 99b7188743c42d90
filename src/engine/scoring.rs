//! The log-probabilities of given tokens behind a shared prefix, several sequences a pass.

use super::decoder::Decoder;
use super::kv::{KvBlock, Prefix, Sequence};
use crate::error::{Error, ErrorKind, Result};

/// Rows of a pass, but for a sequence that is longer alone, which takes several passes.
const PASS_ROWS: usize = 256;

/// Rows whose logits are there at the same time: a row of a large vocabulary has 600 KB.
const LOGIT_ROWS: usize = 32;

/// Tokens behind the shared prefix.
pub(super) struct Scored<'a> {
    /// The rest of the prompt: one token at least, from which the first probability comes.
    pub(super) prompt: &'a [u32],
    /// The tokens whose probabilities are asked for.
    pub(super) text: &'a [u32],
}

impl Scored<'_> {
    /// Tokens that must be computed: the last one's successor is not asked for.
    pub(super) fn rows(&self) -> usize {
        if self.text.is_empty() { 0 } else { self.prompt.len() + self.text.len() - 1 }
    }

    /// Token `i` of prompt and text.
    fn token(&self, i: usize) -> u32 {
        if i < self.prompt.len() { self.prompt[i] } else { self.text[i - self.prompt.len()] }
    }
}

/// The natural log-probability of each token of each text, in their order. `done` is told how many rows were computed.
pub(super) fn log_probs(
    decoder: &Decoder,
    prefix: &Prefix,
    items: &[Scored<'_>],
    done: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Vec<Vec<f64>>> {
    let mut found: Vec<Vec<f64>> = items.iter().map(|item| Vec::with_capacity(item.text.len())).collect();
    let asked: Vec<usize> = (0..items.len()).filter(|&i| items[i].rows() > 0).collect();
    let mut rest = asked.as_slice();
    while !rest.is_empty() {
        let mut rows = 0;
        let fit = rest.iter().take_while(|&&i| {
            rows += items[i].rows();
            rows <= PASS_ROWS
        });
        let (group, later) = rest.split_at(fit.count().max(1));
        rest = later;
        let mut sequences = group
            .iter()
            .map(|&i| {
                let own = KvBlock::new(decoder.config.kv_shape(), items[i].rows(), &decoder.device)
                    .map_err(|e| Error::new(ErrorKind::Inference, "no memory for the KV cache").with_source(e))?;
                Ok(Sequence::new(prefix.clone(), own))
            })
            .collect::<Result<Vec<_>>>()?;
        // Several sequences fit one pass; only one that is alone can be longer.
        let longest = group.iter().map(|&i| items[i].rows()).max().unwrap_or(0);
        for start in (0..longest).step_by(PASS_ROWS) {
            let mut tokens = Vec::with_capacity(group.len());
            let (mut wanted, mut targets, mut before) = (Vec::new(), Vec::new(), 0);
            for &i in group {
                let item = &items[i];
                let end = item.rows().min(start + PASS_ROWS);
                tokens.push((start..end).map(|at| item.token(at)).collect::<Vec<u32>>());
                for at in start.max(item.prompt.len() - 1)..end {
                    wanted.push((before + at - start) as u32);
                    targets.push((i, item.token(at + 1)));
                }
                before += end - start;
            }
            let tokens: Vec<&[u32]> = tokens.iter().map(Vec::as_slice).collect();
            let mut sequences: Vec<&mut Sequence> = sequences.iter_mut().collect();
            let hidden = decoder.hidden(&mut sequences, &tokens, &wanted)?;
            for (part, targets) in targets.chunks(LOGIT_ROWS).enumerate() {
                let rows = hidden.narrow(0, part * LOGIT_ROWS, targets.len()).map_err(unreadable)?;
                let logits: Vec<Vec<f32>> = decoder.logits(&rows)?.to_vec2().map_err(unreadable)?;
                for (row, &(item, token)) in logits.iter().zip(targets) {
                    found[item].push(log_prob(row, token)?);
                }
            }
            done(before)?;
        }
    }
    Ok(found)
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

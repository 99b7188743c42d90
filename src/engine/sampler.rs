//! Choosing the next token from the logits.

use std::cmp::Ordering;
use std::collections::HashSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::{Sampling, kernels};

/// The stream of random numbers for what follows a prompt: what else is written in the same call does not change it, and
/// asking for the same `repeat` times before gives another one. The hash is FNV-1a (Fowler, Noll, Vo 1991) over tokens.
pub(super) fn stream(prompt: &[u32], repeat: usize) -> u64 {
    let mix = |hash: u64, value: u64| (hash ^ value).wrapping_mul(0x0000_0100_0000_01b3);
    let all = prompt.iter().map(|token| u64::from(*token)).chain([repeat as u64]);
    all.fold(0xcbf2_9ce4_8422_2325, mix)
}

/// The sampler of one generation, with its own random numbers.
#[derive(Debug, Clone)]
pub(super) struct Sampler {
    settings: Sampling,
    rng: ChaCha12Rng,
    seen: HashSet<u32>,
}

impl Sampler {
    /// `stream` keeps generations apart: the same seed gives each its own numbers.
    pub(super) fn new(settings: Sampling, stream: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(settings.seed);
        rng.set_stream(stream);
        Self { settings, rng, seen: HashSet::new() }
    }

    /// Chooses a token; `logits` (one a token of the vocabulary) are changed in place.
    pub(super) fn next(&mut self, logits: &mut [f32]) -> u32 {
        self.penalize(logits);
        let token = if self.settings.temperature <= 0.0 { argmax(logits) } else { self.draw(logits) };
        self.seen.insert(token);
        token
    }

    /// Repetition penalty as in CTRL (Keskar et al. 2019, section 4.1), for tokens already written.
    fn penalize(&self, logits: &mut [f32]) {
        let penalty = self.settings.repetition_penalty;
        if penalty == 1.0 {
            return;
        }
        for &token in &self.seen {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }

    /// Temperature, then top-k, then top-p (Holtzman et al. 2020), then min-p (Nguyen et al. 2024).
    fn draw(&mut self, logits: &[f32]) -> u32 {
        let Sampling { temperature, top_k, top_p, min_p, .. } = self.settings;
        let best = logits[argmax(logits) as usize];
        let mut ranked: Vec<u32> = Vec::new();
        let total = if top_k == 0 || top_k >= logits.len() {
            let total = f64::from(kernels::sum_of_exponentials(logits, best, 1.0 / temperature));
            // Nearly all of the probability is with few tokens, so the others need not be ranked.
            let least = best - RANKED * temperature;
            ranked.extend((0..logits.len() as u32).filter(|t| logits[*t as usize] >= least));
            let mass: f64 = ranked.iter().map(|t| weight(logits[*t as usize], best, temperature)).sum();
            if mass < f64::from(top_p) * total {
                ranked = (0..logits.len() as u32).collect();
            }
            Some(total)
        } else {
            ranked.extend(0..logits.len() as u32);
            ranked.select_nth_unstable_by(top_k - 1, |a, b| by_logit(logits, *a, *b));
            ranked.truncate(top_k);
            None
        };
        ranked.sort_unstable_by(|a, b| by_logit(logits, *a, *b));
        let weights: Vec<f64> = ranked.iter().map(|&t| weight(logits[t as usize], best, temperature)).collect();
        let total = total.unwrap_or_else(|| weights.iter().sum());
        let mut kept = 0;
        let mut mass = 0.0;
        for weight in &weights {
            // The most probable token has weight 1, so the weight is its ratio to the best.
            if kept > 0 && (mass / total >= f64::from(top_p) || *weight < f64::from(min_p)) {
                break;
            }
            mass += weight;
            kept += 1;
        }
        let mut rest = self.rng.random::<f64>() * mass;
        for (token, weight) in ranked.iter().zip(&weights[..kept]) {
            rest -= weight;
            if rest <= 0.0 {
                return *token;
            }
        }
        ranked[kept - 1]
    }
}

/// The natural logarithm of the probability of a token at temperature 1, to about six digits: there is one for each token
/// that is written, so it has to cost nothing beside a step of the model.
pub(super) fn log_prob(logits: &[f32], token: u32) -> f64 {
    let best = kernels::largest(logits);
    f64::from(logits[token as usize] - best) - f64::from(kernels::sum_of_exponentials(logits, best, 1.0)).ln()
}

/// Tokens are ranked whose logits, divided by the temperature, lie within this of the best one's.
const RANKED: f32 = 12.0;

/// How probable a token is beside the best one.
fn weight(logit: f32, best: f32, temperature: f32) -> f64 {
    f64::from((logit - best) / temperature).exp()
}

/// The more probable first, then the first in the vocabulary.
fn by_logit(logits: &[f32], a: u32, b: u32) -> Ordering {
    descending(logits[a as usize], logits[b as usize]).then(a.cmp(&b))
}

/// Larger first; not-a-number last.
fn descending(a: f32, b: f32) -> Ordering {
    b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The first of the largest; not-a-number is no candidate.
fn argmax(logits: &[f32]) -> u32 {
    let largest = kernels::largest(logits);
    logits.iter().position(|l| *l == largest).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_probability_is_that_of_the_softmax() {
        let logits: Vec<f32> = (0..300).map(|i| (i % 17) as f32 - 0.1 * i as f32).collect();
        let sum: f64 = logits.iter().map(|l| f64::from(*l).exp()).sum();
        for token in [0, 16, 299] {
            let expected = f64::from(logits[token as usize]) - sum.ln();
            assert!((log_prob(&logits, token) - expected).abs() < 1e-4, "{token}");
        }
        let masked = [f32::NEG_INFINITY, 2.0, f32::NEG_INFINITY];
        assert_eq!(log_prob(&masked, 1), 0.0);
    }

    fn draws(settings: Sampling, stream: u64, logits: &[f32], n: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(settings, stream);
        (0..n).map(|_| sampler.next(&mut logits.to_vec())).collect()
    }

    const LOGITS: [f32; 5] = [1.0, 4.0, 3.0, f32::NEG_INFINITY, 2.0];

    #[test]
    fn greedy_takes_the_largest_and_ignores_nan() {
        assert_eq!(draws(Sampling::default(), 0, &LOGITS, 3), [1, 1, 1]);
        assert_eq!(draws(Sampling::default(), 0, &[f32::NAN, 0.5, f32::NAN], 1), [1]);
    }

    #[test]
    fn the_same_seed_gives_the_same_draws_and_streams_differ() {
        let settings = Sampling { temperature: 1.0, seed: 7, ..Sampling::default() };
        let first = draws(settings, 0, &LOGITS, 40);
        assert_eq!(first, draws(settings, 0, &LOGITS, 40));
        assert_ne!(first, draws(settings, 1, &LOGITS, 40));
        assert!(!first.contains(&3), "an impossible token was drawn");
    }

    #[test]
    fn the_stream_depends_on_the_prompt_and_on_repeats() {
        let streams =
            [stream(&[1, 2], 0), stream(&[2, 1], 0), stream(&[1, 2], 1), stream(&[1, 2, 0], 0), stream(&[], 0)];
        assert_eq!(streams.iter().collect::<HashSet<_>>().len(), streams.len(), "{streams:?}");
    }

    #[test]
    fn frequencies_follow_the_softmax() {
        let settings = Sampling { temperature: 2.0, seed: 1, ..Sampling::default() };
        let n = 20_000;
        let drawn = draws(settings, 0, &LOGITS, n);
        let weights: Vec<f64> = LOGITS.iter().map(|l| f64::from(l / 2.0).exp()).collect();
        let total: f64 = weights.iter().sum();
        for (token, weight) in weights.iter().enumerate() {
            let share = drawn.iter().filter(|t| **t as usize == token).count() as f64 / n as f64;
            assert!((share - weight / total).abs() < 0.012, "token {token}: {share} against {}", weight / total);
        }
    }

    #[test]
    fn top_k_top_p_and_min_p_cut_the_tail() {
        let base = Sampling { temperature: 1.0, seed: 3, ..Sampling::default() };
        let kinds = |s| draws(s, 0, &LOGITS, 400).into_iter().collect::<HashSet<_>>();
        assert_eq!(kinds(Sampling { top_k: 2, ..base }), HashSet::from([1, 2]));
        // Probabilities are 0.644, 0.237, 0.087, 0.032.
        assert_eq!(kinds(Sampling { top_p: 0.6, ..base }), HashSet::from([1]));
        assert_eq!(kinds(Sampling { top_p: 0.7, ..base }), HashSet::from([1, 2]));
        // Ratios to the best are 1, 0.368, 0.135, 0.050.
        assert_eq!(kinds(Sampling { min_p: 0.1, ..base }), HashSet::from([1, 2, 4]));
    }

    #[test]
    fn the_penalty_moves_greedy_on_to_another_token() {
        let settings = Sampling { repetition_penalty: 2.0, ..Sampling::default() };
        assert_eq!(draws(settings, 0, &[4.0, 3.0, -1.0], 3), [0, 1, 0]);
    }
}

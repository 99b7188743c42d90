//! Resampling: an interval around a mean, and whether one system is better than another on the same documents.
//!
//! Efron, "Bootstrap Methods: Another Look at the Jackknife" (1979); Koehn, "Statistical Significance Tests for Machine
//! Translation Evaluation" (2004); Riezler and Maxwell, "On Some Pitfalls in Automatic Evaluation" (2005).

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::Serialize;

use crate::metrics::mean;

/// A mean with the range in which it lies with the confidence that was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Interval {
    /// The mean of the sample.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Two systems on the same documents; `a` above `b` gives a difference above 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// Mean of `a` less mean of `b`, with its bootstrap interval.
    pub difference: Interval,
    /// The share of resampled sets of documents on which the system that is better on the sample is not (paired
    /// bootstrap, one-sided); 1 where the means are equal.
    pub bootstrap_p: f64,
    /// How probable a difference this large is if the labels of the systems mean nothing (paired approximate
    /// randomization, two-sided).
    pub randomization_p: f64,
    /// Documents.
    pub documents: usize,
}

/// The percentile bootstrap interval of a mean: the middle `confidence` (0.95, say) of the means of `rounds` samples
/// drawn with replacement. An empty sample gives 0, one value an interval of no width.
pub fn bootstrap_interval(values: &[f64], confidence: f64, rounds: usize, seed: u64) -> Interval {
    let mean = mean(values.iter().copied());
    if values.is_empty() || rounds == 0 {
        return Interval { mean, low: mean, high: mean };
    }
    interval(mean, resampled_means(values, rounds, seed), confidence)
}

/// Compares two systems by their values on the same documents, in the same order; `None` where there are none or the
/// lengths differ.
pub fn compare(a: &[f64], b: &[f64], confidence: f64, rounds: usize, seed: u64) -> Option<Comparison> {
    if a.is_empty() || a.len() != b.len() || rounds == 0 {
        return None;
    }
    let differences: Vec<_> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let observed = mean(differences.iter().copied());
    let means = resampled_means(&differences, rounds, seed);
    let lost = means.iter().filter(|mean| **mean * observed <= 0.0).count();
    let mut rng = ChaCha12Rng::seed_from_u64(seed.wrapping_add(1));
    // Rounding must not make a tie of the observed difference with itself a loss.
    let least = observed.abs() - 1e-12;
    let as_large = (0..rounds).filter(|_| flipped_mean(&differences, &mut rng).abs() >= least).count();
    Some(Comparison {
        difference: interval(observed, means, confidence),
        bootstrap_p: if observed == 0.0 { 1.0 } else { lost as f64 / rounds as f64 },
        randomization_p: (as_large + 1) as f64 / (rounds + 1) as f64,
        documents: differences.len(),
    })
}

/// The percentile of sorted values, from 0 to 100, linear between neighbours as `numpy.percentile` has it; 0 of nothing.
pub fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = (percent / 100.0).clamp(0.0, 1.0) * last as f64;
    let (below, part) = (at.floor() as usize, at.fract());
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * part
}

fn interval(mean: f64, mut means: Vec<f64>, confidence: f64) -> Interval {
    means.sort_unstable_by(f64::total_cmp);
    let tail = 50.0 * (1.0 - confidence.clamp(0.0, 1.0));
    Interval { mean, low: percentile(&means, tail), high: percentile(&means, 100.0 - tail) }
}

fn resampled_means(values: &[f64], rounds: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let mut draw = || mean((0..values.len()).map(|_| values[rng.random_range(0..values.len())]));
    (0..rounds).map(|_| draw()).collect()
}

/// The mean difference after the labels of the systems were swapped for a random half of the documents.
fn flipped_mean(differences: &[f64], rng: &mut impl Rng) -> f64 {
    mean(differences.iter().map(|difference| if rng.random::<bool>() { *difference } else { -difference }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDS: usize = 2000;

    #[test]
    fn an_interval_holds_the_mean_and_narrows_with_more_values() {
        let few: Vec<_> = (0..20).map(|i| f64::from(i % 5)).collect();
        let many: Vec<_> = (0..500).map(|i| f64::from(i % 5)).collect();
        let (few, many) = (bootstrap_interval(&few, 0.95, ROUNDS, 1), bootstrap_interval(&many, 0.95, ROUNDS, 1));
        assert_eq!((few.mean, many.mean), (2.0, 2.0));
        assert!(few.low < 2.0 && few.high > 2.0 && many.high - many.low < (few.high - few.low) / 3.0);
        // The normal approximation: 1.96 · √2 / √500.
        assert!((many.high - many.mean - 0.124).abs() < 0.02, "{many:?}");
        let values: Vec<_> = (0..20).map(f64::from).collect();
        assert_eq!(bootstrap_interval(&values, 0.95, 50, 3), bootstrap_interval(&values, 0.95, 50, 3));
        assert_ne!(bootstrap_interval(&values, 0.95, 50, 3), bootstrap_interval(&values, 0.95, 50, 4));
    }

    #[test]
    fn a_clear_difference_is_significant_and_noise_is_not() {
        let a: Vec<_> = (0..60).map(|i| f64::from(i * 7 % 11) / 10.0).collect();
        let better: Vec<_> = a.iter().enumerate().map(|(i, a)| a + if i % 3 == 0 { -0.05 } else { 0.15 }).collect();
        let found = compare(&better, &a, 0.95, ROUNDS, 5).unwrap();
        assert!(found.difference.low > 0.0 && found.bootstrap_p < 0.01 && found.randomization_p < 0.01, "{found:?}");
        let noise: Vec<_> = a.iter().enumerate().map(|(i, a)| a + if i % 2 == 0 { 0.1 } else { -0.1 }).collect();
        let found = compare(&noise, &a, 0.95, ROUNDS, 5).unwrap();
        assert!(found.randomization_p > 0.5 && found.difference.low < 0.0 && found.difference.high > 0.0);
        let same = compare(&a, &a, 0.95, ROUNDS, 5).unwrap();
        assert_eq!((same.bootstrap_p, same.randomization_p, same.difference), (1.0, 1.0, Interval::default()));
    }

    #[test]
    fn few_documents_prove_nothing() {
        // With three documents one swap of labels in four is as extreme.
        let found = compare(&[1.0, 1.0, 1.0], &[0.0, 0.0, 0.0], 0.95, 4000, 2).unwrap();
        assert!((found.randomization_p - 0.25).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn nothing_has_no_interval() {
        assert_eq!(bootstrap_interval(&[], 0.95, 10, 0), Interval::default());
        assert_eq!(bootstrap_interval(&[2.0], 0.95, 10, 0), Interval { mean: 2.0, low: 2.0, high: 2.0 });
        assert_eq!(compare(&[], &[], 0.95, 10, 0), None);
        assert_eq!(compare(&[1.0], &[], 0.95, 10, 0), None);
        assert_eq!(percentile(&[], 50.0), 0.0);
        assert_eq!(percentile(&[1.0, 2.0, 4.0], 75.0), 3.0);
    }
}

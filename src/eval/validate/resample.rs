//! Bootstrap intervals of correlations.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::Serialize;

use crate::eval::summary::{CONFIDENCE, SEED};
use crate::metrics::stats::percentile;

/// Samples that are drawn; Kendall's τ of each takes time in the square of the sample.
const ROUNDS: usize = 1_000;

/// A statistic of two lists; `None` where it is not defined.
pub(super) type Statistic<'a> = &'a dyn Fn(&[f64], &[f64]) -> Option<f64>;

/// A statistic with its 95 % bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// Of the sample.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Estimate {
    /// The statistic of two lists of the same length, and the middle of what it is on resampled pairs.
    pub(super) fn of(x: &[f64], y: &[f64], statistic: Statistic<'_>) -> Option<Self> {
        let value = statistic(x, y)?;
        let mut rng = ChaCha12Rng::seed_from_u64(SEED);
        let mut draw = || {
            let picked: Vec<_> = (0..x.len()).map(|_| rng.random_range(0..x.len())).collect();
            let of = |list: &[f64]| picked.iter().map(|i| list[*i]).collect::<Vec<_>>();
            statistic(&of(x), &of(y))
        };
        let mut drawn: Vec<_> = (0..ROUNDS).filter_map(|_| draw()).collect();
        drawn.sort_unstable_by(f64::total_cmp);
        let tail = 50.0 * (1.0 - CONFIDENCE);
        if drawn.is_empty() {
            return None;
        }
        Some(Self { value, low: percentile(&drawn, tail), high: percentile(&drawn, 100.0 - tail) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::stats::spearman;

    #[test]
    fn the_interval_holds_the_statistic_and_narrows_with_the_sample() {
        let lists = |n: usize| -> (Vec<f64>, Vec<f64>) {
            (0..n).map(|i| (i as f64, i as f64 + if i % 3 == 0 { 15.0 } else { 0.0 })).unzip()
        };
        let width = |n: usize| {
            let (x, y) = lists(n);
            let estimate = Estimate::of(&x, &y, &spearman).unwrap();
            assert!(estimate.low < estimate.value && estimate.value < estimate.high, "{estimate:?}");
            assert_eq!(Some(estimate), Estimate::of(&x, &y, &spearman), "the seed is fixed");
            estimate.high - estimate.low
        };
        assert!(width(20) > width(80));
        assert_eq!(Estimate::of(&[1.0, 1.0], &[1.0, 2.0], &spearman), None);
    }
}

//! Logistic regression with a ridge penalty, cross-validated by groups.

use faqtory::metrics::stats::{auc, percentile};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Weight of the squared weights of standardized features.
const PENALTY: f64 = 1.0;
const STEPS: usize = 30;
const FOLDS: usize = 10;
/// Splits into folds, the mean of which is taken.
const SPLITS: u64 = 5;
const ROUNDS: u64 = 1_000;

/// Something that people judged.
pub(crate) struct Sample {
    /// What is never parted between training and testing: an article.
    pub(crate) group: usize,
    pub(crate) features: Vec<f64>,
    pub(crate) is_right: bool,
}

/// `p = 1 / (1 + e^−(bias + Σ wᵢ xᵢ))`.
#[derive(Debug)]
pub(crate) struct Weights {
    pub(crate) bias: f64,
    pub(crate) weights: Vec<f64>,
}

impl Weights {
    pub(crate) fn probability(&self, features: &[f64]) -> f64 {
        let sum: f64 = self.weights.iter().zip(features).map(|(w, x)| w * x).sum();
        1.0 / (1.0 + (-self.bias - sum).exp())
    }
}

/// Newton's method on the penalized likelihood. The penalty is of standardized features, the weights of plain ones.
pub(crate) fn fit(samples: &[&Sample]) -> Weights {
    let (count, n) = (samples.first().map_or(0, |s| s.features.len()), samples.len().max(1) as f64);
    let mean = |i: usize| samples.iter().map(|s| s.features[i]).sum::<f64>() / n;
    let means: Vec<f64> = (0..count).map(mean).collect();
    let spread =
        |i: usize| (samples.iter().map(|s| (s.features[i] - means[i]).powi(2)).sum::<f64>() / n).sqrt().max(1e-9);
    let spreads: Vec<f64> = (0..count).map(spread).collect();
    // The last column is the bias.
    let rows: Vec<Vec<f64>> = samples
        .iter()
        .map(|s| (0..count).map(|i| (s.features[i] - means[i]) / spreads[i]).chain([1.0]).collect())
        .collect();
    let mut weights = vec![0.0; count + 1];
    for _ in 0..STEPS {
        let mut gradient: Vec<f64> = (0..=count).map(|i| if i < count { -PENALTY * weights[i] } else { 0.0 }).collect();
        let mut hessian = vec![vec![0.0; count + 1]; count + 1];
        (0..count).for_each(|i| hessian[i][i] = PENALTY);
        for (row, sample) in rows.iter().zip(samples) {
            let sum: f64 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
            let p = 1.0 / (1.0 + (-sum).exp());
            for i in 0..=count {
                gradient[i] += (f64::from(u8::from(sample.is_right)) - p) * row[i];
                (0..=count).for_each(|j| hessian[i][j] += p * (1.0 - p) * row[i] * row[j]);
            }
        }
        (0..=count).for_each(|i| hessian[i][i] += 1e-9);
        weights.iter_mut().zip(solve(hessian, gradient)).for_each(|(w, step)| *w += step);
    }
    let plain: Vec<f64> = (0..count).map(|i| weights[i] / spreads[i]).collect();
    let bias = weights[count] - plain.iter().zip(&means).map(|(w, m)| w * m).sum::<f64>();
    Weights { bias, weights: plain }
}

/// Gaussian elimination with pivots.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for column in 0..n {
        let pivot =
            (column..n).max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs())).unwrap_or(column);
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..n {
            let factor = matrix[row][column] / matrix[column][column];
            (column..n).for_each(|i| matrix[row][i] -= factor * matrix[column][i]);
            right[row] -= factor * right[column];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|i| matrix[row][i] * right[i]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

/// The probability of each sample by weights that were fitted without its group.
pub(crate) fn cross_validated(samples: &[Sample]) -> Vec<f64> {
    let mut groups: Vec<usize> = samples.iter().map(|s| s.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut sums = vec![0.0; samples.len()];
    for split in 0..SPLITS {
        groups.shuffle(&mut ChaCha12Rng::seed_from_u64(split));
        for fold in 0..FOLDS {
            let out: Vec<usize> = groups.iter().copied().skip(fold).step_by(FOLDS).collect();
            let training: Vec<_> = samples.iter().filter(|s| !out.contains(&s.group)).collect();
            let weights = fit(&training);
            for (sum, sample) in sums.iter_mut().zip(samples).filter(|(_, s)| out.contains(&s.group)) {
                *sum += weights.probability(&sample.features) / SPLITS as f64;
            }
        }
    }
    sums
}

/// The area under the ROC curve with its 95 % bootstrap interval over groups, as text.
pub(crate) fn area(samples: &[Sample], scores: &[f64], chosen: impl Fn(usize) -> bool) -> String {
    let chosen: Vec<usize> = (0..samples.len()).filter(|&i| chosen(i)).collect();
    let of = |indexes: &[usize]| {
        let values: Vec<_> = indexes.iter().map(|&i| scores[i]).collect();
        let right: Vec<_> = indexes.iter().map(|&i| samples[i].is_right).collect();
        auc(&values, &right)
    };
    let Some(all) = of(&chosen) else { return "–".to_owned() };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &i in &chosen {
        match groups.iter_mut().find(|g| samples[g[0]].group == samples[i].group) {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    let mut rng = ChaCha12Rng::seed_from_u64(0);
    let drawn = (0..ROUNDS).filter_map(|_| {
        let drawn: Vec<usize> = groups.iter().flat_map(|_| groups[rng.random_range(0..groups.len())].clone()).collect();
        of(&drawn)
    });
    let mut areas: Vec<f64> = drawn.collect();
    areas.sort_by(f64::total_cmp);
    let (low, high) = (percentile(&areas, 2.5), percentile(&areas, 97.5));
    format!("{all:.3} [{low:.3}, {high:.3}] (n {})", chosen.len())
}

//! How far two lists of numbers go together; what is not defined, as with constant or empty lists, is `None`.
//!
//! Lists of different lengths, and lists with a value that is no number, have no correlation either.

use std::cmp::Ordering;

use crate::metrics::mean;

/// Pearson's r, the linear correlation.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    if !are_comparable(x, y) {
        return None;
    }
    let centred = |values: &[f64]| {
        let mean = mean(values.iter().copied());
        values.iter().map(|value| value - mean).collect::<Vec<_>>()
    };
    let (dx, dy) = (centred(x), centred(y));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let norm = product(&dx, &dx).sqrt() * product(&dy, &dy).sqrt();
    (norm > 0.0).then(|| (product(&dx, &dy) / norm).clamp(-1.0, 1.0))
}

/// Spearman's ρ: Pearson's r of the ranks; ties share their mean rank.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if are_comparable(x, y) { pearson(&ranks(x), &ranks(y)) } else { None }
}

/// Kendall's τ-b: concordant less discordant pairs over the pairs that are not tied, corrected for ties on each side
/// (Kendall, "The treatment of ties in ranking problems", 1945). Time is the square of the length.
pub fn kendall_tau_b(x: &[f64], y: &[f64]) -> Option<f64> {
    if !are_comparable(x, y) {
        return None;
    }
    let (mut balance, mut untied_x, mut untied_y) = (0i64, 0u64, 0u64);
    for i in 0..x.len() {
        for j in 0..i {
            let (dx, dy) = (x[i].total_cmp(&x[j]), y[i].total_cmp(&y[j]));
            let (dx, dy) =
                (if x[i] == x[j] { Ordering::Equal } else { dx }, if y[i] == y[j] { Ordering::Equal } else { dy });
            balance += dx as i64 * dy as i64;
            untied_x += u64::from(dx.is_ne());
            untied_y += u64::from(dy.is_ne());
        }
    }
    let pairs = (untied_x as f64).sqrt() * (untied_y as f64).sqrt();
    (pairs > 0.0).then(|| (balance as f64 / pairs).clamp(-1.0, 1.0))
}

/// The area under the ROC curve: how often a positive has a higher score than a negative, a tie counting half.
/// `None` without positives or without negatives.
pub fn auc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    if scores.len() != positive.len() || scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let (positives, all) = (positive.iter().filter(|p| **p).count() as f64, scores.len() as f64);
    let ranks = ranks(scores);
    let sum: f64 = ranks.iter().zip(positive).filter(|(_, positive)| **positive).map(|(rank, _)| rank).sum();
    let pairs = positives * (all - positives);
    (pairs > 0.0).then(|| (sum - positives * (positives + 1.0) / 2.0) / pairs)
}

/// The rank of each value from 1; equal values share their mean rank.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<_> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = first as f64 + (tied.len() + 1) as f64 / 2.0;
        tied.iter().for_each(|index| ranks[*index] = rank);
        first += tied.len();
    }
    ranks
}

fn are_comparable(x: &[f64], y: &[f64]) -> bool {
    x.len() == y.len() && x.iter().chain(y).all(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_reverse_order() {
        let (x, y) = ([1.0, 2.0, 3.0, 10.0], [2.0, 4.0, 5.0, 7.0]);
        let back: Vec<_> = y.iter().map(|y| -y).collect();
        assert_eq!((kendall_tau_b(&x, &y), kendall_tau_b(&x, &back)), (Some(1.0), Some(-1.0)));
        assert_eq!(spearman(&x, &y).map(|r| (r * 1e9).round()), Some(1e9));
        assert!(pearson(&x, &y).is_some_and(|r| r > 0.8 && r < 1.0));
    }

    #[test]
    fn ties_share_their_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 0.0, -0.0]), [4.5, 3.0, 4.5, 1.5, 1.5]);
        assert_eq!(auc(&[1.0, 1.0], &[true, false]), Some(0.5));
        assert_eq!(auc(&[0.9, 0.2, 0.4], &[true, false, true]), Some(1.0));
    }

    #[test]
    fn what_is_not_defined_is_none() {
        assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(kendall_tau_b(&[], &[]), None);
        assert_eq!(kendall_tau_b(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[f64::NAN, 1.0], &[1.0, 2.0]), None);
        assert_eq!(auc(&[1.0], &[true]), None);
        assert_eq!(auc(&[], &[]), None);
    }
}

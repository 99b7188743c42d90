//! What several runs of the same measurement say together.

use serde::{Deserialize, Serialize};

/// The median of some measured values and how far they lie apart. The median, because a run that something else on the
/// machine disturbed says nothing about the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The middle value, or the mean of the two middle ones.
    pub median: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// How many values there are.
    pub runs: usize,
}

impl Spread {
    /// Of these values, in any order; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let (below, above) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Some(Self { median: f64::midpoint(below, above), min, max, runs: sorted.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_in_any_order() {
        let odd = Spread::of(&[3.0, 100.0, 1.0]).unwrap();
        assert_eq!(odd, Spread { median: 3.0, min: 1.0, max: 100.0, runs: 3 });
        let even = Spread::of(&[4.0, 1.0, 2.0, 50.0]).unwrap();
        assert_eq!((even.median, even.runs), (3.0, 4));
        assert_eq!(Spread::of(&[7.0]).unwrap(), Spread { median: 7.0, min: 7.0, max: 7.0, runs: 1 });
    }

    #[test]
    fn of_nothing_there_is_no_median() {
        assert_eq!(Spread::of(&[]), None);
    }
}

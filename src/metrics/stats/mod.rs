//! How sure a number is: intervals, tests between two systems, agreement with people.
//!
//! Everything random has a seed, so that a report can be made again.

mod compare;
mod correlation;

pub use compare::{Comparison, Interval, bootstrap_interval, compare, percentile};
pub use correlation::{auc, kendall_tau_b, pearson, ranks, spearman};

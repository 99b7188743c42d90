//! Whether two texts say the same in the same words: the measures of `metrics`, under the names of this job.

pub(super) use crate::metrics::redundancy::jaccard as overlap;
pub(super) use crate::metrics::text::words;

//! The evaluator: outputs and their references in, scores out.
//!
//! A [`Document`] is an article with what a person wrote of it, a [`Prediction`] what a system wrote of it.

pub mod dataset;
pub mod prediction;

pub use dataset::{Document, ReferenceSummary, References};
pub use prediction::Prediction;

//! Kernels of our own for the processor, where Candle's fall short.
//!
//! Weights are packed into panels once, when a model is loaded, and multiplied there with inputs rounded to eight bits; keys
//! and values are kept as bf16 in pages. Every kernel is there for AVX-512 VNNI, for AVX2 and in a portable form, which the
//! others are tested against, and the processor decides which one runs. `unsafe` stands only here and in the memory map of
//! the model file.
//!
//! The results for a row depend on that row alone, bit by bit: not on what is computed beside it, nor on the number of threads.

// Loops over plain indices become vector code; iterators over several slices often do not.
#![allow(clippy::needless_range_loop)]

mod activations;

pub(super) mod attention;
pub(super) mod elementwise;
mod form;
mod half;
mod isa;
pub(super) mod matrix;
pub(super) mod ops;
mod pack;
pub(super) mod parallel;
mod product;
mod strip;
#[cfg(test)]
mod tests;
mod unpack;

/// The set of instructions that the kernels use on this processor.
pub(super) fn name() -> String {
    isa::Isa::best().to_string()
}

/// The largest of the numbers; not-a-number does not count, and minus infinity comes of nothing.
pub(super) fn largest(x: &[f32]) -> f32 {
    let mut out = 0.0;
    elementwise::largest(isa::Isa::best(), x, &mut out);
    out
}

/// `Σ exp((x − best) · inverse temperature)`.
pub(super) fn sum_of_exponentials(x: &[f32], best: f32, inverse_temperature: f32) -> f32 {
    let mut out = 0.0;
    elementwise::sum_of_exponentials(isa::Isa::best(), x, best, inverse_temperature, &mut out);
    out
}

//! Kernels of our own for the processor, where Candle's fall short.
//!
//! Weights are packed into panels once, when a model is loaded, and multiplied there with inputs rounded to eight bits; keys
//! and values are kept as f16 in pages. Every kernel is there for AVX-512 VNNI, for AVX2 and in a portable form, which the
//! others are tested against, and the processor decides which one runs. `unsafe` stands only here and in the memory map of
//! the model file.
//!
//! The results for a row depend on that row alone, bit by bit: not on what is computed beside it, nor on the number of threads.

mod activations;
pub(super) mod attention;
mod elementwise;
mod form;
mod half;
mod isa;
pub(super) mod matrix;
pub(super) mod ops;
mod pack;
mod parallel;
mod product;
mod strip;
#[cfg(test)]
mod tests;
mod unpack;

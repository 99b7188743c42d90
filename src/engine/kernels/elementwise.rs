//! Arithmetic on rows of numbers: norms, activations, exponentials.

use super::isa::{Isa, for_each_isa};

/// Numbers that are added up side by side, so that the sum is the same on every processor and fast on all.
const LANES: usize = 16;

/// e to the power of `x`, within 2 units of the last place from −87 to 88; less than −87 gives 0.
///
/// The method of Cephes (`expf.c`): a power of two, and a polynomial on what is left.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let clamped = x.clamp(-87.0, 88.0);
    // Adding 1.5 · 2²³ rounds to a whole number.
    let shifted = clamped * std::f32::consts::LOG2_E + 12_582_912.0;
    let n = shifted - 12_582_912.0;
    let r = clamped - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_sub(0x4B40_0000).wrapping_add(127) << 23);
    if x < -87.0 { 0.0 } else { p * power }
}

#[inline(always)]
fn sum_of_squares(x: &[f32]) -> f32 {
    let (lanes, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for part in lanes {
        for (sum, x) in sums.iter_mut().zip(part) {
            *sum += x * x;
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>()
}

#[inline(always)]
fn rms_norm_body(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
    let scale = 1.0 / (sum_of_squares(x) / x.len() as f32 + epsilon).sqrt();
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        *out = x * scale * weight;
    }
}

for_each_isa! {
    /// `x / rms(x) · weight` (Zhang and Sennrich 2019) of one row.
    rms_norm = rms_norm_body; (x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32])
}

#[inline(always)]
fn swiglu_body(gate: &[f32], up: &[f32], out: &mut [f32]) {
    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
        *out = gate / (1.0 + exp(-gate)) * up;
    }
}

for_each_isa! {
    /// `silu(gate) · up` (Shazeer 2020).
    swiglu = swiglu_body; (gate: &[f32], up: &[f32], out: &mut [f32])
}

#[inline(always)]
fn geglu_body(gate: &[f32], up: &[f32], out: &mut [f32]) {
    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
        // (1 + tanh(z)) / 2 is the logistic function of 2 z; here 2 √(2/π) (x + 0.044715 x³).
        let z = 1.595_769 * gate * (1.0 + 0.044_715 * gate * gate);
        *out = gate / (1.0 + exp(-z)) * up;
    }
}

for_each_isa! {
    /// `gelu(gate) · up` (Shazeer 2020), with the approximation by tanh (Hendrycks and Gimpel 2016).
    geglu = geglu_body; (gate: &[f32], up: &[f32], out: &mut [f32])
}

/// What bends one of the two products of a feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Gating {
    Silu,
    /// By tanh (Gemma).
    Gelu,
}

impl Gating {
    /// `gating(gate) · up`.
    pub(super) fn gate(self, isa: Isa, gate: &[f32], up: &[f32], out: &mut [f32]) {
        match self {
            Self::Silu => swiglu(isa, gate, up, out),
            Self::Gelu => geglu(isa, gate, up, out),
        }
    }
}

#[inline(always)]
fn put_body(values: &[f32], bias: Option<&[f32]>, add: bool, out: &mut [f32]) {
    // Plain loops, each without a choice in it.
    match (bias, add) {
        (None, false) => out.copy_from_slice(&values[..out.len()]),
        (None, true) => {
            for (out, value) in out.iter_mut().zip(values) {
                *out += value;
            }
        }
        (Some(bias), false) => {
            for ((out, value), bias) in out.iter_mut().zip(values).zip(bias) {
                *out = value + bias;
            }
        }
        (Some(bias), true) => {
            for ((out, value), bias) in out.iter_mut().zip(values).zip(bias) {
                *out += value + bias;
            }
        }
    }
}

for_each_isa! {
    /// Values with what is added to each, in place of what is there or added to it.
    put = put_body; (values: &[f32], bias: Option<&[f32]>, add: bool, out: &mut [f32])
}

#[inline(always)]
fn largest_body(x: &[f32], out: &mut f32) {
    let (parts, rest) = x.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for part in parts {
        for (lane, x) in lanes.iter_mut().zip(part) {
            *lane = if *x > *lane { *x } else { *lane };
        }
    }
    *out = f32::NEG_INFINITY;
    for x in lanes.iter().chain(rest) {
        *out = if *x > *out { *x } else { *out };
    }
}

for_each_isa! {
    /// The largest of the numbers; minus infinity if there is none.
    largest = largest_body; (x: &[f32], out: &mut f32)
}

#[inline(always)]
fn sum_of_exponentials_body(x: &[f32], best: f32, inverse_temperature: f32, out: &mut f32) {
    let (parts, rest) = x.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for part in parts {
        for (lane, x) in lanes.iter_mut().zip(part) {
            *lane += exp((x - best) * inverse_temperature);
        }
    }
    *out = 0.0;
    for lane in lanes {
        *out += lane;
    }
    for x in rest {
        *out += exp((x - best) * inverse_temperature);
    }
}

for_each_isa! {
    /// `Σ exp((x − best) · inverse temperature)`.
    sum_of_exponentials = sum_of_exponentials_body; (x: &[f32], best: f32, inverse_temperature: f32, out: &mut f32)
}

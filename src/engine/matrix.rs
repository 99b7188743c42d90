//! Weight matrices and vectors: packed for our own kernels, or as Candle multiplies them.

use std::sync::Arc;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};
use candle_nn::ops::{rms_norm, silu};

use super::kernels::elementwise::Gating;
use super::kernels::matrix::{Affine, Norm, PackedMatrix};
use super::kernels::ops;

/// A weight matrix (outputs × inputs).
#[derive(Clone)]
pub(super) enum Matrix {
    /// On the processor, in a type that has kernels.
    Packed(Arc<PackedMatrix>),
    /// Anything else.
    Candle(QMatMul),
}

impl Matrix {
    /// The product with rows of inputs: (rows, inputs) → (rows, outputs).
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Packed(matrix) => ops::products(x, None, &[Affine { matrix, bias: None }]),
            Self::Candle(matrix) => matrix.forward(x),
        }
    }
}

/// A vector of weights: as a tensor and as numbers.
pub(super) struct Vector {
    tensor: Tensor,
    numbers: Vec<f32>,
}

impl Vector {
    /// Takes a vector as it is stored.
    pub(super) fn new(stored: &QTensor, device: &Device) -> Result<Self> {
        let tensor = stored.dequantize(device)?;
        Ok(Self { numbers: tensor.to_vec1()?, tensor })
    }

    pub(super) fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// As the weight of a norm in the kernels.
    pub(super) fn norm(&self, epsilon: f32) -> Norm<'_> {
        Norm { weight: &self.numbers, epsilon }
    }

    /// As the weight of a norm: `x / rms(x) · weight` for each row.
    pub(super) fn rms_norm(&self, x: &Tensor, epsilon: f32) -> Result<Tensor> {
        rms_norm(&x.contiguous()?, &self.tensor, epsilon)
    }
}

/// A matrix product with an optional bias.
pub(super) struct Linear {
    pub(super) weight: Matrix,
    pub(super) bias: Option<Vector>,
}

impl Linear {
    fn affine(&self) -> Option<Affine<'_>> {
        match &self.weight {
            Matrix::Packed(matrix) => Some(Affine { matrix, bias: self.bias.as_ref().map(|b| b.numbers.as_slice()) }),
            Matrix::Candle(_) => None,
        }
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.weight.forward(x)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(&bias.tensor),
            None => Ok(y),
        }
    }
}

/// Products of normed rows with several matrices, beside one another: (rows, inputs) → (rows, all outputs).
pub(super) fn normed_products(x: &Tensor, norm: &Vector, epsilon: f32, parts: &[&Linear]) -> Result<Tensor> {
    if let Some(packed) = parts.iter().map(|part| part.affine()).collect::<Option<Vec<_>>>() {
        return ops::products(x, Some(norm.norm(epsilon)), &packed);
    }
    let normed = norm.rms_norm(x, epsilon)?;
    let outputs = parts.iter().map(|part| part.forward(&normed)).collect::<Result<Vec<_>>>()?;
    Tensor::cat(&outputs, 1)
}

/// `gating(gate · norm(x)) · (up · norm(x))`: (rows, inputs) → (rows, outputs of both).
pub(super) fn gated_products(
    x: &Tensor,
    norm: &Vector,
    epsilon: f32,
    gating: Gating,
    gate: &Linear,
    up: &Linear,
) -> Result<Tensor> {
    if let (Some(Affine { matrix: gate, bias: None }), Some(Affine { matrix: up, bias: None })) =
        (gate.affine(), up.affine())
    {
        return ops::gated(x, norm.norm(epsilon), gating, gate, up);
    }
    let normed = norm.rms_norm(x, epsilon)?;
    let gate = gate.forward(&normed)?;
    let gate = match gating {
        Gating::Silu => silu(&gate),
        Gating::Gelu => gate.gelu(),
    };
    gate? * up.forward(&normed)?
}

/// `x` with the product added, which is normed before where there is a norm for it (Gemma).
pub(super) fn plus_product(
    x: Tensor,
    h: &Tensor,
    part: &Linear,
    norm: Option<&Vector>,
    epsilon: f32,
) -> Result<Tensor> {
    match (norm, part.affine()) {
        (None, Some(part)) => {
            ops::add_product(&x, h, part)?;
            Ok(x)
        }
        (None, None) => x + part.forward(h)?,
        (Some(norm), _) => x + norm.rms_norm(&part.forward(h)?, epsilon)?,
    }
}

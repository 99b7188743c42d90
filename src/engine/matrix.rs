//! Weight matrices in types that the processor multiplies fast.
//!
//! Candle multiplies blocks of five bits (`Q5_0`) and blocks with a minimum (`Q4_1`, `Q5_1`) one number at a time on
//! x86. The same numbers fit into blocks of eight bits, for which it has vector kernels, so these types are rewritten on
//! loading. Nothing is rounded again: a weight is `d · q` or `d · q + m` with a whole `q` of at most 31, and a block of
//! eight bits holds `d` and every `q − z`, where the whole number `z` is near `−m / d`. What is left of the minimum,
//! `m + d · z`, is kept beside it. With `z` the numbers lie around 0, as the weights do: the inputs are rounded to eight
//! bits, and that error counts as often as the number that it is multiplied with.

use std::sync::Arc;

use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};

/// Weights of a block.
const BLOCK: usize = 32;

/// A weight matrix (outputs × inputs).
pub(super) enum Matrix {
    /// As Candle multiplies it.
    Plain(QMatMul),
    /// `y = x · scaledᵀ + sums · minima`, where `sums` are those of the inputs of each block.
    Shifted {
        /// `d · (q − z)`.
        scaled: QMatMul,
        /// `m + d · z` of each block, in 32 bits: (blocks of a row, outputs).
        minima: Tensor,
    },
}

impl Matrix {
    /// Takes a tensor as it is stored.
    pub(super) fn new(stored: &Arc<QTensor>) -> Result<Self> {
        match Form::of(stored) {
            Some(form) => form.rewrite(stored),
            None => Ok(Self::Plain(QMatMul::from_arc(Arc::clone(stored))?)),
        }
    }

    /// The same numbers in 32 bits.
    #[cfg(test)]
    pub(super) fn dense(stored: &Arc<QTensor>) -> Result<Self> {
        Ok(Self::Plain(QMatMul::Tensor(stored.dequantize(&stored.device())?)))
    }

    /// The product with rows of inputs: (rows, inputs) → (rows, outputs).
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Plain(matrix) => matrix.forward(x),
            Self::Shifted { scaled, minima } => {
                let (rows, inputs) = x.dims2()?;
                let sums = x.reshape((rows, inputs / BLOCK, BLOCK))?.sum(2)?;
                scaled.forward(x)? + sums.matmul(minima)?
            }
        }
    }
}

/// How the blocks of a type are laid out: `d`, then `m`, then the fifth bits, then four bits of each weight.
struct Form {
    minimum: bool,
    fifth_bits: bool,
    /// What is taken from each `q` where there is no minimum.
    offset: i8,
}

impl Form {
    /// The form of what is to be rewritten; only the processor needs that.
    fn of(stored: &QTensor) -> Option<Self> {
        match stored.dtype() {
            _ if !stored.device().is_cpu() => None,
            GgmlDType::Q5_0 => Some(Self { minimum: false, fifth_bits: true, offset: 16 }),
            GgmlDType::Q4_1 => Some(Self { minimum: true, fifth_bits: false, offset: 0 }),
            GgmlDType::Q5_1 => Some(Self { minimum: true, fifth_bits: true, offset: 0 }),
            _ => None,
        }
    }

    fn rewrite(&self, stored: &QTensor) -> Result<Matrix> {
        let data = stored.data()?;
        let head = 2 + if self.minimum { 2 } else { 0 };
        let size = head + if self.fifth_bits { 4 } else { 0 } + BLOCK / 2;
        let mut wide = Vec::with_capacity(data.len() / size * (2 + BLOCK));
        let mut minima = Vec::new();
        for block in data.chunks_exact(size) {
            wide.extend_from_slice(&block[..2]);
            let mut offset = self.offset;
            if self.minimum {
                let half = |at: usize| half::f16::from_le_bytes([block[at], block[at + 1]]).to_f32();
                let (d, m) = (half(0), half(2));
                // So that `q − z` fits into eight bits with its sign. Not a number (of 0 / 0) becomes 0.
                offset = (-m / d).round().clamp(-96.0, 127.0) as i8;
                minima.push(m + d * f32::from(offset));
            }
            let fifth = match self.fifth_bits {
                true => u32::from_le_bytes([block[head], block[head + 1], block[head + 2], block[head + 3]]),
                false => 0,
            };
            let four = &block[size - BLOCK / 2..];
            for i in 0..BLOCK {
                // The first half of a block is in the low bits, the second in the high ones.
                let low = if i < BLOCK / 2 { four[i] & 0xF } else { four[i - BLOCK / 2] >> 4 };
                let high = u8::try_from(fifth >> i & 1).unwrap_or_default() << 4;
                wide.push(((low | high) as i8 - offset).cast_unsigned());
            }
        }
        let (outputs, inputs) = stored.shape().dims2()?;
        let scaled = qtensor_from_ggml(GgmlDType::Q8_0, &wide, vec![outputs, inputs], &Device::Cpu)?;
        let scaled = QMatMul::from_qtensor(scaled)?;
        if !self.minimum {
            return Ok(Matrix::Plain(scaled));
        }
        let minima = Tensor::from_vec(minima, (outputs, inputs / BLOCK), &Device::Cpu)?.t()?.contiguous()?;
        Ok(Matrix::Shifted { scaled, minima })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same in every run.
    fn numbers(count: usize, seed: f32) -> Vec<f32> {
        (0..count).map(|i| ((i as f32 + seed) * 12.9898).sin() * 43_758.547 % 1.0).collect()
    }

    fn stored(dtype: GgmlDType, outputs: usize, inputs: usize) -> Arc<QTensor> {
        let weights = Tensor::from_vec(numbers(outputs * inputs, 1.0), (outputs, inputs), &Device::Cpu).unwrap();
        Arc::new(QTensor::quantize(&(weights + 0.3).unwrap(), dtype).unwrap())
    }

    fn worst(a: &Tensor, b: &Tensor) -> f32 {
        (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap()
    }

    /// With the identity as input, the product is the matrix: each weight comes out as Candle's own reading has it.
    #[test]
    fn every_weight_is_what_it_was() {
        for dtype in [GgmlDType::Q5_0, GgmlDType::Q4_1, GgmlDType::Q5_1] {
            let identity = Tensor::eye(128, candle_core::DType::F32, &Device::Cpu).unwrap();
            let expected = stored(dtype, 40, 128).dequantize(&Device::Cpu).unwrap().t().unwrap();
            let got = Matrix::new(&stored(dtype, 40, 128)).unwrap().forward(&identity).unwrap();
            // The one of the identity is a whole number of steps of eight bits but for the rounding of the step itself.
            assert!(worst(&expected, &got) < 1e-3, "{dtype:?}: {}", worst(&expected, &got));
        }
    }

    /// Candle rounds the inputs to eight bits; the sums for the minima are those of the inputs before.
    #[test]
    fn products_are_those_of_the_stored_type() {
        for (dtype, tolerance) in [(GgmlDType::Q5_0, 1e-4), (GgmlDType::Q4_1, 0.05), (GgmlDType::Q5_1, 0.05)] {
            for rows in [1, 5] {
                let x = Tensor::from_vec(numbers(rows * 128, 7.0), (rows, 128), &Device::Cpu).unwrap();
                let expected = QMatMul::from_arc(stored(dtype, 40, 128)).unwrap().forward(&x).unwrap();
                let got = Matrix::new(&stored(dtype, 40, 128)).unwrap().forward(&x).unwrap();
                assert!(worst(&expected, &got) < tolerance, "{dtype:?}, {rows}: {}", worst(&expected, &got));
            }
        }
    }

    #[test]
    fn other_types_stay_as_they_are() {
        assert!(matches!(Matrix::new(&stored(GgmlDType::Q8_0, 8, 64)).unwrap(), Matrix::Plain(_)));
        assert!(matches!(Matrix::new(&stored(GgmlDType::Q4K, 8, 256)).unwrap(), Matrix::Plain(_)));
    }
}

//! From the tensors of a file to weights on a device.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Device;
use candle_core::quantized::QMatMul;
use candle_core::quantized::ggml_file::qtensor_from_ggml;

use super::decoder::Backend;
use super::embedding::Embedding;
use super::gguf::{GgufFile, Stored};
use super::kernels::matrix::PackedMatrix;
use super::matrix::{Linear, Matrix, Vector};
use crate::error::{Error, Result};

/// Reads tensors of one file for one backend.
pub(super) struct Weights<'a> {
    gguf: &'a GgufFile,
    device: &'a Device,
    backend: Backend,
}

impl<'a> Weights<'a> {
    pub(super) fn new(gguf: &'a GgufFile, device: &'a Device, backend: Backend) -> Self {
        Self { gguf, device, backend }
    }

    fn unusable<'b>(&'b self, name: &'b str) -> impl Fn(candle_core::Error) -> Error + 'b {
        move |e| self.gguf.error(format!("cannot use tensor `{name}`")).with_source(e)
    }

    /// Rows `rows` of a matrix of `all` rows, each a product of the same inputs.
    fn matrix(&mut self, name: &str, all: usize, rows: Range<usize>, inputs: usize) -> Result<Matrix> {
        let stored = self.gguf.stored(name, &[all, inputs])?;
        let row_bytes = stored.bytes.len() / all.max(1);
        let part = Stored { dtype: stored.dtype, bytes: &stored.bytes[rows.start * row_bytes..rows.end * row_bytes] };
        let outputs = rows.len();
        if self.backend == Backend::Kernels
            && let Some(packed) = PackedMatrix::pack(part.dtype, part.bytes, outputs, inputs)
        {
            self.gguf.release(&part);
            return Ok(Matrix::Packed(Arc::new(packed)));
        }
        let tensor = qtensor_from_ggml(part.dtype, part.bytes, vec![outputs, inputs], self.device)
            .map_err(self.unusable(name))?;
        #[cfg(test)]
        if self.backend == Backend::Dense {
            let dense = tensor.dequantize(self.device).map_err(self.unusable(name))?;
            return Ok(Matrix::Candle(QMatMul::Tensor(dense)));
        }
        Ok(Matrix::Candle(QMatMul::from_qtensor(tensor).map_err(self.unusable(name))?))
    }

    pub(super) fn vector(&mut self, name: &str, len: usize) -> Result<Vector> {
        let tensor = self.gguf.tensor(name, &[len], self.device)?;
        Vector::new(&tensor, self.device).map_err(self.unusable(name))
    }

    pub(super) fn optional_vector(&mut self, name: &str, len: usize) -> Result<Option<Vector>> {
        if self.gguf.has_tensor(name) { self.vector(name, len).map(Some) } else { Ok(None) }
    }

    pub(super) fn has_product(&self, name: &str) -> bool {
        self.gguf.has_tensor(&format!("{name}.weight"))
    }

    /// A product with its bias, if it has one.
    pub(super) fn product(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Linear> {
        Ok(Linear {
            weight: self.matrix(&format!("{name}.weight"), outputs, 0..outputs, inputs)?,
            bias: self.optional_vector(&format!("{name}.bias"), outputs)?,
        })
    }

    /// One of several products that are stored below one another.
    pub(super) fn product_rows(&mut self, name: &str, all: usize, rows: Range<usize>, inputs: usize) -> Result<Linear> {
        let bias = format!("{name}.bias");
        if self.gguf.has_tensor(&bias) {
            return Err(self.gguf.error(format!("has a tensor `{bias}`, which is not supported")));
        }
        Ok(Linear { weight: self.matrix(&format!("{name}.weight"), all, rows, inputs)?, bias: None })
    }

    /// The table of token embeddings and the output matrix; the table serves as both where the file has one only.
    pub(super) fn embedding_and_head(&mut self, vocabulary: usize, hidden: usize) -> Result<(Embedding, Matrix)> {
        const TABLE: &str = "token_embd.weight";
        let head = if self.gguf.has_tensor("output.weight") { "output.weight" } else { TABLE };
        let matrix = self.matrix(head, vocabulary, 0..vocabulary, hidden)?;
        let embedding = match &matrix {
            Matrix::Packed(packed) if head == TABLE => Embedding::Packed(Arc::clone(packed)),
            _ => Embedding::Stored(Arc::new(self.gguf.tensor(TABLE, &[vocabulary, hidden], self.device)?)),
        };
        Ok((embedding, matrix))
    }
}

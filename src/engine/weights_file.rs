//! From the tensors of a file to weights on a device.

use std::sync::Arc;

use candle_core::Device;
use candle_core::quantized::QMatMul;

use super::decoder::Backend;
use super::embedding::Embedding;
use super::gguf::GgufFile;
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

    pub(super) fn matrix(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Matrix> {
        match self.backend {
            Backend::Kernels => {
                let stored = self.gguf.stored(name, &[outputs, inputs])?;
                if let Some(packed) = PackedMatrix::pack(stored.dtype, stored.bytes, outputs, inputs) {
                    self.gguf.release(&stored);
                    return Ok(Matrix::Packed(Arc::new(packed)));
                }
            }
            Backend::Candle => {}
            #[cfg(test)]
            Backend::Dense => {
                let tensor = self.gguf.tensor(name, &[outputs, inputs], self.device)?;
                let dense = tensor.dequantize(self.device).map_err(self.unusable(name))?;
                return Ok(Matrix::Candle(QMatMul::Tensor(dense)));
            }
        }
        let tensor = self.gguf.tensor(name, &[outputs, inputs], self.device)?;
        Ok(Matrix::Candle(QMatMul::from_qtensor(tensor).map_err(self.unusable(name))?))
    }

    pub(super) fn vector(&mut self, name: &str, len: usize) -> Result<Vector> {
        let tensor = self.gguf.tensor(name, &[len], self.device)?;
        Vector::new(&tensor, self.device).map_err(self.unusable(name))
    }

    pub(super) fn optional_vector(&mut self, name: &str, len: usize) -> Result<Option<Vector>> {
        if self.gguf.has_tensor(name) { self.vector(name, len).map(Some) } else { Ok(None) }
    }

    pub(super) fn linear(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Linear> {
        Ok(Linear {
            weight: self.matrix(&format!("{name}.weight"), outputs, inputs)?,
            bias: self.optional_vector(&format!("{name}.bias"), outputs)?,
        })
    }

    /// The table of token embeddings and the output matrix; the table serves as both where the file has one only.
    pub(super) fn embedding_and_head(&mut self, vocabulary: usize, hidden: usize) -> Result<(Embedding, Matrix)> {
        const TABLE: &str = "token_embd.weight";
        let head = if self.gguf.has_tensor("output.weight") { "output.weight" } else { TABLE };
        let matrix = self.matrix(head, vocabulary, hidden)?;
        let embedding = match &matrix {
            Matrix::Packed(packed) if head == TABLE => Embedding::Packed(Arc::clone(packed)),
            _ => Embedding::Stored(Arc::new(self.gguf.tensor(TABLE, &[vocabulary, hidden], self.device)?)),
        };
        Ok((embedding, matrix))
    }
}

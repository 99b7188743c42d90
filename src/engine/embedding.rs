//! The table of token embeddings: a row for each token of a text.

use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::{Device, Result, Tensor};

use super::kernels::matrix::PackedMatrix;

/// A table (vocabulary × hidden) that is never dequantized as a whole.
pub(super) enum Embedding {
    /// The output matrix too.
    Packed(Arc<PackedMatrix>),
    /// As it is stored.
    Stored(Arc<QTensor>),
}

impl Embedding {
    /// The rows of these tokens: (tokens, hidden).
    pub(super) fn rows(&self, tokens: &[u32], device: &Device) -> Result<Tensor> {
        match self {
            Self::Stored(table) => table.embedding(&Tensor::new(tokens, device)?),
            Self::Packed(table) => {
                let mut rows = vec![0.0; tokens.len() * table.inputs];
                for (token, row) in tokens.iter().zip(rows.chunks_exact_mut(table.inputs)) {
                    let token = *token as usize;
                    if token >= table.outputs {
                        candle_core::bail!("token {token} is not in a vocabulary of {}", table.outputs);
                    }
                    table.row(token, row);
                }
                Tensor::from_vec(rows, (tokens.len(), table.inputs), device)
            }
        }
    }
}

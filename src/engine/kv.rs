//! The KV cache: keys and values of computed tokens, in blocks that sequences share.

use std::sync::Arc;

use candle_core::{DType, Device, Result, Tensor};

/// Sizes that the cache depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KvShape {
    pub(super) layers: usize,
    pub(super) kv_heads: usize,
    pub(super) head_dim: usize,
}

/// Keys and values of a run of tokens in every layer; room for `capacity` tokens, made at once.
#[derive(Debug)]
pub(super) struct KvBlock {
    /// For each layer, keys and values of shape (kv heads, capacity, head dim).
    layers: Vec<(Tensor, Tensor)>,
    len: usize,
}

impl KvBlock {
    pub(super) fn new(shape: KvShape, capacity: usize, device: &Device) -> Result<Self> {
        let make = || Tensor::zeros((shape.kv_heads, capacity, shape.head_dim), DType::F32, device);
        let layers = (0..shape.layers).map(|_| Ok((make()?, make()?))).collect::<Result<_>>()?;
        Ok(Self { layers, len: 0 })
    }

    /// Writes keys and values, each (kv heads, new tokens, head dim), behind those that are there. The
    /// block grows only when [`KvBlock::advance`] says that all layers are written.
    fn write(&mut self, layer: usize, keys: &Tensor, values: &Tensor) -> Result<()> {
        let (k, v) = &self.layers[layer];
        k.slice_set(&keys.contiguous()?, 1, self.len)?;
        v.slice_set(&values.contiguous()?, 1, self.len)
    }

    fn view(&self, layer: usize, len: usize) -> Result<(Tensor, Tensor)> {
        let (k, v) = &self.layers[layer];
        Ok((k.narrow(1, 0, len)?, v.narrow(1, 0, len)?))
    }
}

/// The beginning of a block that others may use too.
#[derive(Debug, Clone)]
struct Shared {
    block: Arc<KvBlock>,
    len: usize,
}

/// Computed tokens that several sequences start with. Cloning it copies no keys or values.
#[derive(Debug, Clone, Default)]
pub(super) struct Prefix {
    parts: Vec<Shared>,
}

impl Prefix {
    /// Tokens in it.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|p| p.len).sum()
    }

    /// The first `len` tokens of it.
    pub(super) fn truncated(&self, len: usize) -> Self {
        let mut left = len;
        let mut parts = Vec::new();
        for part in &self.parts {
            let len = part.len.min(left);
            if len == 0 {
                break;
            }
            left -= len;
            parts.push(Shared { block: Arc::clone(&part.block), len });
        }
        Self { parts }
    }
}

/// One sequence: a shared prefix and tokens of its own.
#[derive(Debug)]
pub(super) struct Sequence {
    prefix: Prefix,
    own: KvBlock,
}

impl Sequence {
    pub(super) fn new(prefix: Prefix, own: KvBlock) -> Self {
        Self { prefix, own }
    }

    /// Tokens computed so far: the position of the next one.
    pub(super) fn len(&self) -> usize {
        self.prefix.len() + self.own.len
    }

    /// Tokens of its own, behind the shared prefix.
    pub(super) fn own_len(&self) -> usize {
        self.own.len
    }

    /// Adds keys and values of `new` tokens to a layer and gives all that a query may look at there:
    /// shared parts first, own tokens last.
    pub(super) fn extend(&mut self, layer: usize, keys: &Tensor, values: &Tensor) -> Result<Vec<(Tensor, Tensor)>> {
        self.own.write(layer, keys, values)?;
        let new = keys.dim(1)?;
        let mut views = self.prefix.parts.iter().map(|p| p.block.view(layer, p.len)).collect::<Result<Vec<_>>>()?;
        views.push(self.own.view(layer, self.own.len + new)?);
        Ok(views)
    }

    /// Says that `new` tokens have been written in every layer.
    pub(super) fn advance(&mut self, new: usize) {
        self.own.len += new;
    }

    /// Turns the sequence into a prefix for others.
    pub(super) fn into_prefix(self) -> Prefix {
        let mut parts = self.prefix.parts;
        if self.own.len > 0 {
            parts.push(Shared { len: self.own.len, block: Arc::new(self.own) });
        }
        Prefix { parts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: KvShape = KvShape { layers: 1, kv_heads: 1, head_dim: 2 };

    fn tokens(from: f32, n: usize) -> Tensor {
        Tensor::arange(from, from + 2.0 * n as f32, &Device::Cpu).unwrap().reshape((1, n, 2)).unwrap()
    }

    #[test]
    fn a_prefix_is_shared_truncated_and_extended_without_touching_it() {
        let block = KvBlock::new(SHAPE, 4, &Device::Cpu).unwrap();
        let mut base = Sequence::new(Prefix::default(), block);
        base.extend(0, &tokens(0.0, 3), &tokens(0.0, 3)).unwrap();
        base.advance(3);
        let prefix = base.into_prefix();
        assert_eq!(prefix.len(), 3);
        assert_eq!(prefix.truncated(2).len(), 2);
        assert_eq!(prefix.truncated(9).len(), 3);

        let own = KvBlock::new(SHAPE, 2, &Device::Cpu).unwrap();
        let mut sequence = Sequence::new(prefix.truncated(2), own);
        let views = sequence.extend(0, &tokens(100.0, 1), &tokens(100.0, 1)).unwrap();
        sequence.advance(1);
        assert_eq!(sequence.len(), 3);
        let keys: Vec<Vec<f32>> =
            views.iter().map(|(k, _)| k.contiguous().unwrap().flatten_all().unwrap().to_vec1().unwrap()).collect();
        assert_eq!(keys, [vec![0.0, 1.0, 2.0, 3.0], vec![100.0, 101.0]]);
        assert_eq!(sequence.into_prefix().len(), 3);
    }

    #[test]
    fn a_full_block_refuses_more() {
        let block = KvBlock::new(SHAPE, 2, &Device::Cpu).unwrap();
        let mut sequence = Sequence::new(Prefix::default(), block);
        assert!(sequence.extend(0, &tokens(0.0, 3), &tokens(0.0, 3)).is_err());
    }
}

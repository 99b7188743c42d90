//! Keys and values as tensors, for devices without kernels of our own.

use std::sync::Arc;

use candle_core::{DType, Device, Result, Tensor};

use super::KvShape;

/// The fewest tokens that a block has room for.
const LEAST_CAPACITY: usize = 256;

/// Keys and values of a run of tokens in every layer; room for `capacity` tokens, made at once.
#[derive(Debug)]
struct Block {
    /// For each layer, keys and values of shape (kv heads, capacity, head dim).
    layers: Vec<(Tensor, Tensor)>,
    capacity: usize,
}

/// The beginning of a block that others may use too.
#[derive(Debug, Clone)]
struct Part {
    block: Arc<Block>,
    len: usize,
}

/// The blocks of one sequence. Only the last one is written to, and only while no other sequence has it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Blocks {
    shape: KvShape,
    device: Device,
    parts: Vec<Part>,
}

impl Blocks {
    pub(super) fn new(shape: KvShape, device: &Device) -> Self {
        Self { shape, device: device.clone(), parts: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len).sum()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        let mut left = len;
        for part in &mut self.parts {
            part.len = part.len.min(left);
            left -= part.len;
        }
        self.parts.retain(|part| part.len > 0);
    }

    pub(super) fn reserve(&mut self, new: usize) -> Result<()> {
        let has_room = |part: &mut Part| Arc::get_mut(&mut part.block).is_some_and(|b| b.capacity >= part.len + new);
        if self.parts.last_mut().is_some_and(has_room) {
            return Ok(());
        }
        let capacity = new.max(LEAST_CAPACITY);
        let size = (self.shape.heads.kv_heads, capacity, self.shape.heads.head_dim);
        let make = || Tensor::zeros(size, DType::F32, &self.device);
        let layers = (0..self.shape.layers).map(|_| Ok((make()?, make()?))).collect::<Result<_>>()?;
        self.parts.push(Part { block: Arc::new(Block { layers, capacity }), len: 0 });
        Ok(())
    }

    pub(super) fn advance(&mut self, new: usize) {
        if let Some(part) = self.parts.last_mut() {
            part.len += new;
        }
    }

    /// Adds keys and values, each (kv heads, new tokens, head dim), to a layer and gives all that a query may look at there, the
    /// new ones last. Room must have been made; the sequence grows when [`Blocks::advance`] says that all layers are written.
    pub(in crate::engine) fn extend(
        &mut self,
        layer: usize,
        keys: &Tensor,
        values: &Tensor,
    ) -> Result<Vec<(Tensor, Tensor)>> {
        let Some(open) = self.parts.last() else { candle_core::bail!("there is no room for keys and values") };
        let (k, v) = &open.block.layers[layer];
        k.slice_set(&keys.contiguous()?, 1, open.len)?;
        v.slice_set(&values.contiguous()?, 1, open.len)?;
        let new = keys.dim(1)?;
        let last = self.parts.len() - 1;
        let view = |(i, part): (usize, &Part)| {
            let (k, v) = &part.block.layers[layer];
            let len = if i == last { part.len + new } else { part.len };
            Ok((k.narrow(1, 0, len)?, v.narrow(1, 0, len)?))
        };
        self.parts.iter().enumerate().map(view).collect()
    }

    pub(super) fn memory(&self) -> Vec<(usize, usize)> {
        let heads = self.shape.heads;
        let token = 2 * self.shape.layers * heads.kv_heads * heads.head_dim * size_of::<f32>();
        self.parts.iter().map(|part| (Arc::as_ptr(&part.block) as usize, part.block.capacity * token)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::kernels::attention::HeadShape;
    use super::*;

    const SHAPE: KvShape = KvShape { layers: 1, heads: HeadShape { heads: 1, kv_heads: 1, head_dim: 2 } };

    fn tokens(first: f32, n: usize) -> Tensor {
        let values: Vec<f32> = (0..2 * n).map(|i| first + i as f32).collect();
        Tensor::from_vec(values, (1, n, 2), &Device::Cpu).unwrap()
    }

    fn extended(blocks: &mut Blocks, first: f32, n: usize) -> Vec<Vec<f32>> {
        blocks.reserve(n).unwrap();
        let views = blocks.extend(0, &tokens(first, n), &tokens(first, n)).unwrap();
        blocks.advance(n);
        views.iter().map(|(k, _)| k.contiguous().unwrap().flatten_all().unwrap().to_vec1().unwrap()).collect()
    }

    #[test]
    fn a_clone_is_truncated_and_extended_without_touching_the_other() {
        let mut base = Blocks::new(SHAPE, &Device::Cpu);
        extended(&mut base, 0.0, 3);
        let mut other = base.clone();
        other.truncate(2);
        assert_eq!(extended(&mut other, 100.0, 1), [vec![0.0, 1.0, 2.0, 3.0], vec![100.0, 101.0]]);
        assert_eq!((base.len(), other.len()), (3, 3));
        drop(other);
        assert_eq!(extended(&mut base, 50.0, 1), [vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 50.0, 51.0]]);
    }

    #[test]
    fn more_than_fits_opens_another_block() {
        let mut blocks = Blocks::new(SHAPE, &Device::Cpu);
        extended(&mut blocks, 0.0, LEAST_CAPACITY);
        assert_eq!(extended(&mut blocks, 7.0, 1).len(), 2);
        blocks.truncate(1);
        assert_eq!((blocks.len(), blocks.parts.len()), (1, 1));
    }
}

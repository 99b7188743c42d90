//! The kernels as operations of Candle, on rows of 32-bit numbers.

use std::cell::RefCell;

use candle_core::{CpuStorage, CustomOp1, InplaceOp2, Layout, Result, Shape, Tensor};

use super::attention::{self, Attending, HeadPreparation, HeadShape};
use super::elementwise::Gating;
use super::isa::Isa;
use super::matrix::{self, Affine, Inputs, Norm, PackedMatrix};
use crate::engine::kv::Pages;

fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(data), Some((start, end))) => Ok(&data[start..end]),
        _ => candle_core::bail!("a kernel takes rows of 32-bit numbers that lie side by side"),
    }
}

/// The rows of a layout whose last dimension must be `width`.
fn rows(layout: &Layout, width: usize) -> Result<usize> {
    match layout.dims() {
        [rows, found] if *found == width => Ok(*rows),
        dims => candle_core::bail!("a kernel takes (rows, {width}), not {dims:?}"),
    }
}

/// Several products with the same inputs, after a norm if there is one: (rows, inputs) → (rows, all outputs).
struct Products<'a> {
    parts: &'a [Affine<'a>],
    norm: Option<Norm<'a>>,
}

impl CustomOp1 for Products<'_> {
    fn name(&self) -> &'static str {
        "packed-products"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let inputs = self.parts.first().map_or(0, |part| part.matrix.inputs);
        let rows = rows(layout, inputs)?;
        let isa = Isa::best();
        let inputs = Inputs::new(isa, numbers(storage, layout)?, inputs, self.norm);
        let width = self.parts.iter().map(|part| part.matrix.outputs).sum();
        let mut out = vec![0.0; rows * width];
        matrix::multiply(isa, &inputs, self.parts, &mut out, false);
        Ok((CpuStorage::F32(out), (rows, width).into()))
    }
}

/// Products of `x` (rows, inputs) with several matrices, beside one another: (rows, all outputs).
pub(in crate::engine) fn products(x: &Tensor, norm: Option<Norm<'_>>, parts: &[Affine<'_>]) -> Result<Tensor> {
    x.apply_op1_no_bwd(&Products { parts, norm })
}

struct Gated<'a> {
    gating: Gating,
    gate: &'a PackedMatrix,
    up: &'a PackedMatrix,
    norm: Norm<'a>,
}

impl CustomOp1 for Gated<'_> {
    fn name(&self) -> &'static str {
        "packed-gated-products"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let rows = rows(layout, self.gate.inputs)?;
        let isa = Isa::best();
        let inputs = Inputs::new(isa, numbers(storage, layout)?, self.gate.inputs, Some(self.norm));
        let mut out = vec![0.0; rows * self.gate.outputs];
        matrix::multiply_gated(isa, &inputs, self.gating, self.gate, self.up, &mut out);
        Ok((CpuStorage::F32(out), (rows, self.gate.outputs).into()))
    }
}

/// The first half of a feed-forward block: `gating(gate · norm(x)) · (up · norm(x))`, (rows, outputs of both).
pub(in crate::engine) fn gated(
    x: &Tensor,
    norm: Norm<'_>,
    gating: Gating,
    gate: &PackedMatrix,
    up: &PackedMatrix,
) -> Result<Tensor> {
    x.apply_op1_no_bwd(&Gated { gating, gate, up, norm })
}

struct AddProduct<'a>(Affine<'a>);

impl InplaceOp2 for AddProduct<'_> {
    fn name(&self) -> &'static str {
        "packed-add-product"
    }

    fn cpu_fwd(&self, to: &mut CpuStorage, to_layout: &Layout, from: &CpuStorage, layout: &Layout) -> Result<()> {
        let matrix = self.0.matrix;
        if rows(layout, matrix.inputs)? != rows(to_layout, matrix.outputs)? {
            candle_core::bail!("a product is added to another number of rows");
        }
        let isa = Isa::best();
        let inputs = Inputs::new(isa, numbers(from, layout)?, matrix.inputs, None);
        match (to, to_layout.contiguous_offsets()) {
            (CpuStorage::F32(to), Some((start, end))) => {
                matrix::multiply(isa, &inputs, &[self.0], &mut to[start..end], true);
                Ok(())
            }
            _ => candle_core::bail!("a product is added to rows of 32-bit numbers that lie side by side"),
        }
    }
}

/// Adds to `x` (rows, outputs) the product with `h` (rows, inputs), in place.
pub(in crate::engine) fn add_product(x: &Tensor, h: &Tensor, part: Affine<'_>) -> Result<()> {
    x.inplace_op2(h, &AddProduct(part))
}

struct Attention<'a, 'b> {
    shape: HeadShape,
    layer: usize,
    window: Option<usize>,
    preparation: HeadPreparation<'a>,
    sequences: RefCell<&'a mut [(&'b mut Pages, usize)]>,
}

impl CustomOp1 for Attention<'_, '_> {
    fn name(&self) -> &'static str {
        "paged-attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let HeadShape { heads, kv_heads, head_dim } = self.shape;
        let width = (heads + 2 * kv_heads) * head_dim;
        let rows = rows(layout, width)?;
        let qkv = numbers(storage, layout)?;
        let isa = Isa::best();
        let prepared = attention::prepare(isa, &self.shape, qkv, &self.preparation);
        let mut sequences = self.sequences.borrow_mut();
        let mut row = 0;
        for (pages, new) in sequences.iter_mut() {
            for i in 0..*new {
                let keys = &prepared.keys[row * kv_heads * head_dim..][..kv_heads * head_dim];
                let values = &qkv[row * width + (heads + kv_heads) * head_dim..][..kv_heads * head_dim];
                let (page, place) = pages.place_mut(self.layer, pages.len() + i)?;
                self.shape.store(page, place, keys, values);
                row += 1;
            }
        }
        let mut row = 0;
        let attending = sequences.iter().map(|(pages, new)| {
            let rows = row..row + new;
            row = rows.end;
            Attending { pages: pages.layer(self.layer), start: pages.len(), rows }
        });
        let mut out = vec![0.0; rows * heads * head_dim];
        let attending: Vec<_> = attending.collect();
        attention::attend(isa, &self.shape, self.window, &attending, &prepared.queries, &mut out);
        Ok((CpuStorage::F32(out), (rows, heads * head_dim).into()))
    }
}

/// Attention of the new tokens of several sequences in one layer: `qkv` (rows, queries, keys and values of all heads) →
/// (rows, heads × head dim). Each sequence comes with its number of new tokens, for which it has room; their keys and values
/// are stored. A token looks at the last `window` tokens, itself included, or at all.
pub(in crate::engine) fn attention(
    qkv: &Tensor,
    shape: HeadShape,
    layer: usize,
    window: Option<usize>,
    preparation: HeadPreparation<'_>,
    sequences: &mut [(&mut Pages, usize)],
) -> Result<Tensor> {
    qkv.apply_op1_no_bwd(&Attention { shape, layer, window, preparation, sequences: RefCell::new(sequences) })
}

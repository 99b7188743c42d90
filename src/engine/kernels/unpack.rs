//! A chunk of a panel as the products take it: quants of eight bits, scales and minima in 32 bits.

use super::form::{CHUNK_BLOCKS, Form, GROUPS, PANEL};
use super::half::to_f32;

/// One group of four inputs for each output of a panel, or a row of scales.
pub(super) type Lanes = [f32; PANEL];

/// An unpacked chunk.
#[repr(C, align(64))]
pub(super) struct Unpacked {
    /// For each group of four inputs, the quants of all outputs, four of each.
    pub(super) quants: [[u8; 64]; GROUPS * CHUNK_BLOCKS],
    /// For each block of 32 (or 16) inputs the scale of each output.
    pub(super) scales: [Lanes; 2 * CHUNK_BLOCKS],
    /// Likewise, what is added for each unit of the inputs: `minimum − scale · offset`.
    pub(super) minima: [Lanes; 2 * CHUNK_BLOCKS],
}

impl Unpacked {
    pub(super) const fn new() -> Self {
        Self {
            quants: [[0; 64]; GROUPS * CHUNK_BLOCKS],
            scales: [[0.0; PANEL]; 2 * CHUNK_BLOCKS],
            minima: [[0.0; PANEL]; 2 * CHUNK_BLOCKS],
        }
    }
}

/// A row of scales. Plain loops, because a closure would not be compiled for the processor's own instructions.
#[inline(always)]
fn halves(bytes: &[u8], row: usize, to: &mut Lanes) {
    for (to, half) in to.iter_mut().zip(bytes[2 * PANEL * row..].as_chunks::<2>().0) {
        *to = to_f32(u16::from_le_bytes(*half));
    }
}

/// Unpacks a chunk of so many blocks.
#[inline(always)]
pub(super) fn unpack(form: &Form, chunk: &[u8], blocks: usize, to: &mut Unpacked) {
    unpack_scales(form, chunk, blocks, to);
    let quants = &chunk[form.scale_bytes(blocks)..];
    let (low, high) = quants.split_at(form.low_bytes(blocks));
    let groups = GROUPS * blocks;
    if form.bits == 8 {
        for (to, from) in to.quants[..groups].iter_mut().zip(low.chunks_exact(64)) {
            to.copy_from_slice(from);
        }
        return;
    }
    for (pair, from) in to.quants[..groups].as_chunks_mut::<2>().0.iter_mut().zip(low.as_chunks::<64>().0) {
        for i in 0..64 {
            pair[0][i] = from[i] & 0xF;
            pair[1][i] = from[i] >> 4;
        }
    }
    match form.bits {
        5 => add_high::<1>(high, &mut to.quants[..groups]),
        6 => add_high::<2>(high, &mut to.quants[..groups]),
        _ => {}
    }
}

/// Puts the bits above the fourth to their quants.
#[inline(always)]
fn add_high<const BITS: usize>(high: &[u8], quants: &mut [[u8; 64]]) {
    let mask = (1u8 << BITS) - 1;
    for (groups, from) in quants.chunks_exact_mut(8 / BITS).zip(high.as_chunks::<64>().0) {
        for (t, group) in groups.iter_mut().enumerate() {
            for i in 0..64 {
                group[i] |= (from[i] >> (BITS * t) & mask) << 4;
            }
        }
    }
}

/// A row of scales of one byte each, under a common factor of each output. Made as a whole, it takes one instruction each to
/// convert, multiply and store.
#[inline(always)]
fn scaled(d: &Lanes, bytes: &[u8; PANEL]) -> Lanes {
    let mut scales = [0.0; PANEL];
    for r in 0..PANEL {
        scales[r] = d[r] * f32::from(bytes[r]);
    }
    scales
}

/// Unpacks the scales and minima of a chunk, not its quants.
#[inline(always)]
pub(super) fn unpack_scales(form: &Form, bytes: &[u8], blocks: usize, to: &mut Unpacked) {
    let (count, offset) = (form.scales(blocks), f32::from(form.offset));
    let Unpacked { scales, minima, .. } = to;
    if !form.nested {
        for row in 0..count {
            halves(bytes, row, &mut scales[row]);
            if form.minima {
                halves(bytes, count + row, &mut minima[row]);
            } else {
                for r in 0..PANEL {
                    minima[row][r] = -scales[row][r] * offset;
                }
            }
        }
        return;
    }
    let (mut d, mut d_min) = ([0.0; PANEL], [0.0; PANEL]);
    halves(bytes, 0, &mut d);
    if form.minima {
        halves(bytes, 1, &mut d_min);
        d_min = d_min.map(|d| -d);
        let (of_scales, of_minima) = bytes[4 * PANEL..].as_chunks::<PANEL>().0.split_at(blocks);
        for (to, row) in scales.iter_mut().zip(of_scales) {
            *to = scaled(&d, row);
        }
        for (to, row) in minima[..blocks].iter_mut().zip(of_minima) {
            *to = scaled(&d_min, row);
        }
    } else {
        let rows = bytes[2 * PANEL..].as_chunks::<PANEL>().0;
        for (row, bytes) in rows[..count].iter().enumerate() {
            for r in 0..PANEL {
                scales[row][r] = d[r] * f32::from(bytes[r].cast_signed());
                minima[row][r] = -scales[row][r] * offset;
            }
        }
    }
}

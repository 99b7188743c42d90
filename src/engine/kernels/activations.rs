//! Inputs of a matrix product, rounded to eight bits with a scale for each 32 of them.

use super::form::{BLOCK, CHUNK, CHUNK_BLOCKS};

/// At most 256 inputs of one row.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Activation {
    /// The rounded inputs, −127 to 127.
    pub(super) quants: [i8; CHUNK],
    /// For each block, what one unit is worth.
    pub(super) scales: [f32; CHUNK_BLOCKS],
    /// The sums of the rounded inputs, as numbers: of 32, and of 16.
    pub(super) sums: [f32; CHUNK_BLOCKS],
    pub(super) fine_sums: [f32; 2 * CHUNK_BLOCKS],
}

impl Activation {
    pub(super) const EMPTY: Self = Self {
        quants: [0; CHUNK],
        scales: [0.0; CHUNK_BLOCKS],
        sums: [0.0; CHUNK_BLOCKS],
        fine_sums: [0.0; 2 * CHUNK_BLOCKS],
    };

    /// Rounds at most 256 inputs, a multiple of 32.
    #[inline(always)]
    pub(super) fn quantize(&mut self, inputs: &[f32]) {
        for (b, block) in inputs.as_chunks::<BLOCK>().0.iter().enumerate() {
            // The largest magnitude by integer comparison: positive floats are ordered like their bits.
            let mut largest = 0;
            for x in block {
                largest = largest.max(x.to_bits() & 0x7FFF_FFFF);
            }
            let scale = f32::from_bits(largest) / 127.0;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            let mut sums = [0i32; 2];
            for (half, sum) in sums.iter_mut().enumerate() {
                for i in half * BLOCK / 2..(half + 1) * BLOCK / 2 {
                    // Adding 1.5 · 2²³ rounds to the nearest whole number, even at a half.
                    let rounded = (block[i] * inverse + 12_582_912.0).to_bits() as i32 - 0x4B40_0000;
                    *sum += rounded;
                    self.quants[b * BLOCK + i] = rounded as i8;
                }
            }
            self.scales[b] = scale;
            self.fine_sums[2 * b] = sums[0] as f32 * scale;
            self.fine_sums[2 * b + 1] = sums[1] as f32 * scale;
            self.sums[b] = (sums[0] + sums[1]) as f32 * scale;
        }
    }
}

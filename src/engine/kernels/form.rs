//! The stored types of weights that have kernels, and how they are laid out for them.
//!
//! A matrix is cut into panels of 16 outputs, a panel into chunks of at most 256 inputs, a chunk into blocks of 32. A vector
//! register of 64 bytes holds four inputs of each output of a panel: one group. No number is rounded: scales, minima and
//! quants are those of the file, in another order.
//!
//! A chunk holds its scales first, then the low four bits (or all eight) of its quants, then the bits above them:
//! - super-blocks of the K types: `d` of each output as f16, `dmin` where there are minima, then one byte of scale and one of
//!   minimum for each block and output;
//! - plain blocks: `d` as f16 for each block and output, then the minima likewise.

use candle_core::quantized::GgmlDType;

/// Outputs of a panel.
pub(super) const PANEL: usize = 16;
/// Inputs of a block.
pub(super) const BLOCK: usize = 32;
/// Blocks of a whole chunk.
pub(super) const CHUNK_BLOCKS: usize = 8;
/// Inputs of a whole chunk.
pub(super) const CHUNK: usize = BLOCK * CHUNK_BLOCKS;
/// Groups of four inputs in a block.
pub(super) const GROUPS: usize = BLOCK / 4;

/// How the weights of a matrix are stored: `w = scale · (q − offset) + minimum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Bits of a quant: 4, 5, 6 or 8.
    pub(super) bits: usize,
    /// Super-blocks of 256 with scales of one byte under a common `d`.
    pub(super) nested: bool,
    /// A scale for each 16 inputs, not 32.
    pub(super) fine: bool,
    /// Blocks have minima.
    pub(super) minima: bool,
    /// What is taken from each quant.
    pub(super) offset: u8,
    /// Bytes of a block of 32, or of a super-block of 256, in the file.
    pub(super) stored_bytes: usize,
}

impl Form {
    /// The form of a type that has kernels, if the rows can be cut into its blocks.
    pub(super) fn of(dtype: GgmlDType, inputs: usize) -> Option<Self> {
        let plain = |bits, minima, offset, stored_bytes| Self {
            bits,
            nested: false,
            fine: false,
            minima,
            offset,
            stored_bytes,
        };
        let form = match dtype {
            GgmlDType::Q4_0 => plain(4, false, 8, 18),
            GgmlDType::Q4_1 => plain(4, true, 0, 20),
            GgmlDType::Q5_0 => plain(5, false, 16, 22),
            GgmlDType::Q5_1 => plain(5, true, 0, 24),
            GgmlDType::Q8_0 => plain(8, false, 128, 34),
            GgmlDType::Q4K => Self { nested: true, ..plain(4, true, 0, 144) },
            GgmlDType::Q5K => Self { nested: true, ..plain(5, true, 0, 176) },
            GgmlDType::Q6K => Self { nested: true, fine: true, ..plain(6, false, 32, 210) },
            _ => return None,
        };
        inputs.is_multiple_of(form.stored_inputs()).then_some(form)
    }

    /// Inputs of a stored block.
    pub(super) fn stored_inputs(&self) -> usize {
        if self.nested { CHUNK } else { BLOCK }
    }

    /// Scales of each output in a chunk of so many blocks.
    pub(super) fn scales(&self, blocks: usize) -> usize {
        if self.fine { 2 * blocks } else { blocks }
    }

    /// Bytes of the scales and minima of a chunk.
    pub(super) fn scale_bytes(&self, blocks: usize) -> usize {
        let (scales, minima) = (self.scales(blocks), if self.minima { blocks } else { 0 });
        if self.nested {
            2 * PANEL * (1 + usize::from(self.minima)) + PANEL * (scales + minima)
        } else {
            2 * PANEL * (scales + minima)
        }
    }

    /// Bytes of the low bits of a chunk's quants.
    pub(super) fn low_bytes(&self, blocks: usize) -> usize {
        blocks * BLOCK * PANEL / if self.bits == 8 { 1 } else { 2 }
    }

    /// Bytes of a chunk.
    pub(super) fn chunk_bytes(&self, blocks: usize) -> usize {
        let high = match self.bits {
            5 => blocks * BLOCK * PANEL / 8,
            6 => blocks * BLOCK * PANEL / 4,
            _ => 0,
        };
        self.scale_bytes(blocks) + self.low_bytes(blocks) + high
    }

    /// Bytes of a panel with so many inputs.
    pub(super) fn panel_bytes(&self, inputs: usize) -> usize {
        let (whole, rest) = (inputs / CHUNK, inputs % CHUNK / BLOCK);
        whole * self.chunk_bytes(CHUNK_BLOCKS) + if rest > 0 { self.chunk_bytes(rest) } else { 0 }
    }
}

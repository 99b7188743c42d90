//! The KV cache: keys and values of computed tokens, which sequences share.

use candle_core::{Device, Result};

use super::kernels::attention::{HeadShape, PAGE};

mod pages;
mod tensors;

pub(super) use pages::Pages;
pub(super) use tensors::Blocks;

/// Sizes that the cache depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KvShape {
    pub(super) layers: usize,
    pub(super) heads: HeadShape,
}

impl KvShape {
    /// Bytes of one token's keys and values in pages.
    pub(super) fn token_bytes(&self) -> usize {
        self.layers * self.heads.page_len() * size_of::<u16>() / PAGE
    }
}

/// The computed tokens of one text. A clone shares what is there and goes on by itself.
#[derive(Debug, Clone)]
pub(super) enum Sequence {
    /// In the processor's memory, for our own kernels.
    Pages(Pages),
    /// As tensors on any device.
    Blocks(Blocks),
}

impl Sequence {
    /// A sequence without tokens, in pages or in tensors.
    pub(super) fn new(shape: KvShape, device: &Device, paged: bool) -> Self {
        if paged { Self::Pages(Pages::new(shape)) } else { Self::Blocks(Blocks::new(shape, device)) }
    }

    /// Tokens computed so far: the position of the next one.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Pages(pages) => pages.len(),
            Self::Blocks(blocks) => blocks.len(),
        }
    }

    /// Forgets all tokens but the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        match self {
            Self::Pages(pages) => pages.truncate(len),
            Self::Blocks(blocks) => blocks.truncate(len),
        }
    }

    /// Makes room for that many tokens more, which nobody else writes to.
    pub(super) fn reserve(&mut self, new: usize) -> Result<()> {
        match self {
            Self::Pages(pages) => {
                pages.reserve(new);
                Ok(())
            }
            Self::Blocks(blocks) => blocks.reserve(new),
        }
    }

    /// Says that the next `new` tokens are there in every layer.
    pub(super) fn advance(&mut self, new: usize) {
        match self {
            Self::Pages(pages) => pages.advance(new),
            Self::Blocks(blocks) => blocks.advance(new),
        }
    }

    /// The parts of its memory: an identity, the same in all sequences that share it, and its bytes.
    pub(super) fn memory(&self) -> Vec<(usize, usize)> {
        match self {
            Self::Pages(pages) => pages.memory(),
            Self::Blocks(blocks) => blocks.memory(),
        }
    }
}

//! Keys and values in pages of 64 tokens, as the kernels of attention read them.

use std::sync::Arc;

use candle_core::Result;

use super::KvShape;
use crate::engine::kernels::attention::PAGE;

/// Pages of one sequence. Page `i` holds the tokens from position 64 · i on, so sequences with the same beginning can share
/// its pages; one that is shared is copied before something is written to it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Pages {
    shape: KvShape,
    pages: Vec<Arc<Page>>,
    len: usize,
}

/// All layers of 64 tokens, as bf16. Places without a token hold numbers that nobody looks at.
#[derive(Debug, Clone)]
struct Page(Vec<u16>);

impl Pages {
    pub(super) fn new(shape: KvShape) -> Self {
        Self { shape, pages: Vec::new(), len: 0 }
    }

    pub(in crate::engine) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.pages.truncate(self.len.div_ceil(PAGE));
    }

    pub(super) fn advance(&mut self, new: usize) {
        self.len += new;
    }

    pub(super) fn reserve(&mut self, new: usize) {
        let size = self.shape.layers * self.shape.heads.page_len();
        while self.pages.len() * PAGE < self.len + new {
            self.pages.push(Arc::new(Page(vec![0; size])));
        }
        for page in &mut self.pages[self.len / PAGE..] {
            Arc::make_mut(page);
        }
    }

    /// The page of a layer that holds a position, and the place in it. Room for it must have been made.
    pub(in crate::engine) fn place_mut(&mut self, layer: usize, position: usize) -> Result<(&mut [u16], usize)> {
        let len = self.shape.heads.page_len();
        match self.pages.get_mut(position / PAGE).and_then(Arc::get_mut) {
            Some(page) => Ok((&mut page.0[layer * len..(layer + 1) * len], position % PAGE)),
            None => candle_core::bail!("there is no room for position {position}"),
        }
    }

    /// The pages of one layer.
    pub(in crate::engine) fn layer(&self, layer: usize) -> Vec<&[u16]> {
        let len = self.shape.heads.page_len();
        self.pages.iter().map(|page| &page.0[layer * len..(layer + 1) * len]).collect()
    }

    pub(super) fn memory(&self) -> Vec<(usize, usize)> {
        self.pages.iter().map(|page| (Arc::as_ptr(page) as usize, size_of_val(page.0.as_slice()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::kernels::attention::HeadShape;
    use super::*;

    const SHAPE: KvShape = KvShape { layers: 2, heads: HeadShape { heads: 2, kv_heads: 1, head_dim: 16 } };

    fn grown(mut pages: Pages, new: usize, mark: u16) -> Pages {
        pages.reserve(new);
        for position in pages.len()..pages.len() + new {
            for layer in 0..SHAPE.layers {
                let (page, place) = pages.place_mut(layer, position).unwrap();
                page[place] = mark;
            }
        }
        pages.advance(new);
        pages
    }

    fn marks(pages: &Pages) -> Vec<u16> {
        let layer = pages.layer(1);
        (0..pages.len()).map(|p| layer[p / PAGE][p % PAGE]).collect()
    }

    #[test]
    fn a_clone_shares_whole_pages_and_goes_on_alone() {
        let base = grown(Pages::new(SHAPE), PAGE + 10, 1);
        let one = grown(base.clone(), 3, 2);
        let mut two = base.clone();
        two.truncate(PAGE + 4);
        let two = grown(two, PAGE, 3);
        assert_eq!(marks(&base), vec![1; PAGE + 10]);
        assert_eq!(marks(&one), [vec![1; PAGE + 10], vec![2; 3]].concat());
        assert_eq!(marks(&two), [vec![1; PAGE + 4], vec![3; PAGE]].concat());
        let shared = |a: &Pages, b: &Pages| a.memory().iter().zip(b.memory()).filter(|(a, b)| *a == b).count();
        assert_eq!((shared(&base, &one), shared(&one, &two)), (1, 1), "the first page is there once");
        assert_eq!(base.memory()[0].1, 2 * 2 * PAGE * 32);
    }

    #[test]
    fn without_room_there_is_no_place() {
        let mut pages = grown(Pages::new(SHAPE), 5, 1);
        assert!(pages.place_mut(0, PAGE).is_err());
        let shared = pages.clone();
        assert!(pages.place_mut(0, 5).is_err(), "the page is somebody else's too");
        drop(shared);
        assert!(pages.place_mut(0, 5).is_ok());
    }
}

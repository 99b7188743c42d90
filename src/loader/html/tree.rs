//! HTML to a tree: a forgiving parser for untrusted pages, in linear time and without recursion.
//!
//! It follows the tokenizer of the HTML standard closely and its tree construction in what matters
//! for reading: implied ends, void and raw-text elements, unmatched end tags. Nodes stand in document
//! order, so that the subtree of a node is the range from it up to its `end`.

use std::borrow::Cow;

pub(super) use self::build::{parse, parse_xhtml};
use super::tag::{Attr, Tag};

mod build;

/// Index of a node.
pub(super) type Id = usize;

/// An element or a piece of text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) parent: u32,
    /// One past the last node of the subtree.
    end: u32,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Text, as bytes of the source; `raw` has no character references.
    Text {
        start: u32,
        end: u32,
        raw: bool,
    },
    Element {
        tag: Tag,
        attrs: u32,
        attrs_end: u32,
    },
}

/// A parsed page. Node 0 is the root, around all that there is.
#[derive(Debug)]
pub(super) struct Tree<'s> {
    source: &'s str,
    nodes: Vec<Node>,
    attrs: Vec<(Attr, u32, u32)>,
}

impl<'s> Tree<'s> {
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    pub(super) fn parent(&self, id: Id) -> Id {
        self.nodes[id].parent as Id
    }

    /// One past the last node of the subtree of `id`.
    pub(super) fn end(&self, id: Id) -> Id {
        self.nodes[id].end as Id
    }

    /// The element's tag; `Other` for text.
    pub(super) fn tag(&self, id: Id) -> Tag {
        match self.nodes[id].kind {
            Kind::Element { tag, .. } => tag,
            Kind::Text { .. } => Tag::Other,
        }
    }

    pub(super) fn is_element(&self, id: Id) -> bool {
        matches!(self.nodes[id].kind, Kind::Element { .. })
    }

    /// The text of a text node, with its character references resolved.
    pub(super) fn text(&self, id: Id) -> Cow<'s, str> {
        match self.nodes[id].kind {
            Kind::Text { start, end, raw } => {
                let text = &self.source[start as usize..end as usize];
                if raw { Cow::Borrowed(text) } else { unescape(text) }
            }
            Kind::Element { .. } => Cow::Borrowed(""),
        }
    }

    /// The text of a subtree, without markup.
    pub(super) fn inner_text(&self, id: Id) -> String {
        (id..self.end(id)).map(|n| self.text(n)).collect()
    }

    /// The value of an attribute as it stands in the source.
    pub(super) fn raw_attr(&self, id: Id, wanted: Attr) -> Option<&'s str> {
        let Kind::Element { attrs, attrs_end, .. } = self.nodes[id].kind else { return None };
        let found = self.attrs[attrs as usize..attrs_end as usize].iter().find(|a| a.0 == wanted)?;
        Some(&self.source[found.1 as usize..found.2 as usize])
    }

    pub(super) fn has_attrs(&self, id: Id) -> bool {
        matches!(self.nodes[id].kind, Kind::Element { attrs, attrs_end, .. } if attrs < attrs_end)
    }

    /// The value of an attribute.
    pub(super) fn attr(&self, id: Id, wanted: Attr) -> Option<Cow<'s, str>> {
        self.raw_attr(id, wanted)
            .map(|value| if value.contains('&') { htmlize::unescape_attribute(value) } else { Cow::Borrowed(value) })
    }

    /// The children of a node.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let end = self.end(id);
        let mut at = id + 1;
        std::iter::from_fn(move || {
            let child = (at < end).then_some(at)?;
            at = self.end(child);
            Some(child)
        })
    }
}

fn unescape(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_some() { htmlize::unescape(text) } else { Cow::Borrowed(text) }
}

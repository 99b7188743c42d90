//! The items that the text of a part is read to.

use super::styles::Look;
use crate::loader::block::BlockKind;

/// A paragraph, or the part of one up to a break that ends it.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    pub(super) text: String,
    pub(super) look: Option<Look>,
    /// An item of a list.
    pub(super) listed: bool,
    /// A row of a table.
    pub(super) row: bool,
    /// Part of a table of contents.
    pub(super) contents: bool,
    /// Below a picture.
    pub(super) below_picture: bool,
    pub(super) strong: bool,
    pub(super) emphasis: bool,
    pub(super) link: bool,
    /// The notes that it refers to, by the kind of note and its id.
    pub(super) notes: Vec<(NoteKind, String)>,
}

impl Item {
    /// The kind of block that it is.
    pub(super) fn kind(&self) -> BlockKind {
        match self.look {
            _ if self.row => BlockKind::TableRow,
            Some(Look::Heading(level)) => BlockKind::Heading(level),
            Some(Look::Code) => BlockKind::Code,
            _ if self.listed => BlockKind::ListItem,
            Some(Look::Quotation) => BlockKind::Quotation,
            _ => BlockKind::Paragraph,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum NoteKind {
    Footnote,
    Endnote,
}

//! The form between the front-ends, one for each format, and the segmenter: a list of blocks.

use super::normalize::normalize;
use crate::article::{OwnFaq, Span};
use crate::lang::Language;
use crate::sentence;

/// What kind of block a front-end saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// A heading that is marked as one, with its level from 1 to 6.
    Heading(u8),
    /// Running text; in plain text also a line that may turn out to be a heading.
    Paragraph,
    ListItem,
    Quotation,
    Code,
    TableRow,
}

/// One block and how it looked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    /// Where it stands in [`Document::text`], without markup and white space around it; never empty.
    pub(super) span: Span,
    /// All of it is bold.
    pub(super) strong: bool,
    /// All of it is italic.
    pub(super) emphasis: bool,
    /// All of it is a link.
    pub(super) link: bool,
    /// A blank line, or the beginning of the text, stands before it.
    pub(super) gap: bool,
    /// What the front-end takes it for; `Body` where it cannot tell.
    pub(super) role: Role,
}

impl Block {
    pub(super) fn new(kind: BlockKind, span: Span) -> Self {
        Self { kind, span, strong: false, emphasis: false, link: false, gap: true, role: Role::Body }
    }
}

/// What a file says about itself outside of its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) title: Option<String>,
    pub(super) deck: Option<String>,
    pub(super) byline: Option<String>,
    pub(super) date: Option<String>,
    pub(super) language: Option<String>,
    /// The language that counts only where the text does not tell its own: files are made from one another.
    pub(super) doubted_language: Option<String>,
    /// The address that the page gives itself.
    pub(super) url: Option<String>,
    /// The name of the site.
    pub(super) site: Option<String>,
}

/// What a front-end makes of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    /// The normalized text, which all spans index.
    pub(super) text: String,
    /// In order, without overlap; all of the text but markers and white space is in one of them.
    pub(super) blocks: Vec<Block>,
    pub(super) meta: Meta,
    /// Title and deck in `meta` are those of the article, and the blocks that show them have their roles.
    pub(super) headed: bool,
    /// The article's own FAQ block, if markup told of it; its blocks have their role.
    pub(super) faq: Option<OwnFaq>,
    /// What could not be read, each as a clause for people.
    pub(super) losses: Vec<String>,
}

impl Document {
    /// Adds a block to the text, in normal form; nothing if it is blank.
    pub(super) fn push(&mut self, kind: BlockKind, raw: &str, role: Role) -> Option<&mut Block> {
        let normal = normalize(raw);
        let text = normal.trim();
        if text.is_empty() {
            return None;
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.blocks.push(Block { role, ..Block::new(kind, Span::new(start, self.text.len())) });
        self.blocks.last_mut()
    }
}

/// What the segmenter takes a block for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Part of the body, by its own kind.
    Body,
    /// A line of plain text that is a heading.
    Heading(u8),
    Title,
    Deck,
    /// Byline or date.
    Meta,
    /// Part of the article's own FAQ block.
    Faq,
    Dropped(crate::article::DropReason),
}

/// A document with the roles found so far.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) doc: &'a Document,
    /// One for each block.
    pub(super) roles: Vec<Role>,
    /// Whether the block is a question that an interviewer asks: it is said, and so no heading.
    pub(super) spoken: Vec<bool>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(doc: &'a Document) -> Self {
        Self { doc, roles: doc.blocks.iter().map(|b| b.role).collect(), spoken: vec![false; doc.blocks.len()] }
    }

    pub(super) fn len(&self) -> usize {
        self.roles.len()
    }

    pub(super) fn block(&self, i: usize) -> &'a Block {
        &self.doc.blocks[i]
    }

    pub(super) fn text(&self, i: usize) -> &'a str {
        &self.doc.text[self.block(i).span.range()]
    }

    /// Whether nothing but the body has claimed the block.
    pub(super) fn is_free(&self, i: usize) -> bool {
        self.roles[i] == Role::Body
    }

    /// The next block after `i` that nothing has claimed.
    pub(super) fn next_free(&self, i: usize) -> Option<usize> {
        (i + 1..self.len()).find(|&j| self.is_free(j))
    }

    /// Whether the block is marked as a heading, or could be one by its looks.
    pub(super) fn is_heading_like(&self, i: usize) -> bool {
        let block = self.block(i);
        matches!(block.kind, BlockKind::Heading(_))
            || (block.kind == BlockKind::Paragraph && looks_like_heading(self.text(i)))
    }

    /// The same for the title of a FAQ block, which may be a question and a promise to answer it.
    pub(super) fn is_title_like(&self, i: usize) -> bool {
        let block = self.block(i);
        matches!(block.kind, BlockKind::Heading(_))
            || (block.kind == BlockKind::Paragraph && has_heading_form(self.text(i)))
    }
}

/// Whether a line has the form of a heading and is one sentence or phrase.
pub(super) fn looks_like_heading(line: &str) -> bool {
    has_heading_form(line) && !has_several_sentences(line)
}

/// Whether a sentence ends inside of a line. The language is not known yet, so all that the
/// segmenter knows must agree, and the number of a step or chapter (`Step 2. Close the tap`) ends none.
pub(super) fn has_several_sentences(line: &str) -> bool {
    let stopped = line.contains(['.', '?', '!', '…']);
    let numbered = |before: &str| before.strip_suffix('.').is_some_and(|b| b.ends_with(|c: char| c.is_ascii_digit()));
    let ends = |language| {
        let sentences = sentence::split(line, language);
        sentences.split_last().is_some_and(|(_, inner)| {
            inner.iter().map(|s| &line[s.range()]).any(|text| ends_sentence(text) && !numbered(text))
        })
    };
    stopped && [Language::EN, Language::ES].into_iter().all(ends)
}

/// Whether a line is short, begins like a heading and has no final stop.
fn has_heading_form(line: &str) -> bool {
    // So many bytes are too many characters, whatever they are; counting words of megabytes takes time.
    if line.len() > 440 {
        return false;
    }
    let words = line.split_whitespace().count();
    let first = line.chars().find(|c| c.is_alphanumeric());
    (1..=14).contains(&words)
        && line.chars().count() <= 110
        && !line.contains('\n')
        && first.is_some_and(|c| c.is_uppercase() || c.is_numeric() || !c.is_lowercase())
        && line.chars().any(char::is_alphabetic)
        && !line.starts_with(['-', '–', '—', '(', '[', '@', '#'])
        && !line.ends_with(['.', ',', ';', ':', '…'])
        && !is_quoted(line)
}

/// Whether a line is a quotation from its first to its last character.
pub(super) fn is_quoted(line: &str) -> bool {
    line.starts_with(['"', '“', '«', '‘', '\'']) && line.ends_with(['"', '”', '»', '’', '\''])
}

/// Whether a line ends as sentences end.
pub(super) fn ends_sentence(line: &str) -> bool {
    line.trim_end_matches(['"', '”', '»', '’', '\'', ')', ']', '*', '_']).ends_with(['.', '!', '?', '…'])
}

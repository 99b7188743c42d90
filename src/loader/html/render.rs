//! The visible text of a page, block by block, with what each block looks like and where it hangs.

use std::borrow::Cow;

use super::tag::{Attr, Tag};
use super::tree::{Id, Kind, Tree};
use super::zone;
use crate::loader::block::BlockKind;

/// A block of the page.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) kind: BlockKind,
    /// White space as a reader sees it; breaks are line feeds.
    pub(super) text: String,
    /// The innermost block element around it.
    pub(super) node: Id,
    /// The first text node in it.
    pub(super) at: Id,
    /// Characters, without white space, in all, in links, bold, in italic.
    pub(super) all: usize,
    pub(super) link: usize,
    pub(super) strong: usize,
    pub(super) emphasis: usize,
    /// It stands in an element that the page hides.
    pub(super) hidden: bool,
}

impl Piece {
    /// Share of the characters that are in links.
    pub(super) fn link_share(&self) -> f64 {
        self.link as f64 / self.all.max(1) as f64
    }
}

/// An open element that matters.
#[derive(Debug, Clone, Copy)]
struct Frame {
    end: Id,
    tag: Tag,
    id: Id,
    strong: bool,
    emphasis: bool,
    link: bool,
    hidden: bool,
}

/// Splits the page into its blocks; what is hidden is among them and says so.
pub(super) fn pieces(tree: &Tree<'_>) -> Vec<Piece> {
    pieces_without(tree, &|_| false)
}

/// The same without the elements that `left_out` is true of.
pub(super) fn pieces_without(tree: &Tree<'_>, left_out: &dyn Fn(Id) -> bool) -> Vec<Piece> {
    let mut renderer =
        Renderer { tree, out: Vec::new(), frames: Vec::new(), inline: Inline::default(), lists: Vec::new() };
    let mut id = 1;
    while id < tree.len() {
        renderer.leave(id);
        let next = match tree.node(id).kind {
            Kind::Text { .. } => {
                renderer.text(id);
                id + 1
            }
            Kind::Element { tag, .. } if tag.is_unseen() || left_out(id) => tree.end(id),
            Kind::Element { tag, .. } => {
                renderer.enter(id, tag);
                id + 1
            }
        };
        id = next;
    }
    renderer.leave(tree.len());
    renderer.flush();
    renderer.out
}

#[derive(Debug, Default)]
struct Inline {
    text: String,
    at: Option<Id>,
    all: usize,
    link: usize,
    strong: usize,
    emphasis: usize,
    hidden: usize,
    /// End of a bold run at the beginning.
    lead: Option<usize>,
    /// Number of the item that begins here.
    number: Option<u64>,
}

/// Whether a link leads out of the text: to another page, or to the top of this one.
fn leads_elsewhere(href: &str) -> bool {
    match href.trim().strip_prefix('#') {
        Some(part) => part.is_empty() || part.eq_ignore_ascii_case("top"),
        None => true,
    }
}

struct Renderer<'t, 's> {
    tree: &'t Tree<'s>,
    out: Vec<Piece>,
    frames: Vec<Frame>,
    inline: Inline,
    /// The next number of each open list, if it is numbered.
    lists: Vec<Option<u64>>,
}

impl Renderer<'_, '_> {
    fn top(&self) -> Option<&Frame> {
        self.frames.last()
    }

    fn enter(&mut self, id: Id, tag: Tag) {
        match tag {
            Tag::Br => return self.line_break(),
            Tag::Hr => return self.flush(),
            Tag::Img | Tag::Wbr | Tag::Input => return,
            _ => {}
        }
        let in_row = self.in_row();
        let parts = matches!(tag, Tag::Tr | Tag::Td | Tag::Th | Tag::Table);
        if tag.is_block() && (parts || !in_row) {
            if in_row && matches!(tag, Tag::Td | Tag::Th) {
                if !self.inline.text.trim().is_empty() {
                    self.inline.text.truncate(self.inline.text.trim_end().len());
                    self.inline.text.push_str(" | ");
                }
            } else {
                self.flush();
            }
        } else if tag.is_block() {
            self.space();
        }
        match tag {
            Tag::Ol => {
                let start = self.tree.raw_attr(id, Attr::Start).and_then(|s| s.trim().parse().ok()).unwrap_or(1);
                let number = self.tree.raw_attr(id, Attr::Reversed).is_none().then_some(start);
                self.lists.push(number);
            }
            Tag::Ul | Tag::Menu | Tag::Dl => self.lists.push(None),
            Tag::Li => {
                if let Some(Some(next)) = self.lists.last_mut() {
                    self.inline.number = Some(*next);
                    *next = next.saturating_add(1);
                }
            }
            _ => {}
        }
        let above = self.top().copied();
        let link = tag == Tag::A && self.tree.raw_attr(id, Attr::Href).is_some_and(leads_elsewhere);
        self.frames.push(Frame {
            end: self.tree.end(id),
            tag: self.shown_as(id, tag),
            id,
            strong: matches!(tag, Tag::Strong | Tag::B | Tag::Th) || above.is_some_and(|f| f.strong),
            emphasis: matches!(tag, Tag::Em | Tag::I) || above.is_some_and(|f| f.emphasis),
            link: link || above.is_some_and(|f| f.link),
            hidden: above.is_some_and(|f| f.hidden) || zone::is_hidden(self.tree, id),
        });
    }

    /// A table that only arranges the page is as good as a `div`, and so are its rows.
    fn shown_as(&self, id: Id, tag: Tag) -> Tag {
        let table = || self.frames.iter().rev().find(|f| matches!(f.tag, Tag::Table | Tag::Div)).map(|f| f.tag);
        let arranges = match tag {
            Tag::Table => self.is_layout(id),
            Tag::Tr => table() != Some(Tag::Table),
            _ => false,
        };
        if arranges { Tag::Div } else { tag }
    }

    /// Ends the elements that do not reach `id`.
    fn leave(&mut self, id: Id) {
        while let Some(frame) = self.top().copied().filter(|f| f.end <= id) {
            if frame.tag.is_block() {
                let cell = matches!(frame.tag, Tag::Td | Tag::Th) && self.in_row();
                let in_cell = self.in_row() && !matches!(frame.tag, Tag::Tr | Tag::Table);
                if in_cell && !cell {
                    self.space();
                } else if !cell {
                    self.flush();
                }
            }
            if matches!(frame.tag, Tag::Strong | Tag::B) && self.inline.strong == self.inline.all && self.inline.all > 0
            {
                // Without the space after it, which a line break takes back.
                self.inline.lead = Some(self.inline.text.trim_end().len());
            }
            if matches!(frame.tag, Tag::Ul | Tag::Ol | Tag::Menu | Tag::Dl) {
                self.lists.pop();
            }
            if frame.tag == Tag::Li {
                self.inline.number = None;
            }
            self.frames.pop();
        }
    }

    /// Whether the text at hand is part of a row of a table of data.
    fn in_row(&self) -> bool {
        for frame in self.frames.iter().rev() {
            match frame.tag {
                Tag::Tr => return true,
                Tag::Table | Tag::Div | Tag::Section | Tag::Article => return false,
                _ => {}
            }
        }
        false
    }

    /// Whether a table only arranges the page.
    fn is_layout(&self, id: Id) -> bool {
        if self.tree.raw_attr(id, Attr::Role).is_some_and(|r| r == "presentation" || r == "none") {
            return true;
        }
        let (mut rows, mut cells, mut paragraphs) = (0usize, 0usize, 0usize);
        for n in id + 1..self.tree.end(id) {
            match self.tree.tag(n) {
                Tag::Tr => rows += 1,
                Tag::Td | Tag::Th => cells += 1,
                Tag::P => paragraphs += 1,
                Tag::Table
                | Tag::Article
                | Tag::Section
                | Tag::H1
                | Tag::H2
                | Tag::H3
                | Tag::Form
                | Tag::Blockquote
                | Tag::Figure
                | Tag::Div => return true,
                _ => {}
            }
        }
        rows < 2 || cells <= rows || paragraphs > cells
    }

    fn line_break(&mut self) {
        if self.in_row() {
            return self.space();
        }
        let text = &mut self.inline.text;
        text.truncate(text.trim_end_matches(' ').len());
        // Two breaks end a paragraph, and one ends a question with its answer below it.
        let asked = text.ends_with('?') && !text.contains('\n');
        if (asked || text.ends_with('\n')) && !self.frames.iter().any(|f| f.tag == Tag::Pre) {
            self.flush();
        } else if !self.inline.text.is_empty() {
            self.inline.text.push('\n');
        }
    }

    fn space(&mut self) {
        let text = &mut self.inline.text;
        if !text.is_empty() && !text.ends_with([' ', '\n']) {
            text.push(' ');
        }
    }

    fn text(&mut self, id: Id) {
        let text: Cow<'_, str> = self.tree.text(id);
        let frame = self.top().copied();
        let pre = self.frames.iter().rev().any(|f| matches!(f.tag, Tag::Pre | Tag::Xmp));
        let inline = &mut self.inline;
        let mut solid = 0;
        if pre {
            inline.text.push_str(&text);
            solid = width(&text);
        } else {
            let mut blank = inline.text.is_empty() || inline.text.ends_with([' ', '\n']);
            let out = &mut inline.text;
            for part in text.split_inclusive([' ', '\n', '\t', '\r', '\x0C']) {
                let word = part.trim_end_matches([' ', '\n', '\t', '\r', '\x0C']);
                if !word.is_empty() {
                    out.push_str(word);
                    solid += width(word);
                    blank = false;
                }
                if word.len() < part.len() && !blank {
                    out.push(' ');
                    blank = true;
                }
            }
        }
        if solid == 0 {
            return;
        }
        inline.at.get_or_insert(id);
        inline.all += solid;
        if let Some(frame) = frame {
            inline.link += if frame.link { solid } else { 0 };
            inline.strong += if frame.strong { solid } else { 0 };
            inline.emphasis += if frame.emphasis { solid } else { 0 };
            inline.hidden += if frame.hidden { solid } else { 0 };
        }
    }

    /// Ends the current block.
    fn flush(&mut self) {
        let number = self.inline.number;
        let inline = std::mem::take(&mut self.inline);
        let Some(at) = inline.at else {
            self.inline.number = number;
            return;
        };
        let kind = self.kind();
        let node = self.frames.iter().rev().find(|f| f.tag.is_block()).map_or(0, |f| f.id);
        let piece = |text: &str, strong: bool| Piece {
            kind,
            text: text.trim().to_owned(),
            node,
            at,
            all: inline.all,
            link: inline.link,
            strong: if strong { inline.all } else { inline.strong.min(inline.all.saturating_sub(1)) },
            emphasis: inline.emphasis,
            hidden: 2 * inline.hidden > inline.all,
        };
        // A bold question that runs into its answer is a block of its own.
        if let Some(lead) = inline.lead
            && inline.strong < inline.all
            && inline.text[..lead].trim_end().ends_with('?')
        {
            self.out.push(piece(&inline.text[..lead], true));
            self.out.push(piece(&inline.text[lead..], false));
            return;
        }
        let numbered =
            number.filter(|_| kind == BlockKind::ListItem).map(|n| format!("{n}. {}", inline.text.trim_start()));
        let text = numbered.as_deref().unwrap_or(&inline.text);
        self.out.push(piece(text, inline.strong == inline.all));
    }

    fn kind(&self) -> BlockKind {
        let mut row = false;
        let mut quoted = false;
        for frame in self.frames.iter().rev() {
            if let Some(level) = frame.tag.level() {
                return BlockKind::Heading(level);
            }
            match frame.tag {
                Tag::Pre | Tag::Xmp => return BlockKind::Code,
                Tag::Tr => row = true,
                Tag::Table if row => return BlockKind::TableRow,
                Tag::Div | Tag::Section | Tag::Article => row = false,
                Tag::Li => return BlockKind::ListItem,
                Tag::Blockquote => quoted = true,
                _ => {}
            }
        }
        if quoted { BlockKind::Quotation } else { BlockKind::Paragraph }
    }
}

/// Characters without white space; one of the scripts without spaces says as much as two or more letters.
fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.bytes().filter(|b| !b.is_ascii_whitespace()).count();
    }
    text.chars().filter(|c| !c.is_whitespace()).map(|c| if c >= '\u{2E80}' { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    fn blocks(source: &str) -> Vec<(BlockKind, String)> {
        pieces(&tree::parse(source).unwrap()).into_iter().map(|p| (p.kind, p.text)).collect()
    }

    #[test]
    fn kinds_are_kept_and_white_space_collapses() {
        use BlockKind::*;
        let source = "<h2>A <i>small</i>\n head</h2><p>One&nbsp;<b>two</b>,\n  three<br>four<br><br>five</p>loose<script>x</script>\
            <ul><li>a<ul><li>b</ul><li><p>c</p></ul><ol start=3><li>d<li>e</ol><blockquote><p>q</p></blockquote>\
            <table><tr><th>h<th>k<tr><td><p>1</p><td>2</table><table><tr><td><div>lay</div><td>out</table><pre>x\n  y</pre>";
        let expected = [
            (Heading(2), "A small head"),
            (Paragraph, "One\u{A0}two, three\nfour"),
            (Paragraph, "five"),
            (Paragraph, "loose"),
            (ListItem, "a"),
            (ListItem, "b"),
            (ListItem, "c"),
            (ListItem, "3. d"),
            (ListItem, "4. e"),
            (Quotation, "q"),
            (TableRow, "h | k"),
            (TableRow, "1 | 2"),
            (Paragraph, "lay"),
            (Paragraph, "out"),
            (Code, "x\n  y"),
        ];
        assert_eq!(blocks(source), expected.map(|(k, t)| (k, t.to_owned())));
    }

    #[test]
    fn looks_are_measured() {
        let source = "<p><b>Why?</b> Because.</p><p><a href=x>All link</a></p><h2><a href='#self'>Anchor</a></h2><p hidden>unseen</p>";
        let all = pieces(&tree::parse(source).unwrap());
        let looks: Vec<_> =
            all.iter().map(|p| (p.text.as_str(), p.strong == p.all, p.link == p.all, p.hidden)).collect();
        assert_eq!(
            looks,
            [
                ("Why?", true, false, false),
                ("Because.", false, false, false),
                ("All link", false, true, false),
                ("Anchor", false, false, false),
                ("unseen", false, false, true)
            ]
        );
    }
}

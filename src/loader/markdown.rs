//! The front-end for Markdown: its plain rendering, block by block, with the markup's meaning kept.

use std::sync::LazyLock;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use regex::Regex;

use super::block::{Block, BlockKind, Document, Role};
use super::front_matter;

static HIDDEN_HTML: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?is)<!--.*?-->|<script\b.*?</script\s*>|<style\b.*?</style\s*>|<iframe\b.*?</iframe\s*>").unwrap()
});
static HTML_TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)<[/!?a-zA-Z][^>]*>").unwrap());

/// Splits a normalized Markdown text; the document's text is the plain rendering.
pub(super) fn parse(source: &str) -> Document {
    let (meta, body) = front_matter::split(source);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut renderer = Renderer::default();
    for event in Parser::new_ext(body, options) {
        renderer.event(event);
    }
    renderer.flush();
    let mut doc = renderer.doc;
    doc.meta = meta;
    doc
}

/// The parts of the current block, by how they look.
#[derive(Debug, Default)]
struct Inline {
    text: String,
    /// Bytes of `text`, without white space, in bold, italic, and links.
    strong: usize,
    emphasis: usize,
    link: usize,
    all: usize,
    /// End in `text` of a bold run at its beginning.
    strong_lead: Option<usize>,
}

#[derive(Debug, Default)]
struct Renderer {
    doc: Document,
    inline: Inline,
    heading: Option<u8>,
    quotes: usize,
    items: usize,
    /// For each open list the number of its next item, if it is numbered.
    lists: Vec<Option<u64>>,
    code: bool,
    row: bool,
    image: usize,
    strong: usize,
    emphasis: usize,
    link: usize,
    html: Option<String>,
}

impl Renderer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.push(&text);
            }
            Event::Html(html) => self.html.get_or_insert_default().push_str(&html),
            Event::InlineHtml(tag) if tag.to_ascii_lowercase().starts_with("<br") => self.push("\n"),
            Event::SoftBreak => self.push(" "),
            Event::HardBreak => self.push("\n"),
            Event::Rule => self.flush(),
            Event::InlineHtml(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::Link { .. } => self.link += 1,
            Tag::Image { .. } => self.image += 1,
            Tag::Strikethrough | Tag::Superscript | Tag::Subscript => {}
            Tag::TableCell => {
                if !self.inline.text.is_empty() {
                    self.inline.text.push_str(" | ");
                }
            }
            _ => {
                self.flush();
                match tag {
                    Tag::Heading { level, .. } => self.heading = Some(level_number(*level)),
                    Tag::BlockQuote(_) => self.quotes += 1,
                    Tag::List(first) => self.lists.push(*first),
                    Tag::Item => self.start_item(),
                    Tag::CodeBlock(_) => self.code = true,
                    Tag::TableHead | Tag::TableRow => self.row = true,
                    _ => {}
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => {
                self.strong -= 1;
                let end = self.inline.text.len();
                if self.inline.strong == self.inline.all && self.inline.all > 0 {
                    self.inline.strong_lead = Some(end);
                }
            }
            TagEnd::Emphasis => self.emphasis -= 1,
            TagEnd::Link => self.link -= 1,
            TagEnd::Image => self.image -= 1,
            TagEnd::Strikethrough | TagEnd::Superscript | TagEnd::Subscript | TagEnd::TableCell => {}
            TagEnd::HtmlBlock => self.html_block(),
            _ => {
                self.flush();
                match tag {
                    TagEnd::Heading(_) => self.heading = None,
                    TagEnd::BlockQuote(_) => self.quotes -= 1,
                    TagEnd::List(_) => drop(self.lists.pop()),
                    TagEnd::Item => {
                        self.items -= 1;
                        self.inline = Inline::default();
                    }
                    TagEnd::CodeBlock => self.code = false,
                    TagEnd::TableHead | TagEnd::TableRow => self.row = false,
                    _ => {}
                }
            }
        }
    }

    /// A numbered item keeps its number, as in plain text.
    fn start_item(&mut self) {
        self.items += 1;
        if let Some(Some(number)) = self.lists.last_mut() {
            self.inline.text = format!("{number}. ");
            *number += 1;
        }
    }

    fn push(&mut self, text: &str) {
        if self.image > 0 {
            return;
        }
        let solid = text.chars().filter(|c| !c.is_whitespace()).count();
        let inline = &mut self.inline;
        inline.all += solid;
        inline.strong += if self.strong > 0 { solid } else { 0 };
        inline.emphasis += if self.emphasis > 0 { solid } else { 0 };
        inline.link += if self.link > 0 { solid } else { 0 };
        inline.text.push_str(text);
    }

    /// Ends the current block.
    fn flush(&mut self) {
        if self.inline.all == 0 {
            // A number waits for the text of its item.
            if self.inline.text.trim().is_empty() {
                self.inline.text.clear();
            }
            return;
        }
        let inline = std::mem::take(&mut self.inline);
        let kind = match self.heading {
            Some(level) => BlockKind::Heading(level),
            None if self.code => BlockKind::Code,
            None if self.row => BlockKind::TableRow,
            None if self.items > 0 => BlockKind::ListItem,
            None if self.quotes > 0 => BlockKind::Quotation,
            None => BlockKind::Paragraph,
        };
        // A bold question that runs into its answer is a block of its own.
        if let Some(lead) = inline.strong_lead
            && inline.strong < inline.all
            && inline.text[..lead].trim_end().ends_with('?')
        {
            if let Some(block) = self.push_block(kind, &inline.text[..lead]) {
                block.strong = true;
            }
            self.push_block(kind, &inline.text[lead..]);
            return;
        }
        if let Some(block) = self.push_block(kind, &inline.text) {
            block.strong = inline.strong == inline.all;
            block.emphasis = inline.emphasis == inline.all;
            block.link = inline.link == inline.all;
        }
    }

    fn push_block(&mut self, kind: BlockKind, raw: &str) -> Option<&mut Block> {
        self.doc.push(kind, raw, Role::Body)
    }

    /// What a reader would see of an HTML block: its lines without tags.
    fn html_block(&mut self) {
        let html = self.html.take().unwrap_or_default();
        let visible = HIDDEN_HTML.replace_all(&html, "");
        for line in HTML_TAG.replace_all(&visible, "\u{B}").split(['\n', '\u{B}']) {
            self.push_block(BlockKind::Paragraph, line);
        }
    }
}

fn level_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(source: &str) -> Vec<(BlockKind, String)> {
        let doc = parse(source);
        doc.blocks.iter().map(|b| (b.kind, doc.text[b.span.range()].to_owned())).collect()
    }

    #[test]
    fn kinds_are_kept_and_markup_goes() {
        let source = "# A *small* title\n\nText with a [link](https://example.org), `code`,\nand ~~struck~~ words.[^1]\n\n\
                      ![a picture](p.png)\n\n- one\n- two\n  - inner **item**\n\n> quoted\n\n3. three\n4. four\n\n   more\n\n\
                      | h | k |\n|---|---|\n| a | b |\n\n```rust\nlet a = 1;\n\nlet b = 2;\n```\n\nEnd\\\nline&nbsp;x.\n\n[^1]: A note.\n";
        assert_eq!(
            blocks(source),
            [
                (BlockKind::Heading(1), "A small title".to_owned()),
                (BlockKind::Paragraph, "Text with a link, code, and struck words.".to_owned()),
                (BlockKind::ListItem, "one".to_owned()),
                (BlockKind::ListItem, "two".to_owned()),
                (BlockKind::ListItem, "inner item".to_owned()),
                (BlockKind::Quotation, "quoted".to_owned()),
                (BlockKind::ListItem, "3. three".to_owned()),
                (BlockKind::ListItem, "4. four".to_owned()),
                (BlockKind::ListItem, "more".to_owned()),
                (BlockKind::TableRow, "h | k".to_owned()),
                (BlockKind::TableRow, "a | b".to_owned()),
                (BlockKind::Code, "let a = 1;\n\nlet b = 2;".to_owned()),
                (BlockKind::Paragraph, "End\nline x.".to_owned()),
                (BlockKind::Paragraph, "A note.".to_owned()),
            ]
        );
    }

    #[test]
    fn html_is_reduced_to_what_a_reader_sees() {
        let source = "<details>\n<summary>Why?</summary>\n\nBecause.\n\n</details>\n\n<!-- hidden -->\n\n<script>\nlet x = 1;\n</script>\n\n\
                      Text <b>bold</b> here.";
        let texts: Vec<_> = blocks(source).into_iter().map(|b| b.1).collect();
        assert_eq!(texts, ["Why?", "Because.", "Text bold here."]);
    }

    #[test]
    fn looks_of_whole_blocks_are_kept_and_bold_questions_stand_apart() {
        let doc = parse("**All bold**\n\n*All italic*\n\n[All link](x)\n\n**Why?** Because *so*.\n\nPart **bold**");
        let looks: Vec<_> = doc.blocks.iter().map(|b| (b.strong, b.emphasis, b.link)).collect();
        let no = (false, false, false);
        assert_eq!(
            looks,
            [(true, false, false), (false, true, false), (false, false, true), (true, false, false), no, no]
        );
        assert_eq!(&doc.text[doc.blocks[4].span.range()], "Because so.");
    }
}

//! Paragraphs: what is written into an open one, and the items that it becomes when it ends.

use super::{Open, Sink, Walker};
use crate::loader::docx::item::{Item, NoteKind};
use crate::loader::docx::numbering::Marker;
use crate::loader::docx::styles::{ListRef, Look, RunLook};

/// Text up to a break that ends a block.
#[derive(Debug, Default)]
pub(super) struct Inline {
    text: String,
    /// Characters, without white space, in all, bold, italic, and in links.
    all: usize,
    strong: usize,
    emphasis: usize,
    link: usize,
    /// End of a bold run at the beginning.
    lead: Option<usize>,
}

/// An open paragraph.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    pub(super) style: Option<String>,
    pub(super) outline: Option<u8>,
    pub(super) list_id: Option<u32>,
    pub(super) list_level: Option<usize>,
    /// The mark at its end is deleted: the next paragraph goes on where it ends.
    pub(super) joined: bool,
    pub(super) picture: bool,
    pub(super) base: RunLook,
    pub(super) run: RunLook,
    done: Vec<Inline>,
    inline: Inline,
    pub(super) notes: Vec<(NoteKind, String)>,
    /// What its text boxes hold.
    pub(super) boxed: Vec<Item>,
}

impl Walker<'_> {
    pub(super) fn begin_paragraph(&mut self) {
        let base = self.styles.run(None, RunLook::default());
        let mut paragraph = Paragraph { base, run: base, ..Default::default() };
        if let Some(joined) = self.joined.take() {
            paragraph.done = joined.done;
            paragraph.inline = joined.inline;
            paragraph.notes = joined.notes;
            paragraph.boxed = joined.boxed;
        }
        self.paragraphs.push(paragraph);
    }

    pub(super) fn text(&mut self, text: &str, open: &[Open]) {
        let in_run = open.contains(&Open::Run);
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        if self.fields.iter().any(|f| !f.result) || (in_run && paragraph.run.hidden) {
            return;
        }
        let look = paragraph.run;
        let solid = text.chars().filter(|c| !c.is_whitespace()).count();
        let inline = &mut paragraph.inline;
        if solid > 0 && !look.bold && inline.strong == inline.all && inline.all > 0 && inline.lead.is_none() {
            inline.lead = Some(inline.text.len());
        }
        inline.text.extend(text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }));
        inline.all += solid;
        inline.strong += if look.bold { solid } else { 0 };
        inline.emphasis += if look.italic { solid } else { 0 };
        let link =
            self.links > 0 || self.fields.iter().any(|f| f.instruction.trim_start().starts_with("HYPERLINK \"http"));
        inline.link += if link { solid } else { 0 };
    }

    /// Two breaks end a paragraph, and one ends a question with its answer below it.
    pub(super) fn line_break(&mut self) {
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        if self.fields.iter().any(|f| !f.result) || paragraph.run.hidden {
            return;
        }
        let text = &mut paragraph.inline.text;
        text.truncate(text.trim_end_matches(' ').len());
        let asked = text.ends_with('?') && !text.contains('\n');
        if asked || text.ends_with('\n') {
            paragraph.done.push(std::mem::take(&mut paragraph.inline));
        } else if !text.is_empty() {
            text.push('\n');
        }
    }

    pub(super) fn end_paragraph(&mut self, contents: bool) {
        let Some(mut paragraph) = self.paragraphs.pop() else { return };
        // Instructions do not span paragraphs; a field without its end would hide all that follows.
        let contents = contents || self.fields.iter().any(|f| f.instruction.trim_start().starts_with("TOC"));
        self.fields.iter_mut().for_each(|f| f.result = true);
        if paragraph.joined {
            paragraph.joined = false;
            self.joined = Some(paragraph);
        } else {
            self.finish(paragraph, contents);
        }
    }

    pub(super) fn flush_joined(&mut self) {
        if let Some(paragraph) = self.joined.take() {
            self.finish(paragraph, false);
        }
    }

    fn finish(&mut self, paragraph: Paragraph, contents: bool) {
        let style = paragraph.style.as_deref();
        let look = self.styles.look(style, paragraph.outline);
        let list = match paragraph.list_id {
            Some(0) => None,
            Some(id) => Some(ListRef { id, level: paragraph.list_level.unwrap_or(0).min(8) }),
            None => self.styles.list(style),
        };
        let marker = list.map(|list| self.numbering.next(list, self.styles));
        let listed = look == Some(Look::ListItem) || matches!(marker, Some(Marker::Bullet | Marker::Number(_)));
        let mut number = match marker {
            Some(Marker::Number(number)) if !matches!(look, Some(Look::Heading(_) | Look::Title)) => Some(number),
            _ => None,
        };
        let mut inlines = paragraph.done;
        inlines.push(paragraph.inline);
        let blank = inlines.iter().all(|i| i.all == 0);
        let model = Item { look, listed, contents, below_picture: self.after_picture, ..Default::default() };
        let first = inlines.iter().position(|i| i.all > 0);
        for (i, mut inline) in inlines.into_iter().enumerate().filter(|(_, i)| i.all > 0) {
            let mut notes = Vec::new();
            if first == Some(i) {
                notes.clone_from(&paragraph.notes);
                if let Some(number) = number.take().filter(|n| !n.is_empty()) {
                    let numbered = format!("{number} {}", inline.text.trim_start());
                    inline.lead = inline.lead.map(|l| (l + numbered.len()).saturating_sub(inline.text.len()));
                    inline.text = numbered;
                }
            }
            self.emit_inline(&model, inline, notes);
        }
        if first.is_none() && (look == Some(Look::Code) || !paragraph.notes.is_empty()) {
            self.emit(Item { notes: paragraph.notes, ..model });
        }
        self.after_picture = paragraph.picture || (self.after_picture && blank);
        for item in paragraph.boxed {
            self.emit(item);
        }
    }

    fn emit_inline(&mut self, model: &Item, inline: Inline, notes: Vec<(NoteKind, String)>) {
        let strong = inline.strong == inline.all;
        // A bold question that runs into its answer is a block of its own.
        if let Some(lead) = inline.lead.filter(|&l| inline.text.is_char_boundary(l))
            && !strong
            && inline.text[..lead].trim_end().ends_with('?')
        {
            self.emit(Item { text: inline.text[..lead].to_owned(), strong: true, ..model.clone() });
            self.emit(Item { text: inline.text[lead..].to_owned(), notes, ..model.clone() });
            return;
        }
        let (emphasis, link) = (inline.emphasis == inline.all, inline.link == inline.all);
        self.emit(Item { text: inline.text, strong, emphasis, link, notes, ..model.clone() });
    }

    pub(super) fn emit(&mut self, item: Item) {
        match self.sinks.last_mut() {
            Some(Sink::Plain(items)) => items.push(item),
            Some(Sink::Table(table)) => table.push(item),
            None => {}
        }
    }
}

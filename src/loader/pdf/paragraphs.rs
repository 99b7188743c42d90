//! Lines to paragraphs, list items and rows of tables, across columns and pages.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::lines::Line;
use super::tables;
use super::words::Words;
use crate::loader::block::ends_sentence;

pub(super) static BULLET: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[•‣▪◦●■□▸►❖✓·–—*-](?:\s+|$)").unwrap());
pub(super) static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\(?(?:(\d{1,3})[.)]|[a-z]\))(?:\s+|$)").unwrap());

static CAPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?i:fig(?:ure|ura)?|table|tabla|cuadro|gráfico|chart|box)\.?\s?\d+(?:\.\d+)*\s?[.:–—-]").unwrap()
});

/// Whether a line begins as captions of figures and tables do.
pub(super) fn is_caption(text: &str) -> bool {
    CAPTION.is_match(text)
}

/// What a run of lines is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// An item; its bullet is not in the text, its number is.
    Item,
    Row,
}

/// Lines that belong together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Paragraph {
    pub(super) kind: Kind,
    pub(super) lines: Vec<Line>,
    /// For a row: its cells, one for each column of the table.
    pub(super) cells: Vec<String>,
}

impl Paragraph {
    fn of(line: Line, kind: Kind) -> Self {
        Self { kind, lines: vec![line], cells: Vec::new() }
    }

    pub(super) fn first(&self) -> &Line {
        &self.lines[0]
    }

    fn last(&self) -> &Line {
        &self.lines[self.lines.len() - 1]
    }

    pub(super) fn size(&self) -> f32 {
        self.first().size()
    }

    pub(super) fn bold(&self) -> bool {
        self.lines.iter().all(Line::bold)
    }

    pub(super) fn italic(&self) -> bool {
        self.lines.iter().all(Line::italic)
    }
}

/// What holds for the whole document.
#[derive(Debug)]
pub(super) struct Style {
    /// The size of the running text.
    pub(super) body: f32,
    /// Usual distance of base lines, by size in half points.
    leading: HashMap<i32, f32>,
}

impl Style {
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut sizes: HashMap<i32, usize> = HashMap::new();
        for line in lines {
            *sizes.entry(half(line.size())).or_default() += line.segments.iter().map(|s| s.text.len()).sum::<usize>();
        }
        let body = sizes.iter().max_by_key(|(size, n)| (**n, **size)).map_or(10.0, |(size, _)| *size as f32 / 2.0);
        let mut steps: HashMap<i32, HashMap<i32, usize>> = HashMap::new();
        for pair in lines.windows(2).filter(|p| p[0].column == p[1].column && alike(p[0].size(), p[1].size())) {
            let step = pair[1].y() - pair[0].y();
            if step > pair[0].size() * 0.8 && step < pair[0].size() * 2.5 {
                *steps.entry(half(pair[0].size())).or_default().entry((step * 4.0) as i32).or_default() += 1;
            }
        }
        let usual = |steps: HashMap<i32, usize>| {
            steps.into_iter().max_by_key(|(step, n)| (*n, -step)).map(|(step, _)| (step as f32 + 0.5) / 4.0)
        };
        let leading = steps.into_iter().filter_map(|(size, steps)| Some((size, usual(steps)?))).collect();
        Self { body, leading }
    }

    fn leading(&self, size: f32) -> f32 {
        self.leading.get(&half(size)).copied().unwrap_or(size * 1.25)
    }

    /// Whether the size is one of headings.
    pub(super) fn is_large(&self, size: f32) -> bool {
        size > self.body * 1.08 + 0.2
    }
}

fn half(size: f32) -> i32 {
    (size * 2.0).round() as i32
}

fn alike(a: f32, b: f32) -> bool {
    (a - b).abs() <= a.max(b) * 0.08
}

/// Splits the lines of a document, in reading order.
pub(super) fn split(lines: Vec<Line>, style: &Style) -> Vec<Paragraph> {
    let mut out: Vec<Paragraph> = Vec::new();
    // The last paragraph that its column left unfinished.
    let mut open: Option<usize> = None;
    let tables = tables::find(&lines);
    let mut lines = lines.into_iter().enumerate().peekable();
    let mut tables = tables.into_iter().peekable();
    while let Some((i, line)) = lines.next() {
        if tables.peek().is_some_and(|t| t.start == i) {
            let end = tables.next().map_or(i + 1, |t| t.end);
            let mut rows = vec![line];
            while let Some((_, row)) = lines.next_if(|(j, _)| *j < end) {
                rows.push(row);
            }
            out.extend(tables::rows(rows));
            continue;
        }
        let new_column = out.last().is_none_or(|p| p.last().column != line.column);
        if !new_column {
            if let Some(last) = out.last_mut().filter(|p| p.kind != Kind::Row && goes_on(p, &line, style)) {
                last.lines.push(line);
                continue;
            }
        } else if let Some(found) = left_open(&out, style) {
            open = Some(found);
        }
        let kind = kind(&line, out.last(), style);
        if kind == Kind::Text
            && let Some(target) = open.filter(|&t| resumes(&out[t], &line))
        {
            out[target].lines.push(line);
            // It may be left unfinished once more, but what follows now follows it.
            if target + 1 != out.len() {
                let resumed = out.remove(target);
                out.push(resumed);
            }
            open = None;
            continue;
        }
        if style.is_large(line.size()) || (alike(line.size(), style.body) && !CAPTION.is_match(&line.text())) {
            open = None;
        }
        out.push(Paragraph::of(line, kind));
    }
    out
}

/// The paragraph of running text that the last column left unfinished; notes and captions may stand below it.
fn left_open(paragraphs: &[Paragraph], style: &Style) -> Option<usize> {
    let column = paragraphs.last()?.last().column;
    let beside =
        |p: &&Paragraph| p.kind == Kind::Text && (p.size() < style.body * 0.93 || CAPTION.is_match(&p.first().text()));
    let below = paragraphs.iter().rev().take(8).take_while(beside).count();
    let at = paragraphs.len().checked_sub(below + 1)?;
    let last = &paragraphs[at];
    let running = last.kind != Kind::Row && alike(last.size(), style.body);
    (running && last.last().column == column && is_unfinished(last)).then_some(at)
}

fn kind(line: &Line, before: Option<&Paragraph>, style: &Style) -> Kind {
    let text = line.text();
    let bold_item = line.bold() && !text.starts_with(['•', '‣', '▪', '●']);
    if style.is_large(line.size()) || bold_item {
        return Kind::Text;
    }
    if BULLET.is_match(&text) {
        // Dialogue begins with a dash too, but without space or in the run of the text.
        return Kind::Item;
    }
    let Some(number) = NUMBER.captures(&text) else { return Kind::Text };
    let goes_on = before.is_some_and(|p| p.kind == Kind::Item || p.last().text().ends_with(':'));
    let first = number.get(1).is_none_or(|n| n.as_str() == "1");
    // `14. of March` at the beginning of a line is no item: a list begins at 1 or goes on.
    if goes_on || first || before.is_none_or(|p| ends_sentence(&p.last().text())) { Kind::Item } else { Kind::Text }
}

/// Whether the paragraph goes on in the next line of its column.
fn goes_on(paragraph: &Paragraph, line: &Line, style: &Style) -> bool {
    let last = paragraph.last();
    let (size, step) = (last.size(), line.y() - last.y());
    let text = line.text();
    let last_text = last.text();
    if !alike(size, line.size()) || step > style.leading(size) * 1.35 || step < 0.0 {
        return false;
    }
    let hyphenated = last_text.ends_with(['-', '\u{AD}', '\u{2010}']) && text.starts_with(char::is_lowercase);
    if hyphenated {
        return true;
    }
    let low = text.starts_with(char::is_lowercase);
    let ended = ends_sentence(&last_text) || last_text.ends_with(':');
    if style.is_large(size) {
        return true;
    }
    if line.bold() != last.bold() && (ended || !low) {
        return false;
    }
    if kind(line, Some(paragraph), style) == Kind::Item {
        // A dash or a number can begin a line in the middle of a sentence.
        let aligned = (line.x0() - paragraph.first().x0()).abs() < size * 0.5;
        let outside = paragraph.kind == Kind::Item && line.x0() < paragraph.first().x0() + size * 0.4;
        let marked = paragraph.kind == Kind::Item && BULLET.is_match(&text);
        return !(ended || aligned || outside || marked || !is_full(last, &text));
    }
    if paragraph.kind == Kind::Item {
        let inside = line.x0() > paragraph.first().x0() + size * 0.4;
        return inside || low || (!ended && is_full(last, &text));
    }
    let indented = line.x0() > last.x0() + size * 0.7 && line.x0() > line.left + size * 0.7;
    if indented && (ended || !is_full(last, &text)) {
        return false;
    }
    let outdented = line.x0() < last.x0() - size * 0.7;
    if outdented && paragraph.lines.len() > 1 && !low {
        return false;
    }
    if is_full(last, &text) {
        return true;
    }
    // The line before was ended on purpose, unless it is ragged.
    let short = last.right - last.x1() > (last.right - last.left) * 0.3;
    !(ended || (short && !low))
}

/// Whether the first word of what follows would not have fitted on the line.
fn is_full(line: &Line, next: &str) -> bool {
    let text = line.text();
    let per_char = (line.x1() - line.x0()) / text.chars().count().max(1) as f32;
    let word = next.split(' ').next().map_or(0, |w| w.chars().count() + 1) as f32;
    line.x1() + per_char * word > line.right - line.size() * 0.3
}

/// Whether the paragraph may go on in another column.
fn is_unfinished(paragraph: &Paragraph) -> bool {
    let text = paragraph.last().text();
    !ends_sentence(&text) && !text.ends_with(':') && text.chars().any(char::is_alphabetic)
}

/// Whether a line takes up a paragraph that another column left unfinished.
fn resumes(paragraph: &Paragraph, line: &Line) -> bool {
    let (last, text) = (paragraph.last(), line.text());
    let bold = paragraph.lines.iter().any(Line::bold) == line.bold() || !line.bold();
    if !alike(last.size(), line.size()) || !bold || paragraph.last().column == line.column {
        return false;
    }
    let low = text.starts_with(|c: char| c.is_lowercase() || c == ',' || c == ')');
    low || (is_full(last, &text) && text.starts_with(|c: char| c.is_alphanumeric() || "“\"«‘(¿¡".contains(c)))
}

/// The text of a paragraph, and for an item without its bullet.
pub(super) fn text(paragraph: &Paragraph, words: &Words) -> String {
    if paragraph.kind == Kind::Row {
        let mut row = String::new();
        for cell in &paragraph.cells {
            if !row.is_empty() {
                row.push_str(" | ");
            }
            row.push_str(cell);
        }
        return row;
    }
    let mut out = String::new();
    for line in &paragraph.lines {
        let text = line.text();
        if out.is_empty() {
            out = text;
        } else {
            words.join(&mut out, &text);
        }
    }
    match BULLET.find(&out).filter(|_| paragraph.kind == Kind::Item) {
        Some(bullet) => out[bullet.end()..].to_owned(),
        None => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loader::pdf::glyphs::Run;

    fn line(text: &str, x0: f32, y: f32, column: usize) -> Line {
        let x1 = x0 + 5.0 * text.chars().count() as f32;
        let segment = Run { text: text.into(), x0, x1, y, size: 10.0, bold: false, italic: false };
        Line { segments: vec![segment], page: 0, column, left: 50.0, right: 250.0 }
    }

    fn read(lines: Vec<Line>) -> Vec<String> {
        let (style, words) = (Style::of(&lines), Words::of(&lines));
        split(lines, &style).iter().map(|p| text(p, &words)).collect()
    }

    #[test]
    fn a_sentence_goes_on_behind_the_note_that_interrupts_it() {
        let mut note = line("1 A note at the foot of the page.", 50.0, 700.0, 0);
        note.segments[0].size = 8.0;
        let lines = vec![
            line("The dam came down in spring and the fish", 50.0, 600.0, 0),
            note,
            line("came back within a year, to the surprise", 50.0, 60.0, 1),
            line("of all.", 50.0, 72.0, 1),
        ];
        let read = read(lines);
        assert_eq!(
            read[1],
            "The dam came down in spring and the fish came back within a year, to the surprise of all."
        );
        assert!(read[0].starts_with("1 A note"));
    }

    #[test]
    fn items_and_what_only_looks_like_one() {
        let lines = vec![
            line("It has three parts:", 50.0, 100.0, 0),
            line("• the first of them, which is so long that", 60.0, 112.0, 0),
            line("it is wrapped", 68.0, 124.0, 0),
            line("• the second", 60.0, 136.0, 0),
            line("The law of May, which is older than the", 50.0, 160.0, 0),
            line("14. It was passed that year.", 50.0, 172.0, 0),
        ];
        assert_eq!(
            read(lines),
            [
                "It has three parts:",
                "the first of them, which is so long that it is wrapped",
                "the second",
                "The law of May, which is older than the 14. It was passed that year."
            ]
        );
    }

    #[test]
    fn rows_have_a_cell_for_each_column() {
        let row = |cells: &[(&str, f32)], y: f32| {
            let mut row = line(cells[0].0, cells[0].1, y, 0);
            row.segments = cells.iter().flat_map(|(t, x)| line(t, *x, y, 0).segments).collect();
            row
        };
        let lines = vec![
            row(&[("Year", 50.0), ("Spent", 100.0), ("On", 170.0)], 100.0),
            row(&[("2016", 50.0), ("4.1", 110.0), ("Surveys", 170.0)], 114.0),
            row(&[("Total", 50.0), ("4.1", 110.0)], 128.0),
        ];
        assert_eq!(read(lines), ["Year | Spent | On", "2016 | 4.1 | Surveys", "Total | 4.1 | "]);
    }
}

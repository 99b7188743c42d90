//! Pieces of text to lines in reading order: words, lines, columns.

use std::collections::BTreeMap;

use super::glyphs::{Page, Piece, Run};

/// A gap wider than this, in ems, is a space between words.
const WORD_GAP: f32 = 0.17;
/// A gap wider than this, in ems, parts columns or cells.
const CELL_GAP: f32 = 0.9;
/// The same where a space was drawn in it.
const SPACED_CELL_GAP: f32 = 1.8;
/// Columns in columns, at most.
const MAX_DEPTH: usize = 6;

/// One line of a column; a row of a table has several segments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) segments: Vec<Run>,
    pub(super) page: usize,
    /// Which column of the document, counted in reading order.
    pub(super) column: usize,
    /// The column's edges.
    pub(super) left: f32,
    pub(super) right: f32,
}

impl Line {
    pub(super) fn text(&self) -> String {
        self.segments.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn x0(&self) -> f32 {
        self.segments.first().map_or(0.0, |s| s.x0)
    }

    pub(super) fn x1(&self) -> f32 {
        self.segments.last().map_or(0.0, |s| s.x1)
    }

    pub(super) fn y(&self) -> f32 {
        self.main().map_or(0.0, |s| s.y)
    }

    pub(super) fn size(&self) -> f32 {
        self.main().map_or(0.0, |s| s.size)
    }

    pub(super) fn bold(&self) -> bool {
        self.segments.iter().all(|s| s.bold)
    }

    pub(super) fn italic(&self) -> bool {
        self.segments.iter().all(|s| s.italic)
    }

    /// The segment with the most text.
    fn main(&self) -> Option<&Run> {
        self.segments.iter().max_by_key(|s| s.text.len())
    }
}

/// The segments of a page, from top to bottom; what is marked as aside is not among them.
pub(super) fn segments(page: &Page) -> Vec<Run> {
    let mut out = Vec::new();
    for row in rows(&page.pieces) {
        let mut run: Vec<&Piece> = Vec::new();
        for piece in row {
            if let Some(last) = run.last() {
                let size = last.run.size.max(piece.run.size);
                let limit = if piece.spaced { SPACED_CELL_GAP } else { CELL_GAP };
                if piece.run.x0 - last.run.x1 > limit * size {
                    out.extend(segment(&run));
                    run.clear();
                }
            }
            run.push(piece);
        }
        out.extend(segment(&run));
    }
    out.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x0.total_cmp(&b.x0)));
    out
}

/// Pieces on the same base line, from left to right; raised and lowered ones go with the text they stand at.
fn rows(pieces: &[Piece]) -> Vec<Vec<&Piece>> {
    let key = |y: f32| (f64::from(y) * 100.0) as i64;
    let mut order: Vec<&Piece> = pieces.iter().filter(|p| !p.aside).collect();
    order.sort_by(|a, b| b.run.size.total_cmp(&a.run.size).then(a.run.y.total_cmp(&b.run.y)));
    let mut rows: Vec<Vec<&Piece>> = Vec::new();
    let mut places: BTreeMap<i64, usize> = BTreeMap::new();
    for piece in order {
        let near = |below: f32, above: f32| {
            let (from, to) = (key(piece.run.y - above), key(piece.run.y + below));
            // The nearest few are enough: base lines lie apart.
            places.range(from..=to).take(6).map(|(k, row)| ((k - key(piece.run.y)).abs(), *row)).min()
        };
        let same = near(piece.run.size * 0.3, piece.run.size * 0.3);
        let found = same.map(|(_, row)| row).or_else(|| {
            let (_, row) = near(piece.run.size * 0.8, piece.run.size * 0.4)?;
            let touches = rows[row].iter().rev().take(400).any(|p: &&Piece| {
                p.run.size * 0.8 >= piece.run.size
                    && piece.run.x0 - p.run.x1 < p.run.size * 0.3
                    && p.run.x0 - piece.run.x1 < p.run.size * 0.3
            });
            touches.then_some(row)
        });
        match found {
            Some(row) => rows[row].push(piece),
            None => {
                places.insert(key(piece.run.y), rows.len());
                rows.push(vec![piece]);
            }
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| a.run.x0.total_cmp(&b.run.x0));
    }
    rows
}

/// Joins pieces to words and words to a segment.
fn segment(run: &[&Piece]) -> Option<Run> {
    let main = run.iter().max_by_key(|p| (p.run.text.len(), (p.run.size * 10.0) as i64))?;
    let word_gap = word_gap(run);
    let mut text = String::new();
    let (mut letters, mut bold, mut italic) = (0, 0, 0);
    let mut last: Option<&Piece> = None;
    for piece in run {
        let small = piece.run.size < main.run.size * 0.8;
        let raised = small && main.run.y - piece.run.y > main.run.size * 0.15;
        if let Some(last) = last
            && (piece.spaced || piece.run.x0 - last.run.x1 > word_gap * last.run.size.max(piece.run.size))
            && !text.ends_with(' ')
        {
            text.push(' ');
        }
        let attached = text.chars().next_back().is_some_and(|c| !c.is_whitespace());
        match superscript(&piece.run.text).filter(|_| raised && attached) {
            Some(sign) => text.push_str(&sign),
            None => push_plain(&mut text, &piece.run.text),
        }
        let n = piece.run.text.chars().filter(|c| c.is_alphanumeric()).count();
        letters += n;
        bold += if piece.run.bold { n } else { 0 };
        italic += if piece.run.italic { n } else { 0 };
        last = Some(piece);
    }
    let text = text.trim().to_owned();
    let whole = |n: usize| letters > 0 && n * 20 >= letters * 19;
    (!text.is_empty()).then(|| Run {
        text,
        x0: run.iter().map(|p| p.run.x0).fold(f32::INFINITY, f32::min),
        x1: run.iter().map(|p| p.run.x1).fold(f32::NEG_INFINITY, f32::max),
        y: main.run.y,
        size: main.run.size,
        bold: whole(bold),
        italic: whole(italic),
    })
}

/// The gap between words, in ems: wider where the letters themselves stand apart.
fn word_gap(run: &[&Piece]) -> f32 {
    let single = run.iter().filter(|p| p.run.text.chars().count() == 1).count();
    if run.len() < 6 || single * 5 < run.len() * 4 || run.iter().any(|p| p.spaced) {
        return WORD_GAP;
    }
    let mut gaps: Vec<f32> = run.windows(2).map(|w| (w[1].run.x0 - w[0].run.x1) / w[0].run.size.max(1.0)).collect();
    gaps.sort_by(f32::total_cmp);
    (gaps[gaps.len() / 2] * 1.6).max(WORD_GAP)
}

/// Adds text; presentation forms, such as ligatures, become the letters that they show.
fn push_plain(out: &mut String, text: &str) {
    use unicode_normalization::UnicodeNormalization;
    for c in text.chars() {
        match c {
            '\u{FB00}'..='\u{FB06}' => out.extend(c.nfkc()),
            _ => out.push(c),
        }
    }
}

/// A number as raised digits, so that a mark or a power is not read as a part of what it stands at.
fn superscript(text: &str) -> Option<String> {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    text.chars()
        .map(|c| match c {
            ',' | '*' | '†' | '‡' => Some(c),
            '-' | '−' | '–' => Some('⁻'),
            _ => c.to_digit(10).and_then(|d| DIGITS.get(d as usize).copied()),
        })
        .collect()
}

/// Puts the segments of a page, sorted from top to bottom, in reading order; `column` counts on.
pub(super) fn lines(segments: Vec<Run>, page: usize, column: &mut usize) -> Vec<Line> {
    let mut out = Vec::new();
    order(segments, page, column, 0, &mut out);
    out
}

fn order(segments: Vec<Run>, page: usize, column: &mut usize, depth: usize, out: &mut Vec<Line>) {
    let Some(gutter) = gutter(&segments).filter(|_| depth < MAX_DEPTH) else {
        return leaf(segments, page, column, out);
    };
    // What runs over the gutter parts the page into bands.
    let (mut left, mut right, mut across) = (Vec::new(), Vec::new(), Vec::new());
    let rows: Vec<(f32, bool)> = segments.iter().map(|s| (s.y, s.x0 >= gutter - 1.0)).collect();
    for (i, segment) in segments.into_iter().enumerate() {
        let on_left = segment.x1 <= gutter + 1.0;
        if on_left && across.last().is_some_and(|above| ends(above, &segment)) {
            let beside = |j: usize| rows.get(j).is_some_and(|r| r.1 && (r.0 - segment.y).abs() < segment.size * 0.5);
            if !beside(i.wrapping_sub(1)) && !beside(i + 1) {
                across.push(segment);
                continue;
            }
        }
        if on_left || segment.x0 >= gutter - 1.0 {
            leaf(std::mem::take(&mut across), page, column, out);
            if on_left { &mut left } else { &mut right }.push(segment);
        } else {
            order(std::mem::take(&mut left), page, column, depth + 1, out);
            order(std::mem::take(&mut right), page, column, depth + 1, out);
            across.push(segment);
        }
    }
    leaf(across, page, column, out);
    order(left, page, column, depth + 1, out);
    order(right, page, column, depth + 1, out);
}

/// Whether a short line is the last one of the text above it, which runs over the gutter.
fn ends(above: &Run, segment: &Run) -> bool {
    let step = segment.y - above.y;
    (above.size - segment.size).abs() < above.size * 0.03
        && above.bold == segment.bold
        && (above.x0 - segment.x0).abs() < above.size
        && step > 0.0
        && step < above.size * 1.8
}

/// Where the white strip between two columns of running text lies, if there is one.
fn gutter(segments: &[Run]) -> Option<f32> {
    if segments.len() < 8 {
        return None;
    }
    let low = segments.iter().map(|s| s.x0).fold(f32::INFINITY, f32::min);
    let high = segments.iter().map(|s| s.x1).fold(f32::NEG_INFINITY, f32::max);
    let steps = 120;
    let mut best: Option<(i64, f32)> = None;
    for step in (steps / 8)..(steps * 7 / 8) {
        let x = low + (high - low) * step as f32 / steps as f32;
        let (mut left, mut right, mut across) = (Side::default(), Side::default(), 0);
        for s in segments {
            if s.x1 <= x + 1.0 {
                left.add(s);
            } else if s.x0 >= x - 1.0 {
                right.add(s);
            } else {
                across += 1;
            }
        }
        let fewer = left.lines.min(right.lines);
        let side_by_side = left.low < right.high && right.low < left.high;
        if fewer < 4 || !side_by_side || across > 2 * fewer || !left.is_text() || !right.is_text() {
            continue;
        }
        let score = 2 * fewer as i64 - across as i64;
        if best.is_none_or(|(b, _)| score > b) {
            best = Some((score, x));
        }
    }
    best.map(|(_, x)| x)
}

/// What lies on one side of a possible gutter.
#[derive(Debug)]
struct Side {
    lines: usize,
    words: usize,
    low: f32,
    high: f32,
}

impl Default for Side {
    fn default() -> Self {
        Self { lines: 0, words: 0, low: f32::INFINITY, high: f32::NEG_INFINITY }
    }
}

impl Side {
    fn add(&mut self, segment: &Run) {
        self.lines += 1;
        self.words += segment.text.split(' ').count();
        self.low = self.low.min(segment.y);
        self.high = self.high.max(segment.y);
    }

    /// The cells of a table have fewer words than the lines of a column.
    fn is_text(&self) -> bool {
        self.words >= 3 * self.lines
    }
}

/// A column: its segments line by line.
fn leaf(segments: Vec<Run>, page: usize, column: &mut usize, out: &mut Vec<Line>) {
    if segments.is_empty() {
        return;
    }
    let left = segments.iter().map(|s| s.x0).fold(f32::INFINITY, f32::min);
    let right = segments.iter().map(|s| s.x1).fold(f32::NEG_INFINITY, f32::max);
    let mut lines: Vec<Line> = Vec::new();
    for segment in segments {
        match lines.last_mut() {
            Some(line)
                if (segment.y - line.y()).abs() < line.size().min(segment.size) * 0.35
                    && line.segments.iter().all(|s| s.x1 <= segment.x0 + 1.0 || segment.x1 <= s.x0 + 1.0) =>
            {
                let at = line.segments.partition_point(|s| s.x0 < segment.x0);
                line.segments.insert(at, segment);
            }
            _ => lines.push(Line { segments: vec![segment], page, column: *column, left, right }),
        }
    }
    *column += 1;
    out.extend(lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, x0: f32, y: f32) -> Piece {
        let x1 = x0 + 5.0 * text.chars().count() as f32;
        let run = Run { text: text.into(), x0, x1, y, size: 10.0, bold: false, italic: false };
        Piece { run, spaced: false, aside: false }
    }

    fn texts(pieces: Vec<Piece>) -> Vec<String> {
        let page = Page { width: 600.0, height: 800.0, pieces };
        lines(segments(&page), 0, &mut 0).iter().map(Line::text).collect()
    }

    #[test]
    fn gaps_become_spaces_and_ligatures_letters() {
        let pieces =
            vec![piece("of", 10.0, 10.0), piece("ﬁ", 20.5, 10.0), piece("sh", 25.6, 10.0), piece("fly", 38.0, 10.2)];
        assert_eq!(texts(pieces), ["offish fly"]);
    }

    #[test]
    fn raised_numbers_are_not_read_as_part_of_the_word() {
        let mut raised = piece("12", 35.2, 6.0);
        raised.run.size = 6.0;
        assert_eq!(texts(vec![piece("salmon", 5.0, 10.0), raised, piece("swim", 55.0, 10.0)]), ["salmon¹² swim"]);
    }

    #[test]
    fn letters_that_stand_apart_are_one_word() {
        let spaced = "NOTICE".chars().enumerate().map(|(i, c)| piece(&c.to_string(), 10.0 + 8.0 * i as f32, 10.0));
        assert_eq!(texts(spaced.collect()), ["NOTICE"]);
    }

    #[test]
    fn two_columns_are_read_one_after_the_other_below_what_runs_over_both() {
        let mut pieces = vec![piece(&"x".repeat(90), 20.0, 10.0)];
        for n in 0..6u8 {
            let y = 40.0 + 12.0 * f32::from(n);
            for (side, x) in [("l", 20.0), ("r", 320.0)] {
                for (i, word) in ["aaaaaaaaaa", "bbbbbbbbbb", "ccccccccc"].iter().enumerate() {
                    pieces.push(piece(&format!("{side}{n}{word}"), x + 65.0 * i as f32, y));
                }
            }
        }
        let read = texts(pieces);
        assert_eq!(read.len(), 13);
        assert!(
            read[1..7].iter().all(|l| l.starts_with('l')) && read[7..].iter().all(|l| l.starts_with('r')),
            "{read:?}"
        );
    }
}

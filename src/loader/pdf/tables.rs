//! Tables: lines with cells that stand below one another.

use super::glyphs::Run;
use super::lines::Line;
use super::paragraphs::{BULLET, Kind, NUMBER, Paragraph};

/// The rows of tables among the lines.
pub(super) fn find(lines: &[Line]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < lines.len() {
        let mut end = i;
        while end < lines.len() && lines[end].column == lines[i].column && is_row(&lines[end]) {
            if end > i && !(aligned(&lines[end - 1], &lines[end]) && near(&lines[end - 1], &lines[end])) {
                break;
            }
            end += 1;
            // One wrapped cell between two rows.
            if end + 1 < lines.len()
                && lines[end].column == lines[i].column
                && !is_row(&lines[end])
                && is_row(&lines[end + 1])
                && end > i
                && lines[end].x0() > lines[i].x0() + lines[i].size()
                && lines[end].segments.iter().all(|s| lines[end - 1].segments[1..].iter().any(|c| overlap(c, s)))
                && aligned(&lines[end - 1], &lines[end + 1])
            {
                end += 1;
            }
        }
        if end >= i + 2 {
            found.push(i..end);
            i = end;
        } else {
            i += 1;
        }
    }
    found
}

fn is_row(line: &Line) -> bool {
    let [first, rest @ ..] = line.segments.as_slice() else { return false };
    let label = BULLET.is_match(&first.text) || NUMBER.is_match(&first.text);
    !rest.is_empty() && (!label || rest.len() > 1 || first.text.chars().count() >= 5)
}

fn near(a: &Line, b: &Line) -> bool {
    (b.y() - a.y()).abs() < 4.0 * a.size().max(b.size())
}

/// Whether cells of two rows stand below one another.
fn aligned(a: &Line, b: &Line) -> bool {
    let tolerance = a.size().min(b.size()) * 0.5;
    let fits = |x: &Run, y: &Run| {
        let middle = |s: &Run| s.x0.midpoint(s.x1);
        (x.x0 - y.x0).abs() < tolerance || (x.x1 - y.x1).abs() < tolerance || (middle(x) - middle(y)).abs() < tolerance
    };
    a.segments[1..].iter().any(|x| b.segments[1..].iter().any(|y| fits(x, y)))
}

fn overlap(a: &Run, b: &Run) -> bool {
    a.x0 < b.x1 && b.x0 < a.x1
}

/// The rows of a table with a cell for each of its columns.
pub(super) fn rows(rows: Vec<Line>) -> Vec<Paragraph> {
    let mut edges: Vec<(f32, f32)> = rows.iter().flat_map(|r| &r.segments).map(|s| (s.x0, s.x1)).collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut columns: Vec<(f32, f32)> = Vec::new();
    for (x0, x1) in edges {
        match columns.last_mut() {
            Some(last) if x0 < last.1 => last.1 = last.1.max(x1),
            _ => columns.push((x0, x1)),
        }
    }
    let mut out: Vec<Paragraph> = Vec::new();
    for row in rows {
        let mut cells = vec![String::new(); columns.len()];
        for s in &row.segments {
            let at = columns.iter().rposition(|c| s.x0 >= c.0).unwrap_or(0);
            if !cells[at].is_empty() {
                cells[at].push(' ');
            }
            cells[at].push_str(&s.text);
        }
        if !is_row(&row)
            && let Some(above) = out.last_mut()
        {
            for (cell, more) in above.cells.iter_mut().zip(cells).filter(|(_, more)| !more.is_empty()) {
                *cell = format!("{cell} {more}").trim().to_owned();
            }
            continue;
        }
        out.push(Paragraph { kind: Kind::Row, lines: vec![row], cells });
    }
    out
}

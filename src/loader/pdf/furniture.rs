//! Running headers and footers: rows at the edges of pages that are the same, or count, on several pages.

use std::collections::{HashMap, HashSet};

use super::glyphs::Run;

/// Rows looked at on either edge.
const ROWS: usize = 3;
/// They lie within this share of the page's height.
const EDGE: f32 = 0.16;
/// The same place, in points.
const PLACE: f32 = 6.0;

/// A row at an edge: its segments, its place, its text without numbers.
#[derive(Debug)]
struct Row {
    page: usize,
    segments: Vec<usize>,
    y: f32,
    key: String,
    /// 0 is the outermost.
    rank: usize,
    top: bool,
}

/// Takes running headers and footers off the pages (segments from top to bottom); what was taken, in
/// order.
pub(super) fn take(pages: &mut [Vec<Run>], heights: &[f32]) -> Vec<String> {
    let rows: Vec<Row> = pages.iter().zip(heights).enumerate().flat_map(|(i, (p, h))| edge_rows(i, p, *h)).collect();
    let mut places: HashMap<(&str, bool), Vec<(f32, usize)>> = HashMap::new();
    for row in &rows {
        places.entry((row.key.as_str(), row.top)).or_default().push((row.y, row.page));
    }
    for places in places.values_mut() {
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let single = pages.len() == 1;
    let repeated = |row: &Row| {
        if single {
            return row.key == "#" && row.rank == 0 && !row.top;
        }
        let all = &places[&(row.key.as_str(), row.top)];
        let from = all.partition_point(|p| p.0 < row.y - PLACE);
        let same: HashSet<usize> = all[from..].iter().take_while(|p| p.0 <= row.y + PLACE).map(|p| p.1).collect();
        same.len() > 1
    };
    // What lies further in is furniture only if all outside of it is.
    let mut taken: Vec<&Row> = Vec::new();
    let mut inner: HashSet<(usize, bool)> = HashSet::new();
    for row in &rows {
        if inner.contains(&(row.page, row.top)) {
            continue;
        }
        if repeated(row) {
            taken.push(row);
        } else {
            inner.insert((row.page, row.top));
        }
    }
    taken.sort_by(|a, b| a.page.cmp(&b.page).then(a.y.total_cmp(&b.y)));
    let texts = taken.iter().map(|row| joined(&pages[row.page], &row.segments)).collect();
    let gone: HashSet<(usize, usize)> = taken.iter().flat_map(|r| r.segments.iter().map(|&s| (r.page, s))).collect();
    for (page, segments) in pages.iter_mut().enumerate() {
        let mut index = 0;
        segments.retain(|_| {
            index += 1;
            !gone.contains(&(page, index - 1))
        });
    }
    texts
}

fn joined(page: &[Run], segments: &[usize]) -> String {
    let mut parts: Vec<&Run> = segments.iter().map(|&i| &page[i]).collect();
    parts.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    parts.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The rows at both edges, from the outermost inwards.
fn edge_rows(page: usize, segments: &[Run], height: f32) -> Vec<Row> {
    let mut rows = Vec::new();
    for top in [true, false] {
        let mut found: Vec<(f32, Vec<usize>)> = Vec::new();
        let indices: Box<dyn Iterator<Item = usize>> =
            if top { Box::new(0..segments.len()) } else { Box::new((0..segments.len()).rev()) };
        for i in indices {
            let s = &segments[i];
            let inside = if top { s.y < height * EDGE } else { s.y > height * (1.0 - EDGE) };
            if !inside {
                break;
            }
            let full = found.len() == ROWS;
            match found.last_mut() {
                Some((y, row)) if (*y - s.y).abs() < s.size * 0.3 => row.push(i),
                _ if full => break,
                _ => found.push((s.y, vec![i])),
            }
        }
        rows.extend(found.into_iter().enumerate().map(|(rank, (y, row))| {
            let key = key(&joined(segments, &row));
            Row { page, segments: row, y, key, rank, top }
        }));
    }
    rows
}

/// The text with `#` for each number, Roman ones too where they stand alone.
fn key(text: &str) -> String {
    let mut out = String::new();
    for word in text.to_lowercase().split_whitespace() {
        if !word.is_empty() && word.len() < 8 && word.chars().all(|c| "ivxlc".contains(c)) {
            out.push('#');
        } else {
            let mut digits = false;
            for c in word.chars() {
                if c.is_ascii_digit() {
                    if !digits {
                        out.push('#');
                    }
                    digits = true;
                } else {
                    digits = false;
                    out.push(c);
                }
            }
        }
        out.push(' ');
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(text: &str, y: f32) -> Run {
        Run { text: text.into(), x0: 50.0, x1: 300.0, y, size: 10.0, bold: false, italic: false }
    }

    #[test]
    fn what_repeats_or_counts_at_the_edges_goes() {
        let page = |n: u32| {
            vec![
                segment("The Basin Report", 30.0),
                segment(&format!("Body line of page {}", ["one", "two", "three"][n as usize]), 60.0),
                segment("The same in the middle", 400.0),
                segment(&format!("Page {} of 3", n + 1), 780.0),
            ]
        };
        let mut pages: Vec<_> = (0..3).map(page).collect();
        let taken = take(&mut pages, &[800.0; 3]);
        assert_eq!(taken.len(), 6);
        assert_eq!(taken[..2], ["The Basin Report", "Page 1 of 3"]);
        assert!(pages.iter().all(|p| p.len() == 2), "{pages:?}");
    }

    #[test]
    fn a_single_page_loses_only_a_bare_number() {
        let mut pages = vec![vec![segment("Title", 30.0), segment("Body", 400.0), segment("1", 780.0)]];
        assert_eq!(take(&mut pages, &[800.0]), ["1"]);
        let mut pages = vec![vec![segment("Title", 30.0), segment("Page 1 of 3", 780.0)]];
        assert!(take(&mut pages, &[800.0]).is_empty());
    }

    #[test]
    fn body_above_a_repeated_line_protects_it() {
        let page = |first: &str| vec![segment(first, 30.0), segment("Year", 45.0), segment("Body", 400.0)];
        let mut pages = vec![page("One"), page("Two")];
        assert!(take(&mut pages, &[800.0; 2]).is_empty());
    }
}

//! What was drawn on a page, in any direction, to pieces of an upright page.

use std::collections::HashMap;

use hayro_interpret::kurbo::{Affine, Point};

use super::glyphs::{Piece, Run};

/// Ink of a bold letter over that of the same letter in the text.
const BOLD_INK: f64 = 1.25;

/// A piece as drawn, in any direction.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) text: String,
    /// Where the pen was before and after it.
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) size: f64,
    /// Direction of writing, in quarter turns clockwise; `None` if between them.
    pub(super) quarter: Option<u8>,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) spaced: bool,
    pub(super) artifact: bool,
    pub(super) invisible: bool,
    /// A letter and its ink, where the font does not tell its weight.
    pub(super) ink: Option<(char, u32)>,
}

/// Text drawn twice at almost the same place is bold, or has a shadow.
pub(super) fn without_shadows(pieces: Vec<Drawn>) -> Vec<Drawn> {
    let mut kept: Vec<Drawn> = Vec::with_capacity(pieces.len());
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for piece in pieces {
        let seen = places.entry(piece.text.clone()).or_default();
        let twin = seen.iter().rev().take(50).copied().find(|&i| {
            let near = piece.size * 0.12;
            (kept[i].from - piece.from).hypot() < near && (kept[i].to - piece.to).hypot() < near
        });
        match twin {
            Some(i) => kept[i].bold |= (kept[i].from - piece.from).hypot() > 1e-3,
            None => {
                seen.push(kept.len());
                kept.push(piece);
            }
        }
    }
    kept
}

/// Turns the page so that most of its text is upright.
pub(super) fn upright(
    drawn: Vec<Drawn>,
    width: f32,
    height: f32,
    regular: &HashMap<char, u32>,
) -> (Vec<Piece>, f32, f32) {
    let mut letters = [0usize; 4];
    for piece in &drawn {
        if let Some(quarter) = piece.quarter {
            letters[usize::from(quarter)] += piece.text.len();
        }
    }
    let turn = (0u8..4).max_by_key(|&q| (letters[usize::from(q)], 4 - q)).unwrap_or(0);
    let (w, h) = (f64::from(width), f64::from(height));
    let place = |p: Point| match turn {
        0 => p,
        1 => Point::new(p.y, w - p.x),
        2 => Point::new(w - p.x, h - p.y),
        _ => Point::new(h - p.y, p.x),
    };
    let pieces = drawn
        .into_iter()
        .map(|d| {
            let (from, to) = (place(d.from), place(d.to));
            let heavy = d
                .ink
                .is_some_and(|(c, ink)| regular.get(&c).is_some_and(|r| f64::from(ink) > f64::from(*r) * BOLD_INK));
            let run = Run {
                text: d.text,
                x0: from.x.min(to.x) as f32,
                x1: from.x.max(to.x) as f32,
                y: from.y as f32,
                size: d.size as f32,
                bold: d.bold || heavy,
                italic: d.italic,
            };
            Piece { run, spaced: d.spaced, aside: d.artifact || d.quarter != Some(turn) }
        })
        .collect();
    let (width, height) = if turn % 2 == 0 { (width, height) } else { (height, width) };
    (pieces, width, height)
}

/// Where the pen moves in that many quarter turns.
pub(super) fn direction(quarter: u8) -> (f64, f64) {
    [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][usize::from(quarter % 4)]
}

/// The direction of writing, if it is one of four.
pub(super) fn quarter(m: Affine) -> Option<u8> {
    let [a, b, ..] = m.as_coeffs();
    let length = a.hypot(b);
    (0..4).find(|&q| {
        let (x, y) = direction(q);
        (a * x + b * y) > length * 0.995
    })
}

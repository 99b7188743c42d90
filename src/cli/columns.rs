//! Tables for the terminal: columns as wide as they have to be.

use std::fmt::Write as _;

use anstyle::Style;

/// A cell, and whether it is a number, which stands at the right.
pub(crate) struct Cell {
    text: String,
    right: bool,
}

/// A cell with a text.
pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), right: false }
}

/// A cell with a number, or nothing.
pub(crate) fn number(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), right: true }
}

/// Columns as wide as their widest cell; the first row is the head.
pub(crate) fn columns(rows: &[(Style, Vec<Cell>)]) -> String {
    let count = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let width = |i: usize| {
        rows.iter().filter_map(|(_, cells)| cells.get(i)).map(|cell| cell.text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..count).map(width).collect();
    let mut out = String::new();
    for (style, cells) in rows {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| {
            if cell.right { format!("{:>width$}", cell.text) } else { format!("{:<width$}", cell.text) }
        });
        let line = padded.collect::<Vec<_>>().join("  ");
        let _ = writeln!(out, "{style}{}{style:#}", line.trim_end());
    }
    out
}

//! Tables of a DOCX file: rows of data, or a means to arrange paragraphs.

use super::item::Item;
use super::styles::Look;

/// An open table.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    /// Another table stands in it.
    pub(super) nested: bool,
}

#[derive(Debug, Default)]
struct Row {
    cells: Vec<Vec<Item>>,
    deleted: bool,
}

impl Table {
    pub(super) fn begin_row(&mut self) {
        self.rows.push(Row::default());
    }

    pub(super) fn begin_cell(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.cells.push(Vec::new());
        }
    }

    /// Marks the row as deleted where its properties are read: they stand before its first cell.
    pub(super) fn delete_row_if_in_properties(&mut self, in_properties: bool) {
        if let Some(row) = self.rows.last_mut().filter(|row| in_properties && row.cells.is_empty()) {
            row.deleted = true;
        }
    }

    pub(super) fn push(&mut self, item: Item) {
        if self.rows.is_empty() {
            self.begin_row();
        }
        if self.rows.last().is_some_and(|row| row.cells.is_empty()) {
            self.begin_cell();
        }
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.cells.last_mut()) {
            cell.push(item);
        }
    }

    /// Whether it only arranges its paragraphs: it has one row or one column, a table or headings in it, or
    /// far more paragraphs than cells.
    fn arranges(&self) -> bool {
        let cells: usize = self.rows.iter().map(|r| r.cells.len()).sum();
        let items = || self.rows.iter().flat_map(|r| &r.cells).flatten();
        let headed = items().any(|i| matches!(i.look, Some(Look::Heading(_) | Look::Title)));
        self.nested || headed || self.rows.len() < 2 || cells <= self.rows.len() || items().count() > 3 * cells
    }

    /// Its rows, each as one item, or its paragraphs.
    pub(super) fn into_items(mut self) -> Vec<Item> {
        self.rows.retain(|row| !row.deleted);
        if self.arranges() {
            return self.rows.into_iter().flat_map(|r| r.cells).flatten().collect();
        }
        self.rows.into_iter().map(row).collect()
    }
}

/// The cells of a row, with bars between them.
fn row(row: Row) -> Item {
    let mut out = Item { row: true, strong: true, ..Default::default() };
    for cell in row.cells {
        if !out.text.trim().is_empty() {
            out.text.truncate(out.text.trim_end().len());
            out.text.push_str(" | ");
        }
        for (i, item) in cell.into_iter().enumerate() {
            if i > 0 {
                out.text.push(' ');
            }
            out.text.push_str(&item.text.replace('\n', " "));
            out.strong &= item.strong;
            out.notes.extend(item.notes);
        }
    }
    out
}

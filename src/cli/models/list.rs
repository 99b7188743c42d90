//! `faqtory models list`: all known models.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use clap::Args;
use faqtory::engine::store::{Manifest, Task};

use super::{Context, Failure, Record, json, open, verified};
use crate::cli::ui::{self, bytes};

/// List the known models: what they need, what they write, and whether they are here
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Print all there is to know as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ListArgs, context: &Context) -> Result<(), Failure> {
    let (_, store) = open(context)?;
    let records = store.manifests().iter().map(|m| Record::of(m, &store)).collect::<Result<Vec<_>, _>>()?;
    if args.json {
        return ui::print(&json(&records)?);
    }
    let rows: Vec<_> = records.iter().map(|r| row(r.manifest, r.memory, r.path.is_some())).collect();
    let manifests: Vec<_> = records.iter().map(|r| r.manifest).collect();
    ui::print_styled(&format!("{}\n{}", table(&rows), advice(&manifests)))
}

const HEAD: [&str; 8] = ["", "ID", "SIZE", "MEMORY", "LANGUAGES", "HERE", "VERIFIED", "LICENCE"];

type Row = [String; 8];

fn row(manifest: &Manifest, memory: u64, here: bool) -> Row {
    [
        if manifest.default { "*" } else { "" }.to_owned(),
        manifest.id.clone(),
        bytes(manifest.total_size()),
        bytes(memory),
        languages(&manifest.languages),
        if here { "here" } else { "-" }.to_owned(),
        verified(manifest).to_owned(),
        manifest.licence.clone(),
    ]
}

/// The first few languages, and how many more.
fn languages(codes: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = codes.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(" ");
    match codes.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} +{more}"),
    }
}

/// Columns as wide as their widest cell.
fn table(rows: &[Row]) -> String {
    let bold = Style::new().bold();
    let green = AnsiColor::Green.on_default();
    let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).chain([HEAD[i].len()]).max().unwrap_or(0);
    let widths: [usize; HEAD.len()] = std::array::from_fn(width);
    let line = |cells: [&str; HEAD.len()]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect::<Vec<_>>();
        padded.join("  ").trim_end().to_owned()
    };
    let mut out = format!("{bold}{}{bold:#}\n", line(HEAD));
    for row in rows {
        let style = if row[0].is_empty() { Style::new() } else { green };
        let _ = writeln!(out, "{style}{}{style:#}", line(std::array::from_fn(|i| row[i].as_str())));
    }
    out
}

/// Which model for which need.
fn advice(manifests: &[&Manifest]) -> String {
    let mut lines = Vec::new();
    if let Some(default) = manifests.iter().find(|m| m.default) {
        lines.push(format!("* {}: recommended, and used where no model is named", default.id));
    }
    let both = |m: &&&Manifest| {
        m.task == Task::Write && ["en", "es"].iter().all(|l| m.languages.iter().any(|known| known == l))
    };
    if let Some(small) = manifests.iter().filter(both).min_by_key(|m| m.memory()) {
        lines.push(format!("  {}: the least memory for English and Spanish, {}", small.id, bytes(small.memory())));
    }
    if let Some(large) = manifests.iter().filter(both).max_by_key(|m| m.parameters) {
        let billions = large.parameters as f64 / 1e9;
        lines.push(format!("  {}: the largest, {billions:.1} billion parameters, the slowest too", large.id));
    }
    if let Some(encoder) = manifests.iter().find(|m| m.task == Task::Encode) {
        lines.push(format!("  {}: compares what texts mean, and writes none", encoder.id));
    }
    lines.push("MEMORY is for an article of some 5000 words. VERIFIED says what faqtory's authors tried:".to_owned());
    lines.push("run it, fetched its file and compared the checksum, or neither yet.".to_owned());
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |mark: &str, id: &str, size: &str| -> Row {
            [mark, id, size, "1 GiB", "en", "here", "run", "MIT"].map(str::to_owned)
        };
        let table = table(&[row("*", "a-long-id", "1 GiB"), row("", "b", "10.5 MiB")]);
        let plain = anstream::adapter::strip_str(&table).to_string();
        let columns: Vec<_> = plain.lines().map(|l| l.find("MIT").or_else(|| l.find("LICENCE"))).collect();
        assert!(columns.iter().all(|c| c.is_some() && *c == columns[0]), "{plain}");
    }

    #[test]
    fn many_languages_are_counted() {
        let codes: Vec<_> = ["en", "es", "fr", "de", "it", "pt"].map(str::to_owned).into();
        assert_eq!(languages(&codes), "en es fr de +2");
        assert_eq!(languages(&codes[..2]), "en es");
    }
}

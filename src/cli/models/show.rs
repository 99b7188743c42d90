//! `faqtory models show`: all there is to know of one model.

use std::fmt::Write as _;

use anstyle::Style;
use clap::Args;
use faqtory::engine::store::manifest::Source;

use super::{Context, Failure, Record, json, open, verified};
use crate::cli::ui::{self, bytes};

/// Show what is known of a model
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Model's id
    #[arg(value_name = "ID")]
    id: String,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ShowArgs, context: &Context) -> Result<(), Failure> {
    let (_, store) = open(context)?;
    let record = Record::of(store.manifest(&args.id).map_err(Failure::of_model)?, &store)?;
    if args.json { ui::print(&json(&record)?) } else { ui::print_styled(&page(&record)) }
}

fn page(record: &Record<'_>) -> String {
    let m = record.manifest;
    let here = record
        .path
        .as_ref()
        .map_or_else(|| format!("no; `faqtory models pull {}` fetches it", m.id), |path| path.display().to_string());
    let rows = [
        ("id", m.id.clone()),
        ("name", m.name.clone()),
        ("summary", m.summary.clone()),
        ("recommended", if m.default { "yes, used where no model is named" } else { "no" }.to_owned()),
        ("licence", m.licence.clone()),
        ("architecture", m.architecture.clone()),
        ("parameters", format!("{:.2} billion", m.parameters as f64 / 1e9)),
        ("quantization", m.quantization.clone()),
        ("languages", m.languages.join(", ")),
        ("context", format!("{} tokens", m.context_length)),
        ("size", format!("{} ({} bytes)", bytes(m.total_size()), m.total_size())),
        ("memory", format!("{} for an article of some 5000 words", bytes(record.memory))),
        ("sha256", m.sha256.clone()),
        ("verified", format!("{} ({})", verified(m), m.verified.note)),
        ("here", here),
    ];
    let bold = Style::new().bold();
    let mut out = String::new();
    for (name, value) in rows {
        let _ = writeln!(out, "{bold}{name:<13}{bold:#} {value}");
    }
    for companion in &m.companions {
        let _ = writeln!(out, "{bold}{:<13}{bold:#} {}, sha256 {}", "beside it", companion.file, companion.sha256);
    }
    for source in &m.sources {
        let _ = writeln!(out, "{bold}{:<13}{bold:#} {}", "source", describe(source));
    }
    out
}

fn describe(source: &Source) -> String {
    match source {
        Source::Path(local) => format!("file {}", local.path.display()),
        Source::Hub(hub) => format!("hub {} at {}, {}", hub.repo, hub.revision, hub.file),
        Source::Package(package) => match &package.requirements()[..] {
            [one] => format!("Python package {one}"),
            [first, .., last] => format!("{} Python packages, {first} to {last}", package.requirements().len()),
            [] => "no Python package".to_owned(),
        },
    }
}

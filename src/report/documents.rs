//! Each document: its text with the sentences numbered, and beside it the reference and what each system wrote, with the
//! sentences behind it and what the text does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::board::{Board, Shown, System, Written};
use crate::article::{Article, Sentence, Span};
use crate::content::{FaqEntry, Summary};
use crate::eval::metric::Metric;
use crate::eval::score::UnsupportedClaim;
use crate::lang::Language;
use crate::render::html_text;

/// What a system wrote in one language of the document.
type Column<'a> = (&'a System<'a>, &'a Written<'a>);

/// All documents.
pub(super) fn documents(board: &Board<'_>) -> String {
    let headlines = board.headlines();
    board.documents.iter().enumerate().map(|(i, shown)| document(board, i, shown, &headlines)).collect()
}

fn document(board: &Board<'_>, index: usize, shown: &Shown<'_>, headlines: &[&'static Metric]) -> String {
    let article = &shown.document.article;
    let sentences: Vec<Sentence> = article.sentences().collect();
    let mut by_language: BTreeMap<Language, Vec<Column<'_>>> = BTreeMap::new();
    for system in &board.systems {
        for written in system.written.iter().filter(|w| w.document == index) {
            by_language.entry(written.record.key.language).or_default().push((system, written));
        }
    }
    if by_language.is_empty() {
        return String::new();
    }
    let cited: BTreeSet<usize> = by_language
        .values()
        .flatten()
        .flat_map(|(_, w)| {
            let faq = w.scored.scores.faq.iter().flat_map(|f| &f.evidence);
            faq.chain(w.scored.scores.summary.iter().flat_map(|f| &f.evidence)).copied()
        })
        .flat_map(|span| numbers(&sentences, span))
        .collect();
    let title = article.title.as_deref().unwrap_or(&article.source);
    let mut out = format!(
        "<details class=\"document\" id=\"d{index}\">\n<summary><b>{}</b> <bdi lang=\"{}\">{}</bdi> \
         <small>{}, {} words</small></summary>\n<div class=\"both\">\n",
        html_text(&shown.name),
        article.language,
        html_text(title),
        article.language.english_name(),
        article.word_count()
    );
    let _ = write!(
        out,
        "<section class=\"source\" lang=\"{}\" aria-label=\"the article\" tabindex=\"0\">\n{}</section>\n<div class=\"outputs\">\n",
        article.language,
        source(index, article, &cited)
    );
    for (language, columns) in &by_language {
        out.push_str(&table(index, shown, *language, columns, &sentences, headlines));
    }
    out.push_str("</div>\n</div>\n</details>\n");
    out
}

/// The indices of the sentences that a span touches.
fn numbers(sentences: &[Sentence], span: Span) -> impl Iterator<Item = usize> {
    let first = sentences.partition_point(|s| s.span.end <= span.start);
    let last = sentences.partition_point(|s| s.span.start < span.end);
    first..last
}

/// The body of the article, each sentence with its number and a place to link to.
fn source(index: usize, article: &Article, cited: &BTreeSet<usize>) -> String {
    let mut out = String::new();
    if let Some(title) = &article.title {
        let _ = writeln!(out, "<h3>{}</h3>", html_text(title));
    }
    let mut number = 0;
    for section in &article.sections {
        if let Some(heading) = section.heading {
            let _ = writeln!(out, "<h4>{}</h4>", html_text(article.slice(heading.span).trim()));
        }
        for passage in &section.passages {
            out.push_str("<p>");
            for sentence in &passage.sentences {
                let class = if cited.contains(&number) { "s cited" } else { "s" };
                let words = html_text(article.slice(sentence.span));
                let _ = write!(
                    out,
                    "<span class=\"{class}\" id=\"d{index}s{number}\"><sup>{}</sup>{words}</span> ",
                    number + 1
                );
                number += 1;
            }
            out.push_str("</p>\n");
        }
    }
    out
}

/// Links to the sentences behind something.
fn evidence(index: usize, sentences: &[Sentence], spans: &[Span]) -> String {
    let found: BTreeSet<usize> = spans.iter().flat_map(|span| numbers(sentences, *span)).collect();
    if found.is_empty() {
        return "<span class=\"evidence none\">no sentence found behind it</span>".to_owned();
    }
    let links: Vec<_> = found.iter().map(|n| format!("<a href=\"#d{index}s{n}\">{}</a>", n + 1)).collect();
    format!("<span class=\"evidence\">from {}</span>", links.join(" "))
}

/// A text with what the article does not have marked in it, each with its kind.
fn with_claims(text: &str, claims: &[UnsupportedClaim]) -> String {
    let mut found: Vec<(usize, usize, &UnsupportedClaim)> = Vec::new();
    for claim in claims.iter().filter(|c| !c.text.is_empty()) {
        let free = |start: &usize| found.iter().all(|(from, to, _)| *start >= *to || start + claim.text.len() <= *from);
        if let Some(start) = text.match_indices(&claim.text).map(|(at, _)| at).find(free) {
            found.push((start, start + claim.text.len(), claim));
        }
    }
    found.sort_by_key(|(start, _, _)| *start);
    let (mut out, mut at) = (String::new(), 0);
    for (start, end, claim) in found {
        out.push_str(&html_text(&text[at..start]));
        let kind = match serde_json::to_value(claim.kind) {
            Ok(serde_json::Value::String(kind)) => kind,
            _ => String::new(),
        };
        let _ = write!(
            out,
            "<mark>{}<small title=\"not in the article\">{kind} ✗</small></mark>",
            html_text(&text[start..end])
        );
        at = end;
    }
    out.push_str(&html_text(&text[at..]));
    out
}

fn entry(entry: &FaqEntry, answer: &str, note: &str) -> String {
    let question = html_text(&entry.question);
    format!("<p class=\"q\">{question}</p><p>{answer}</p>{note}")
}

/// A sentence that is less probably supported is pointed out.
const DOUBTFUL: f64 = 0.5;

/// How probable it is that the article supports something.
fn grounded(probability: f64) -> String {
    if probability < DOUBTFUL {
        format!("<span class=\"bad\">supported by the article with probability {probability:.2}</span>")
    } else {
        format!("supported {probability:.2}")
    }
}

fn generated(index: usize, written: &Written<'_>, at: usize, sentences: &[Sentence]) -> String {
    let pair = written.record.output.as_ref().and_then(|o| o.faq.as_ref()).and_then(|f| f.entries.get(at));
    let (Some(pair), Some(finding)) = (pair, written.scored.scores.faq.get(at)) else { return String::new() };
    let mut notes = vec![evidence(index, sentences, &finding.evidence)];
    if let Some(similarity) = finding.similarity {
        notes.push(format!("similarity {similarity:.2}"));
    }
    notes.extend(finding.grounded.map(grounded));
    if !finding.in_language {
        notes.push("<span class=\"bad\">another language</span>".to_owned());
    }
    if !finding.well_formed {
        notes.push("<span class=\"bad\">not a well-formed question</span>".to_owned());
    }
    let note = format!("<p class=\"note\">{}</p>", notes.join(" · "));
    entry(pair, &with_claims(&pair.answer, &finding.unsupported), &note)
}

fn summary(index: usize, summary: &Summary, written: &Written<'_>, sentences: &[Sentence]) -> String {
    let mut out = String::new();
    for (at, paragraph) in summary.paragraphs.iter().enumerate() {
        out.push_str("<p>");
        let mut end = 0;
        for finding in written.scored.scores.summary.iter().filter(|f| f.paragraph == at) {
            let Some(sentence) = paragraph.get(finding.span.range()) else { continue };
            out.push_str(&html_text(paragraph.get(end..finding.span.start).unwrap_or_default()));
            out.push_str(&with_claims(sentence, &finding.unsupported));
            let _ = write!(out, " {}", evidence(index, sentences, &finding.evidence));
            if let Some(probability) = finding.grounded.filter(|p| *p < DOUBTFUL) {
                let _ = write!(out, " <span class=\"note\">{}</span>", grounded(probability));
            }
            end = finding.span.end;
        }
        out.push_str(&html_text(paragraph.get(end..).unwrap_or_default()));
        out.push_str("</p>");
    }
    out
}

fn summary_of<'a>(written: &'a Written<'_>) -> Option<&'a Summary> {
    written.record.output.as_ref()?.summary.as_ref()
}

/// The pairs, the summary, the scores and the speed of each system, a column for the reference and for each of them.
fn table(
    index: usize,
    shown: &Shown<'_>,
    language: Language,
    columns: &[Column<'_>],
    sentences: &[Sentence],
    headlines: &[&'static Metric],
) -> String {
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\"><table class=\"pairs\" lang=\"{language}\">\n<caption lang=\"en\">written in {}</caption>\n\
         <thead lang=\"en\"><tr><th scope=\"col\">part</th><th scope=\"col\" class=\"reference\">reference</th>",
        language.english_name()
    );
    for (system, _) in columns {
        let _ = write!(
            out,
            "<th scope=\"col\" class=\"{}\"><i class=\"swatch\"></i>{}</th>",
            system.class(),
            html_text(&system.name)
        );
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    let row = |name: &str, reference: &str, cell: &dyn Fn(&Column<'_>) -> String| {
        let mut row = format!(
            "<tr><th scope=\"row\" lang=\"en\">{name}</th><td class=\"reference\" data-of=\"reference\">{reference}</td>"
        );
        for column in columns {
            let _ = write!(row, "<td data-of=\"{}\">{}</td>", html_text(&column.0.name), cell(column));
        }
        row + "</tr>\n"
    };
    let references = shown.document.references.faq(language).unwrap_or_default();
    let of = |column: &Column<'_>, wanted: Option<usize>| -> String {
        let findings = column.1.scored.scores.faq.iter().enumerate();
        let fits = findings.filter(|(_, f)| f.reference.filter(|r| *r < references.len()) == wanted);
        fits.map(|(at, _)| generated(index, column.1, at, sentences)).collect()
    };
    for (at, reference) in references.iter().enumerate() {
        let own = entry(reference, &html_text(&reference.answer), "");
        out.push_str(&row(&format!("pair {}", at + 1), &own, &|column| of(column, Some(at))));
    }
    if columns.iter().any(|column| !of(column, None).is_empty()) {
        let name = if references.is_empty() { "pairs" } else { "other pairs" };
        out.push_str(&row(name, "", &|column| of(column, None)));
    }
    let length = columns.iter().find_map(|c| summary_of(c.1)).map(|s| s.length);
    let texts = shown.document.references.summaries(language, length);
    if columns.iter().any(|c| summary_of(c.1).is_some()) || !texts.is_empty() {
        let reference: String = texts.iter().map(|t| format!("<p>{}</p>", html_text(t))).collect();
        out.push_str(&row("summary", &reference, &|column| {
            summary_of(column.1).map(|s| summary(index, s, column.1, sentences)).unwrap_or_default()
        }));
    }
    out.push_str("</tbody>\n<tbody class=\"scores\" lang=\"en\">\n");
    for metric in headlines {
        let value = |column: &Column<'_>| column.1.scored.scores.values.get(metric.id).copied();
        if columns.iter().any(|c| value(c).is_some()) {
            let name = html_text(&super::plots::full_name(metric));
            out.push_str(&row(&name, "", &|c| value(c).map(|v| metric.show(v)).unwrap_or_default()));
        }
    }
    out.push_str(&row("seconds", "", &|column| format!("{:.2}", column.1.record.speed.seconds)));
    if columns.iter().any(|column| !trouble(column.1).is_empty()) {
        out.push_str(&row("not used, or failed", "", &|column| trouble(column.1)));
    }
    out.push_str("</tbody>\n</table></div>\n");
    out
}

/// Why a system failed, or what of its output was not used.
fn trouble(written: &Written<'_>) -> String {
    if let Some(error) = &written.record.error {
        return format!("<span class=\"bad\">failed: {}</span>", html_text(error));
    }
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for rejection in written.record.output.iter().flat_map(|o| &o.rejections) {
        if let Ok(serde_json::Value::String(reason)) = serde_json::to_value(rejection.reason) {
            *reasons.entry(reason.replace('_', " ")).or_default() += 1;
        }
    }
    reasons.iter().map(|(reason, n)| format!("{n} × {reason}")).collect::<Vec<_>>().join(", ")
}

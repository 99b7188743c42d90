//! `faqtory inspect`: how an article was read.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use faqtory::article::{Article, LanguageWords, Passage, Span};
use faqtory::lang::Language;
use serde::Serialize;

use super::args::{InputArgs, ModelArgs};
use super::config::{Config, Raw};
use super::failure::{ARTICLES, Failure, visible};
use super::input::{Inputs, Item};
use super::runtime::TokenCount;
use super::write::name;
use super::{Context, interrupt, output, runtime, ui};

/// What to do about several articles for one page.
const ONE_PAGE: &str =
    "give one file that is one article; without `--html`, `faqtory inspect` shows any number of them";

/// Show how an article was read: its parts, its sentences, and what was left out
#[derive(Debug, Args)]
#[command(after_help = "\
Numbers in brackets are byte ranges of the normalized text, which the JSON form holds.

Examples:
  faqtory inspect article.txt
  faqtory inspect article.txt --format json
  faqtory inspect article.html --html read.html     a page to look at in a browser
  faqtory inspect https://example.org/article.html
  faqtory inspect news.jsonl --format json | jq .words")]
pub(crate) struct InspectArgs {
    /// Articles: files (HTML, Markdown, PDF, DOCX, EPUB, plain text, JSON Lines), folders, patterns such as "docs/**/*.md",
    /// web addresses, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How to show it
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: View,

    /// Write a page that shows the whole text, marked, to this file instead
    #[arg(long, value_name = "OUT.html", conflicts_with = "format")]
    html: Option<PathBuf>,

    /// Language of the article, if it should not be detected
    #[arg(long, value_name = "LANG")]
    source_lang: Option<Language>,

    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    model: ModelArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum View {
    /// For people
    Text,
    /// For programs; several articles are one a line
    Json,
}

/// The JSON form.
#[derive(Debug, Serialize)]
struct Report<'a> {
    /// Words of the body.
    words: usize,
    /// Sentences of the body.
    sentences: usize,
    /// Words of the body by language.
    languages: Vec<LanguageWords>,
    /// Whether a good part of the body is in another language than the article.
    mixed: bool,
    /// Whether it is a FAQ through and through, without a body beside the pairs.
    faq_page: bool,
    /// Tokens of the text that a model sees, if a tokenizer is here.
    tokens: Option<TokenCount>,
    /// The article.
    article: &'a Article,
}

impl<'a> Report<'a> {
    fn of(article: &'a Article, tokens: Option<TokenCount>) -> Self {
        Self {
            words: article.word_count(),
            sentences: article.sentences().count(),
            languages: article.languages(),
            mixed: !article.other_languages().is_empty(),
            faq_page: article.is_faq_page(),
            tokens,
            article,
        }
    }
}

pub(crate) fn run(args: &InspectArgs, context: &Context) -> Result<(), Failure> {
    let mut flags = Raw { source_lang: args.source_lang, ..Raw::default() };
    args.input.add_to(&mut flags);
    args.model.add_to(&mut flags);
    let config = context.config(flags)?;
    let inputs = Inputs::find(&args.files, None, &config, &context.ui)?;
    let mut failed = inputs.failed;
    let single = inputs.count() == Some(1);
    if args.html.is_some() && !single {
        return Err(Failure::usage("--html shows one article; several were given", ONE_PAGE));
    }
    for (Item { is_record, article, .. }, number) in inputs.articles(&config, args.input.refresh, &context.ui).zip(1..)
    {
        interrupt::check()?;
        match article {
            Ok(article) => match &args.html {
                // One input may turn out to hold several.
                Some(_) if is_record => {
                    return Err(Failure::usage("--html shows one article; these are records", ONE_PAGE));
                }
                Some(path) => write_page(path, &article, context)?,
                None => print(&article, args.format, single && !is_record, number, &config)?,
            },
            Err(error) => {
                context.ui.error(&error);
                failed = true;
            }
        }
    }
    if failed || inputs.is_empty() { Err(Failure::Reported(ARTICLES)) } else { Ok(()) }
}

/// Prints what was read; of several articles JSON is one a line, and text has a rule between them.
fn print(article: &Article, view: View, single: bool, number: usize, config: &Config) -> Result<(), Failure> {
    let tokens = runtime::count_tokens(config, &article.body_markdown())?;
    let report = Report::of(article, tokens);
    match view {
        View::Text => {
            let rule = if number > 1 { format!("\n{}\n\n", "=".repeat(72)) } else { String::new() };
            ui::print_styled(&(rule + &show(&report)))
        }
        View::Json => {
            let json = if single { serde_json::to_string_pretty(&report) } else { serde_json::to_string(&report) };
            let json = json.map_err(|e| {
                faqtory::Error::new(faqtory::ErrorKind::Io, "cannot write the article as JSON").with_source(e)
            })?;
            ui::print(&format!("{json}\n"))
        }
    }
}

fn write_page(path: &Path, article: &Article, context: &Context) -> Result<(), Failure> {
    if path.canonicalize().is_ok_and(|here| Path::new(&article.source).canonicalize().is_ok_and(|input| input == here))
    {
        let path = path.display();
        return Err(Failure::usage(
            format!("the page would replace the article `{path}`"),
            "give `--html` another name",
        ));
    }
    output::write_file(path, &faqtory::render::inspection(article))?;
    context.ui.step(&format!("{}: written to {}", article.source, path.display()));
    Ok(())
}

const STRONG: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const HEADING: Style = AnsiColor::Cyan.on_default().bold();

fn show(report: &Report<'_>) -> String {
    let article = report.article;
    let mut page = String::new();
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(page, "{STRONG}{name:<9}{STRONG:#} {}", one_line(value));
    };
    field("source", &article.source);
    field("format", &name(&article.format));
    let sure = format!("{:.0} % sure", article.language_confidence * 100.0);
    field("language", &format!("{} ({}), {sure}", article.language, article.language.english_name()));
    if let Some(mixture) = article.mixture() {
        field("mixed", &mixture);
    }
    for loss in &article.losses {
        field("not read", loss);
    }
    for (name, value) in
        [("title", &article.title), ("deck", &article.deck), ("byline", &article.byline), ("date", &article.date)]
    {
        field(name, value.as_deref().unwrap_or("(none)"));
    }
    for (name, value) in [("site", &article.site), ("url", &article.url)] {
        if let Some(value) = value {
            field(name, value);
        }
    }
    let tokens = match &report.tokens {
        Some(tokens) => format!("{} tokens ({})", tokens.count, tokens.model),
        None => "no model here: token count not shown".to_owned(),
    };
    let passages = article.passages().count();
    field("size", &format!("{} words, {} sentences, {passages} passages; {tokens}", report.words, report.sentences));

    if report.faq_page {
        let pairs = article.own_faq.as_ref().map_or(0, |faq| faq.pairs.len());
        field("body", &format!("none: this page is a FAQ through and through ({pairs} pairs)"));
    }

    for section in &article.sections {
        match section.heading {
            Some(heading) => {
                let (span, text) = (range(heading.span), one_line(article.slice(heading.span)));
                let marks = "#".repeat(usize::from(heading.level.clamp(1, 6)));
                let _ = writeln!(page, "\n{HEADING}{marks} {text}{HEADING:#} {DIM}{span}{DIM:#}");
            }
            None => page.push('\n'),
        }
        for passage in &section.passages {
            show_passage(&mut page, article, passage);
        }
    }
    show_own_faq(&mut page, article);
    show_dropped(&mut page, article);
    page
}

fn show_passage(page: &mut String, article: &Article, passage: &Passage) {
    let other = passage.language.filter(|l| *l != article.language);
    let language = other.map(|l| format!(" in {}", l.english_name())).unwrap_or_default();
    let _ = writeln!(page, "{DIM}{} {}{DIM:#}{language}", name(&passage.kind), range(passage.span));
    for sentence in &passage.sentences {
        let text = one_line(article.slice(sentence.span));
        let _ = writeln!(page, "  {DIM}{:<13}{DIM:#} {text}", range(sentence.span));
    }
}

fn show_own_faq(page: &mut String, article: &Article) {
    let Some(faq) = &article.own_faq else {
        let _ = writeln!(page, "\n{HEADING}The article's own FAQ block{HEADING:#}: none");
        return;
    };
    let title = faq.title.as_deref().map(|t| format!(" \"{}\"", one_line(t))).unwrap_or_default();
    let span = range(faq.span);
    let _ = writeln!(page, "\n{HEADING}The article's own FAQ block{HEADING:#}{title} {DIM}{span}{DIM:#}");
    let _ = writeln!(page, "{DIM}kept to compare with, never shown to a model{DIM:#}");
    for pair in &faq.pairs {
        let _ = writeln!(page, "  Q: {}\n  A: {}", one_line(&pair.question), one_line(&pair.answer));
    }
}

fn show_dropped(page: &mut String, article: &Article) {
    let _ = writeln!(
        page,
        "\n{HEADING}Left out{HEADING:#}: {}",
        match article.dropped.len() {
            0 => "nothing".to_owned(),
            n => n.to_string(),
        }
    );
    for dropped in &article.dropped {
        let (span, text) = (range(dropped.span), one_line(article.slice(dropped.span)));
        let _ = writeln!(page, "  {DIM}{span:<13}{DIM:#} {}: {text}", name(&dropped.reason));
    }
}

fn range(span: Span) -> String {
    format!("[{}..{}]", span.start, span.end)
}

/// The text without line breaks and control characters.
fn one_line(text: &str) -> String {
    visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use faqtory::article::{
        DropReason, Dropped, Heading, OwnFaq, PassageKind, QaPair, Section, Sentence, SourceFormat,
    };

    fn article() -> Article {
        let text = "Title\nFirst one. Second\none.\nHead\nThird.\nPhoto: me\u{1b}[2J".to_owned();
        let span = |part: &str| {
            let start = text.find(part).unwrap();
            Span::new(start, start + part.len())
        };
        let passage = |whole: &str, sentences: &[&str]| Passage {
            kind: PassageKind::Paragraph,
            span: span(whole),
            language: Some(Language::EN),
            sentences: sentences.iter().map(|s| Sentence { span: span(s) }).collect(),
        };
        Article {
            source: "a.txt".into(),
            format: SourceFormat::Text,
            language: Language::EN,
            language_confidence: 0.987,
            title: Some("Title".into()),
            deck: None,
            byline: None,
            date: None,
            url: None,
            site: None,
            head: Vec::new(),
            sections: vec![
                Section {
                    heading: None,
                    passages: vec![passage("First one. Second\none.", &["First one.", "Second\none."])],
                },
                Section {
                    heading: Some(Heading { span: span("Head"), level: 2 }),
                    passages: vec![passage("Third.", &["Third."])],
                },
            ],
            losses: Vec::new(),
            own_faq: Some(OwnFaq {
                title: Some("FAQ".into()),
                pairs: vec![QaPair { question: "Why?".into(), answer: "So.\n\nYes.".into() }],
                span: Span::new(0, 5),
            }),
            dropped: vec![Dropped { span: span("Photo: me\u{1b}[2J"), reason: DropReason::PhotoCredit }],
            text: text.clone(),
        }
    }

    #[test]
    fn everything_that_was_read_is_shown() {
        let article = article();
        let tokens = Some(TokenCount { model: "m".into(), count: 42 });
        let report = Report::of(&article, tokens);
        let page = anstream::adapter::strip_str(&show(&report)).to_string();
        for line in [
            "language  en (English), 99 % sure",
            "title     Title",
            "deck      (none)",
            "size      5 words, 3 sentences, 2 passages; 42 tokens (m)",
            "paragraph [6..28]",
            "  [6..16]       First one.",
            "  [17..28]      Second one.",
            "## Head [29..33]",
            "The article's own FAQ block \"FAQ\" [0..5]",
            "  A: So. Yes.",
            "Left out: 1",
        ] {
            assert!(page.lines().any(|l| l == line), "{line:?} is not in:\n{page}");
        }
        assert!(page.contains("photo credit: Photo: me\u{FFFD}[2J"), "{page}");
    }
}

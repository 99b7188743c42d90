//! Outputs to test the renderers with.

use crate::article::Span;
use crate::content::{
    Coverage, Evidence, Faq, FaqEntry, ModelInfo, Output, RejectReason, Rejection, SCHEMA_VERSION, SourceInfo, Summary,
    SummaryLength, Task, TokenCounts, Usage,
};
use crate::lang::Language;

/// All samples with their names.
pub(super) fn all() -> [(&'static str, Output); 5] {
    [("english", english()), ("spanish", spanish()), ("nasty", nasty()), ("bullets", bullets()), ("empty", empty())]
}

/// A summary of two paragraphs and a FAQ block, one of whose answers has two paragraphs.
pub(super) fn english() -> Output {
    let mut output = empty();
    output.article.title = Some("Harbour ferry returns after nine years".into());
    output.summary = Some(summary(
        "Summary",
        SummaryLength::Long,
        &[
            "The ferry across Tallow Harbour sails again from 3 May, nine years after the old boat was sold. A \
             cooperative of 212 residents bought and refitted an electric vessel.",
            "Crossings take 14 minutes and cost 2.50 a head; children under six travel free.",
        ],
    ));
    output.faq = Some(faq(
        "Frequently asked questions",
        &[
            ("When does the ferry start?", "The first crossing leaves on 3 May at 6:40 a.m."),
            (
                "How much is a ticket?",
                "A single crossing costs 2.50.\n\nChildren under six travel free, and a monthly pass costs 48.",
            ),
            ("Who owns the boat?", "A cooperative of 212 residents owns it."),
        ],
    ));
    output
}

/// A Spanish output of an English article from the web, with a rejection.
pub(super) fn spanish() -> Output {
    let mut output = empty();
    output.article.source = "https://example.org/news/ferry?id=7&lang=en".into();
    output.language = Language::ES;
    output.summary = Some(summary(
        "Resumen",
        SummaryLength::Short,
        &["El transbordador del puerto de Tallow vuelve a navegar el 3 de mayo, nueve años después."],
    ));
    output.faq = Some(faq(
        "Preguntas frecuentes",
        &[
            ("¿Cuándo empieza el servicio?", "El primer viaje sale el 3 de mayo a las 6:40 de la mañana."),
            ("¿Cuánto dura la travesía?", "Dura 14 minutos: «menos que un café», según la capitana."),
        ],
    ));
    output.rejections = vec![Rejection {
        task: Task::Faq,
        reason: RejectReason::WrongLanguage,
        text: "Q: Who owns the boat? A: A cooperative.".into(),
    }];
    output
}

/// Texts that are markup in one format or another.
pub(super) fn nasty() -> Output {
    let mut output = empty();
    output.article.title = Some("</title>".into());
    output.summary = Some(summary(
        "Summary & <more>",
        SummaryLength::Medium,
        &[
            "# Not a heading, *not* emphasis, a `tick`, [no](link) & no &amp; entity.",
            "1. Not a list\nin two lines",
            "\u{1b}[31mNot red\u{7} and a snake_case_name | 3 * 4 < 13",
        ],
    ));
    output.faq = Some(faq(
        "FAQ #",
        &[
            ("Is <b>this</b> \"bold\" or 'quoted'?", "No.</p></details></section><script>alert(1)</script>"),
            ("What\nabout \\*backslashes\\*?", "- They stay\\\n\n---\n\n> as they are\u{2028}here."),
        ],
    ));
    output
}

/// A summary in bullet points and no FAQ block.
pub(super) fn bullets() -> Output {
    let mut output = empty();
    output.questions_asked = None;
    output.summary = Some(summary(
        "Summary",
        SummaryLength::Bullets,
        &["The ferry sails again from 3 May.", "- A cooperative owns it.", "Children under six travel free."],
    ));
    output
}

/// A summary and an answer that rest on two sentences of the article.
pub(super) fn evidence() -> Output {
    let mut output = empty();
    let evidence = |sentence, text: &str| Evidence { sentence, span: Span::new(0, 9), text: text.into(), score: 0.9 };
    let (first, second) = ("The ferry returns on 3 May.", "It leaves at 6:40.");
    let mut short = summary("Summary", SummaryLength::Short, &["The ferry sails again from 3 May."]);
    short.evidence = vec![evidence(0, first)];
    let mut block = faq("FAQ", &[("When does it start?", "The first crossing leaves on 3 May at 6:40 a.m.")]);
    block.entries[0].evidence = vec![evidence(0, first), evidence(0, second)];
    (output.summary, output.faq) = (Some(short), Some(block));
    output
}

/// Nothing survived.
pub(super) fn empty() -> Output {
    Output {
        schema_version: SCHEMA_VERSION,
        article: SourceInfo { source: "ferry.txt".into(), title: None, language: Language::EN, words: 431 },
        language: Language::EN,
        summary: None,
        faq: None,
        questions_asked: Some(4),
        unanswered: Vec::new(),
        coverage: Coverage { words_read: 431, pieces: 1, parts: 3, parts_used: 2 },
        rejections: vec![Rejection { task: Task::Summary, reason: RejectReason::Empty, text: String::new() }],
        usage: Usage {
            faqtory: "0.1.0".into(),
            model: ModelInfo {
                id: "some-model".into(),
                sha256: Some("00ff".repeat(16)),
                architecture: "qwen2".into(),
                context_length: 32_768,
                device: "cpu".into(),
            },
            prompt_version: "5f3a".into(),
            seed: 42,
            temperature: 0.7,
            tokens: TokenCounts { prompt: 900, reused: 700, generated: 250 },
            seconds: [("prefill".to_owned(), 1.25), ("decode".to_owned(), 9.5)].into(),
        },
    }
}

fn summary(title: &str, length: SummaryLength, paragraphs: &[&str]) -> Summary {
    Summary::new(title, length, paragraphs.iter().map(|&p| p.to_owned()).collect())
}

fn faq(title: &str, entries: &[(&str, &str)]) -> Faq {
    let entry = |&(question, answer): &(&str, &str)| FaqEntry::new(question, answer);
    Faq { title: title.into(), entries: entries.iter().map(entry).collect() }
}

//! PDF files made by hand, and real ones that are damaged.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::article::{Article, SourceFormat};
use crate::lang::Language;
use crate::loader::{LoadOptions, load};

const FONT: &str = "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>";

/// A file of pages with these drawing instructions.
fn pdf(pages: &[&str], font: &str, info: &str) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|i| format!("{} 0 R", 10 + 2 * i)).collect();
    let mut out = format!(
        "%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n\
         2 0 obj <</Type /Pages /Kids [{}] /Count {}>> endobj\n3 0 obj {font} endobj\n4 0 obj <<{info}>> endobj\n",
        kids.join(" "),
        pages.len()
    );
    for (i, content) in pages.iter().enumerate() {
        let n = 10 + 2 * i;
        let _ = write!(
            out,
            "{n} 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {} 0 R \
             /Resources <</Font <</F 3 0 R>>>>>> endobj\n{} 0 obj <</Length {}>> stream\n{content}\nendstream endobj\n",
            n + 1,
            n + 1,
            content.len()
        );
    }
    out.push_str("trailer <</Root 1 0 R /Info 4 0 R /Size 100>>\nstartxref\n0\n%%EOF");
    out.into_bytes()
}

fn options() -> LoadOptions {
    LoadOptions { format: Some(SourceFormat::Pdf), language: Some(Language::EN), ..LoadOptions::default() }
}

fn read(bytes: &[u8]) -> Result<Article> {
    load(bytes, "a.pdf", &options())
}

fn at(x: u32, y: u32, size: u32, text: &str) -> String {
    format!("BT /F {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n")
}

/// A title and lines of running text.
fn body() -> String {
    let mut content = at(60, 700, 24, "Town opens a library");
    for (i, line) in
        ["The town opened a public library in its old station", "on Monday. It was empty for years."].iter().enumerate()
    {
        content += &at(60, 660 - 14 * i as u32, 11, line);
    }
    content
}

#[test]
fn the_largest_type_is_the_title_and_the_file_tells_who_and_when() {
    let info = "/Title (Microsoft Word - x.docx) /Author (Ana Ruiz) /CreationDate (D:20260512101500Z)";
    let article = read(&pdf(&[&body()], FONT, info)).unwrap();
    assert_eq!(article.title.as_deref(), Some("Town opens a library"));
    assert_eq!(article.byline.as_deref(), Some("Ana Ruiz"));
    assert_eq!(article.date.as_deref(), Some("2026-05-12"));
    let sentences: Vec<_> = article.sentences().map(|s| article.slice(s.span)).collect();
    assert_eq!(
        sentences,
        ["The town opened a public library in its old station on Monday.", "It was empty for years."]
    );
    assert_eq!(article.format, SourceFormat::Pdf);
}

#[test]
fn text_that_nobody_sees_is_not_read_unless_there_is_no_other() {
    let hidden = at(60, 500, 11, "Hidden words of a watermark.");
    let article = read(&pdf(&[&format!("{} 3 Tr {hidden}", body())], FONT, "")).unwrap();
    assert!(!article.text.contains("Hidden"), "{}", article.text);
    let recognized = read(&pdf(&[&format!("3 Tr {}", body())], FONT, "")).unwrap();
    assert!(recognized.text.contains("public library"));
}

#[test]
fn text_in_another_direction_is_left_out_and_said() {
    let stamp = "BT /F 20 Tf 0 1 -1 0 30 200 Tm (Draft of May) Tj ET";
    let article = read(&pdf(&[&format!("{stamp} {}", body())], FONT, "")).unwrap();
    let dropped: Vec<_> = article.dropped.iter().map(|d| article.slice(d.span)).collect();
    assert_eq!(dropped, ["Draft of May"]);
}

#[test]
fn running_headers_are_left_out_and_sentences_cross_pages() {
    let header = |n: u32| at(60, 770, 9, "The Bridge") + &at(300, 30, 9, &n.to_string());
    let first = header(1) + &body() + &at(60, 60, 11, "The roof was mended by people who live near the old");
    let second = header(2) + &at(60, 740, 11, "station and by their friends.");
    let article = read(&pdf(&[&first, &second], FONT, "")).unwrap();
    assert!(article.text.contains("near the old station and by their friends."), "{}", article.text);
    let dropped: Vec<_> = article.dropped.iter().map(|d| article.slice(d.span)).collect();
    assert_eq!(dropped, ["The Bridge\n\n1\n\nThe Bridge\n\n2"]);
}

#[test]
fn what_cannot_be_read_says_why() {
    let message = |bytes: &[u8]| read(bytes).unwrap_err().message().to_owned();
    assert!(message(b"%PDF-1.7\nnothing").contains("damaged"));
    assert!(message(&pdf(&["0 0 100 100 re f"], FONT, "")).contains("no text"));
    let image = "q 100 0 0 100 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q";
    assert!(message(&pdf(&[image], FONT, "")).contains("images without text"));
    let nameless = "<</Type /Font /Subtype /Type3 /FontBBox [0 0 10 10] /FontMatrix [0.1 0 0 0.1 0 0] /FirstChar 65 \
                    /LastChar 90 /Widths [5 5] /Encoding <</Differences [65 /g1 /g2]>> /CharProcs <<>>>>";
    assert!(message(&pdf(&[&at(60, 700, 11, "ABABAB")], nameless, "")).contains("which characters"));
    let many = format!("{}{}", "q ".repeat(200_000), body());
    assert!(read(&pdf(&[&many], FONT, "")).is_ok(), "deep nesting of states takes no stack");
}

#[test]
fn a_text_about_pdf_is_none() {
    assert!(is_pdf(b"%PDF-1.7") && is_pdf(b"junk\n%PDF-1.7\n1 0 obj endobj"));
    assert!(!is_pdf(b"A file begins with %PDF-1.7 if it is one.") && !is_pdf(b""));
}

#[test]
fn forms_in_forms_without_end_are_stopped_in_time() {
    let mut laughs = "%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n\
        2 0 obj <</Type /Pages /Kids [5 0 R 5 0 R 2 0 R] /Count 99999999>> endobj\n\
        5 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 6 0 R \
        /Resources <</XObject <</X 10 0 R>>>>>> endobj\n6 0 obj <</Length 5>> stream\n/X Do\nendstream endobj\n"
        .to_owned();
    for n in 10..30 {
        let content = "/X Do ".repeat(10);
        let next = n + 1;
        let _ = writeln!(
            laughs,
            "{n} 0 obj <</Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</X {next} 0 R>>>> \
             /Length {}>> stream\n{content}\nendstream endobj",
            content.len()
        );
    }
    laughs.push_str("trailer <</Root 1 0 R>>");
    let message = isolate::limited(laughs.as_bytes(), std::time::Duration::from_millis(500)).unwrap_err();
    assert!(message.contains("took longer"), "{message}");
}

fn notice() -> Vec<u8> {
    std::fs::read("fixtures/es/water-cuts-notice/article.pdf").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_read_or_refused(cut in 0.0..1.0f64, flips in prop::collection::vec((0.0..1.0f64, any::<u8>()), 0..30)) {
        let mut bytes = notice();
        for (place, byte) in flips {
            let at = (bytes.len() as f64 * place) as usize;
            bytes[at] = byte;
        }
        // Half of them are whole.
        bytes.truncate(bytes.len().min((bytes.len() as f64 * cut * 2.0) as usize));
        let options = options();
        if let Ok(article) = load(&bytes, "a.pdf", &options) {
            prop_assert!(article.sentences().all(|s| !article.slice(s.span).is_empty()));
        }
    }

    #[test]
    fn any_drawing_is_read_or_refused(ops in prop::collection::vec(
        prop_oneof![
            Just("BT ".to_owned()), Just("ET ".to_owned()), Just("q ".to_owned()), Just("Q ".to_owned()),
            Just("/F 1e30 Tf ".to_owned()), Just("/F 12 Tf ".to_owned()), Just("/F -9 Tf ".to_owned()),
            (any::<i32>(), -900..900i32).prop_map(|(a, b)| format!("1 0 0 1 {a} {b} Tm ")),
            (-9..9i32, -9..9i32, 0..600i32).prop_map(|(a, b, c)| format!("{a} {b} {b} {a} {c} {c} cm ")),
            "[a-z .-]{1,20}".prop_map(|t| format!("({t}) Tj ")),
            (0..8u8).prop_map(|m| format!("{m} Tr ")),
            (-9000..9000i32).prop_map(|n| format!("{n} Tc {n} Tw {n} Tz ")),
        ], 0..60)) {
        let _ = read(&pdf(&[&ops.concat(), &ops.concat()], FONT, ""));
    }
}

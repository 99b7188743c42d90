//! EPUB files made part by part, as publishers and enemies write them.

use crate::article::{Article, DropReason, SourceFormat};
use crate::error::ErrorKind;
use crate::loader::docx::tests::zip_of;
use crate::loader::tests::check_spans;
use crate::loader::{LoadOptions, load};

const CONTAINER: &str = "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>\
    <rootfile full-path='OEBPS/book%20one.opf' media-type='application/oebps-package+xml'/></rootfiles></container>";

fn package(metadata: &str, manifest: &str, spine: &str) -> String {
    format!(
        "<package xmlns='http://www.idpf.org/2007/opf' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:opf='http://www.idpf.org/2007/opf'>\
         <metadata>{metadata}</metadata><manifest>{manifest}</manifest><spine>{spine}</spine></package>"
    )
}

fn epub(opf: &str, others: &[(&str, &str)]) -> Vec<u8> {
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", CONTAINER.as_bytes()),
        ("OEBPS/book one.opf", opf.as_bytes()),
    ];
    parts.extend(others.iter().map(|(path, text)| (*path, text.as_bytes())));
    zip_of(&parts)
}

const METADATA: &str = "<dc:title>The river in ten years</dc:title><dc:creator opf:role='aut'>Ana Ruiz</dc:creator>\
    <dc:creator opf:role='ill'>Eva Sol</dc:creator><dc:date opf:event='modification'>2026-09-09</dc:date>\
    <dc:date opf:event='publication'>2026-05-12T00:00:00Z</dc:date><dc:language>en</dc:language><dc:publisher>The Basin</dc:publisher>";
const MANIFEST: &str = "<item id='n' href='nav.xhtml' media-type='application/xhtml+xml' properties='nav'/>\
    <item id='a' href='text/One%20%C3%A1.xhtml#top' media-type='application/xhtml+xml'/>\
    <item id='b' href='./text/../text/two.html' media-type='text/html'/>\
    <item id='x' href='ad.xhtml' media-type='application/xhtml+xml'/>\
    <item id='p' href='pic.svg' media-type='image/svg+xml' fallback='b'/>";
const SPINE: &str =
    "<itemref idref='n'/><itemref idref='a'/><itemref idref='x' linear='no'/><itemref idref='p'/><itemref idref='b'/>";
const CHAPTERS: &[(&str, &str)] = &[
    ("OEBPS/nav.xhtml", "<html><body><h1>Contents</h1><p>One</p></body></html>"),
    (
        "OEBPS/text/One á.xhtml",
        "<html><head><title/></head><body><h1>The river in ten years</h1><p>It rose twice that year.</p></body></html>",
    ),
    (
        "OEBPS/text/two.html",
        "<html><body><h1>Fish</h1><p>Salmon came back.</p><h2>Counts</h2><p>There were 742.</p></body></html>",
    ),
    ("OEBPS/ad.xhtml", "<p>Buy more books.</p>"),
];

fn read(bytes: &[u8]) -> Article {
    let article = load(bytes, "book.epub", &LoadOptions::default()).unwrap();
    check_spans(&article);
    article
}

#[test]
fn chapters_in_reading_order_and_metadata() {
    let article = read(&epub(&package(METADATA, MANIFEST, SPINE), CHAPTERS));
    assert_eq!(
        article.body_markdown(),
        "# The river in ten years\n\nIt rose twice that year.\n\n## Fish\n\nSalmon came back.\n\n### Counts\n\nThere were 742."
    );
    assert_eq!(article.format, SourceFormat::Epub);
    assert_eq!(article.byline.as_deref(), Some("Ana Ruiz"));
    assert_eq!(article.date.as_deref(), Some("2026-05-12"));
    assert_eq!(article.site.as_deref(), Some("The Basin"));
    assert!(article.dropped.iter().all(|d| d.reason == DropReason::Navigation) && article.dropped.len() == 1);
    assert!(!article.text.contains("Buy"));
}

#[test]
fn a_title_that_no_chapter_shows_is_the_title() {
    let chapters = [("OEBPS/text/two.html", "<body><h2>Fish</h2><p>Salmon came back.</p></body>")];
    let article = read(&epub(&package(METADATA, MANIFEST, "<itemref idref='b'/>"), &chapters));
    assert_eq!(article.body_markdown(), "# The river in ten years\n\n## Fish\n\nSalmon came back.");
}

#[test]
fn what_cannot_be_read_is_said() {
    let refused = |opf: &str, others: &[(&str, &str)]| {
        let error = load(&epub(opf, others), "-", &LoadOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        error.message().to_owned()
    };
    let opf = package(METADATA, MANIFEST, SPINE);
    assert!(refused(&opf, &CHAPTERS[..2]).contains("`OEBPS/text/two.html` is missing"));
    assert!(refused(&package(METADATA, MANIFEST, "<itemref idref='zz'/>"), CHAPTERS).contains("`zz`"));
    assert!(refused(&package(METADATA, MANIFEST, ""), CHAPTERS).contains("no chapters"));
    let pictures = "<item id='i' href='i.jpg' media-type='image/jpeg'/>";
    assert!(refused(&package(METADATA, pictures, "<itemref idref='i'/>"), &[]).contains("image/jpeg"));
    let looped = "<item id='i' href='i.jpg' media-type='image/jpeg' fallback='i'/>";
    assert!(refused(&package(METADATA, looped, "<itemref idref='i'/>"), &[]).contains("image/jpeg"));
    let bare = zip_of(&[("mimetype", b"application/epub+zip")]);
    assert!(load(&bare, "-", &LoadOptions::default()).unwrap_err().message().contains("OPF"));
}

#[test]
fn protection_is_refused_and_obfuscated_fonts_are_not() {
    let encrypted = |algorithm: &str, path: &str| {
        let xml = format!(
            "<encryption xmlns:enc='http://www.w3.org/2001/04/xmlenc#'><enc:EncryptedData><enc:EncryptionMethod Algorithm='{algorithm}'/>\
             <enc:CipherData><enc:CipherReference URI='{path}'/></enc:CipherData></enc:EncryptedData></encryption>"
        );
        let mut parts = CHAPTERS.to_vec();
        parts.push(("META-INF/encryption.xml", &xml));
        load(&epub(&package(METADATA, MANIFEST, SPINE), &parts), "-", &LoadOptions::default())
    };
    let aes = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
    assert!(encrypted(aes, "OEBPS/text/two.html").unwrap_err().message().contains("DRM"));
    assert!(encrypted(aes, "OEBPS/cover.jpg").is_ok());
    assert!(encrypted("http://www.idpf.org/2008/embedding", "OEBPS/font.otf").is_ok());
}

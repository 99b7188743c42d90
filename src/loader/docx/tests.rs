//! DOCX files made part by part, as word processors and enemies write them.

use std::io::Write;

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::article::{Article, DropReason, SourceFormat};
use crate::error::{Error, ErrorKind};
use crate::lang::Language;
use crate::loader::tests::check_spans;
use crate::loader::{LoadOptions, load};

const W: &str = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' \
                 xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' xmlns:r='r' xmlns:v='v'";
const ROOT: &str = "<Relationships xmlns='x'><Relationship Id='a' \
                    Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' \
                    Target='/deep/main.xml'/></Relationships>";

pub(crate) fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (path, content) in parts {
        zip.start_file(*path, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn options() -> LoadOptions {
    LoadOptions { language: Some(Language::EN), ..Default::default() }
}

/// A file whose main part has that body, with other parts beside it in the same folder.
fn docx(body: &str, others: &[(&str, &str)]) -> Vec<u8> {
    let main = format!("<?xml version='1.0'?><w:document {W}><w:body>{body}</w:body></w:document>");
    let links: String = others
        .iter()
        .map(|(kind, _)| format!("<Relationship Id='{kind}' Type='http://x/{kind}' Target='parts/{kind}.xml'/>"))
        .collect();
    let links = format!("<Relationships>{links}</Relationships>");
    let others: Vec<(String, String)> = others
        .iter()
        .map(|(kind, inner)| (format!("deep/parts/{kind}.xml"), format!("<w:{kind} {W}>{inner}</w:{kind}>")))
        .collect();
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types xmlns='x'>wordprocessingml</Types>"),
        ("_rels/.rels", ROOT.as_bytes()),
        ("deep/main.xml", main.as_bytes()),
        ("deep/_rels/main.xml.rels", links.as_bytes()),
    ];
    parts.extend(others.iter().map(|(path, text)| (path.as_str(), text.as_bytes())));
    zip_of(&parts)
}

fn read(body: &str, others: &[(&str, &str)]) -> Article {
    let article = load(&docx(body, others), "a.docx", &options()).unwrap();
    check_spans(&article);
    article
}

fn refused(bytes: &[u8]) -> Error {
    let error = load(bytes, "a.docx", &options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    error
}

/// Passages and headings as lines of Markdown.
fn markdown(body: &str, others: &[(&str, &str)]) -> String {
    read(&format!("{}{body}", p("", "It begins here.")), others).body_markdown().replacen("It begins here.\n\n", "", 1)
}

fn p(properties: &str, text: &str) -> String {
    format!("<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>")
}

fn styled(style: &str, text: &str) -> String {
    p(&format!("<w:pStyle w:val='{style}'/>"), text)
}

#[test]
fn kinds_of_blocks_by_style() {
    let body = [
        styled("Title", "The quay"),
        styled("Subtitle", "What the town will pay for it, and when it will be done."),
        p("", "The council voted on Monday. It took ten years to agree on what to do with the old quay."),
        styled("Heading1", "Money"),
        styled("ListBullet", "tolls"),
        styled("Quote", "We could not wait."),
        styled("SourceCode", "let a = 1;"),
        styled("SourceCode", "let b = 2;"),
        styled("Heading2", "Loans"),
        p("<w:outlineLvl w:val='0'/>", "Time"),
        p("", "Three years."),
    ];
    let article = read(&body.concat(), &[]);
    assert_eq!(article.format, SourceFormat::Docx);
    assert_eq!(article.deck.as_deref(), Some("What the town will pay for it, and when it will be done."));
    let expected = "# The quay\n\nWhat the town will pay for it, and when it will be done.\n\nThe council voted on Monday. It took \
        ten years to agree on what to do with the old quay.\n\n## Money\n\n- tolls\n\n> We could not wait.\n\n\
        ```\nlet a = 1;\nlet b = 2;\n```\n\n### Loans\n\n## Time\n\nThree years.";
    assert_eq!(article.body_markdown(), expected);
}

#[test]
fn deleted_and_hidden_text_is_not_read_and_inserted_text_is() {
    let run = |text: &str| format!("<w:r><w:t>{text}</w:t></w:r>");
    let body = format!(
        "<w:p>{}<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:ins>{}</w:ins><w:moveFrom>{}</w:moveFrom>\
         <w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>E</w:t></w:r>\
         <w:smartTag>{}</w:smartTag><w:r><w:tab/><w:t>so</w:t><w:softHyphen/><w:t>ft</w:t><w:noBreakHyphen/><w:t>ly</w:t><w:br/>\
         <w:t>down.</w:t></w:r></w:p><w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{}</w:p>{}",
        run("A"),
        run("B"),
        run("X"),
        run("F"),
        run("One "),
        p("", "line."),
    );
    assert_eq!(markdown(&body, &[]), "ABEF soft-ly down.\n\nOne line.");
}

#[test]
fn fields_give_their_results_and_text_boxes_their_text_once() {
    let field = "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> REF x </w:instrText></w:r>\
        <w:r><w:t>hidden</w:t></w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>Table 2</w:t></w:r>\
        <w:r><w:fldChar w:fldCharType='end'/></w:r>";
    let boxed = format!("<w:txbxContent>{}</w:txbxContent>", p("", "In the box."));
    let body = format!(
        "<w:p>{field}<w:r><w:t> says</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{boxed}\
         </w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{boxed}</v:textbox></w:pict></mc:Fallback>\
         </mc:AlternateContent></w:r><w:r><w:t> so.</w:t></w:r></w:p>\
         <w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>\
         <w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>\
         <w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r></w:p>{}",
        p("", "Click here to write."),
        p("", "In a control."),
        p("", "After a field without its end."),
    );
    let expected = "Table 2 says so.\n\nIn the box.\n\nIn a control.\n\nAfter a field without its end.";
    assert_eq!(markdown(&body, &[]), expected);
}

#[test]
fn tables_of_data_are_rows_and_others_are_paragraphs() {
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", p("", text));
    let row = |cells: &[&str]| format!("<w:tr>{}</w:tr>", cells.iter().map(|c| cell(c)).collect::<String>());
    let gone = format!("<w:tr><w:trPr><w:del/></w:trPr>{}</w:tr>", cell("no"));
    let data =
        format!("<w:tbl>{}{}{gone}{}</w:tbl>", row(&["Part", "Time"]), row(&["Seal", "2 years"]), row(&["", "x"]));
    assert_eq!(markdown(&data, &[]), "| Part | Time |\n| Seal | 2 years |\n| x |");
    let layout = format!("<w:tbl>{}</w:tbl>", row(&["On the left.", "On the right."]));
    assert_eq!(markdown(&layout, &[]), "On the left.\n\nOn the right.");
    let around = format!("<w:tbl><w:tr><w:tc>{data}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>", p("", "Beside."));
    assert_eq!(markdown(&around, &[]), "| Part | Time |\n| Seal | 2 years |\n| x |\n\nBeside.");
}

#[test]
fn notes_stand_at_the_end_of_their_section_and_margins_are_dropped() {
    let note = "<w:footnote w:id='-1' w:type='separator'><w:p/></w:footnote>\
        <w:footnote w:id='2'><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>Counted in 2025.</w:t></w:r></w:p></w:footnote>";
    let header = p("", "The Harbour Gazette");
    let body = format!(
        "{}<w:p><w:r><w:t>Ten boats</w:t></w:r><w:r><w:footnoteReference w:id='2'/></w:r><w:r><w:t> sank.</w:t></w:r></w:p>{}{}{}",
        styled("Heading1", "Losses"),
        p("", "Two were raised."),
        styled("Heading1", "Gains"),
        p("", "None."),
    );
    let others = [("footnotes", note), ("header", header.as_str())];
    let text = markdown(&body, &others);
    assert!(
        text.ends_with("## Losses\n\nTen boats sank.\n\nTwo were raised.\n\nCounted in 2025.\n\n## Gains\n\nNone."),
        "{text}"
    );
    let article = read(&body, &others);
    assert_eq!(article.dropped.len(), 1);
    assert_eq!(article.dropped[0].reason, DropReason::Navigation);
    assert_eq!(article.slice(article.dropped[0].span), "The Harbour Gazette");
}

#[test]
fn contents_are_dropped_and_numbers_of_lists_are_kept() {
    let numbering = "<w:abstractNum w:abstractNumId='1'><w:lvl w:ilvl='0'><w:numFmt w:val='lowerLetter'/><w:lvlText w:val='%1)'/>\
        </w:lvl></w:abstractNum><w:num w:numId='5'><w:abstractNumId w:val='1'/></w:num>";
    let item = "<w:numPr><w:ilvl w:val='0'/><w:numId w:val='5'/></w:numPr>";
    let body = format!("{}{}{}", styled("TOC1", "Losses 3"), p(item, "first"), p(item, "second"));
    assert_eq!(markdown(&body, &[("numbering", numbering)]), "- a) first\n- b) second");
}

#[test]
fn utf16_and_other_archives() {
    let main = format!(
        "\u{FEFF}<w:document {W}><w:body>{}</w:body></w:document>",
        p("", "Years of añil &amp; sol &undefined;&#xE9;.")
    );
    let wide: Vec<u8> = main.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bytes = zip_of(&[("word/document.xml", &wide)]);
    assert_eq!(load(&bytes, "-", &options()).unwrap().body_markdown(), "Years of añil & sol é.");
    let by_types = "<Types><Override PartName='/x.xml' ContentType='application/vnd.ms-word.document.macroEnabled.main+xml'/></Types>";
    let bytes = zip_of(&[("[Content_Types].xml", by_types.as_bytes()), ("x.xml", &wide)]);
    assert!(load(&bytes, "a.docm", &options()).is_ok());
    for (parts, name) in [
        (&[("mimetype", "application/vnd.oasis.opendocument.text")][..], "ODT"),
        (&[("[Content_Types].xml", "<a b='spreadsheetml'/>")], "XLSX"),
        (&[("[Content_Types].xml", "<a b='presentationml'/>")], "PPTX"),
        (&[("../../etc/passwd", "x"), ("b", "y")], "ZIP archive of 2 members"),
    ] {
        let parts: Vec<_> = parts.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        let error = refused(&zip_of(&parts));
        assert!(error.message().contains(name) && error.message().contains("EPUB"), "{error}");
    }
    let forced = LoadOptions { format: Some(SourceFormat::Docx), ..options() };
    assert!(load(b"no archive", "-", &forced).unwrap_err().message().contains("ZIP"));
}

#[test]
fn bombs_and_torn_files_are_refused() {
    let limited = LoadOptions { max_bytes: 100_000, ..options() };
    let main = format!("<w:document {W}><w:body>{}</w:body></w:document>", " ".repeat(1_000_000));
    let bomb = zip_of(&[("word/document.xml", main.as_bytes())]);
    assert!(bomb.len() < 100_000);
    assert!(load(&bomb, "-", &limited).unwrap_err().message().contains("too large"));
    // The archive states a small size.
    let mut lying = bomb;
    let size = 1_000_000u32 + main.len() as u32 - 1_000_000;
    for at in memchr::memmem::find_iter(&lying.clone(), &size.to_le_bytes()) {
        lying[at..at + 4].copy_from_slice(&10u32.to_le_bytes());
    }
    assert_eq!(load(&lying, "-", &limited).unwrap_err().kind(), ErrorKind::Input);
    let mut many = b"PK\x03\x04".to_vec();
    many.extend(b"PK\x01\x02".repeat(30_000));
    assert!(refused(&many).message().contains("members"));

    let laughs = format!(
        "<!DOCTYPE d [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><w:document {W}><w:body>{}</w:body></w:document>",
        p("", "Not &b; funny.")
    );
    let article = load(&zip_of(&[("word/document.xml", laughs.as_bytes())]), "-", &options()).unwrap();
    assert_eq!(article.body_markdown(), "Not funny.");

    let deep = format!("{}{}{}", "<w:sdt>".repeat(100_000), p("", "Far down."), "</w:sdt>".repeat(100_000));
    assert_eq!(markdown(&deep, &[]), "Far down.");
    let nested = "<w:tbl><w:tr><w:tc>".repeat(5_000) + &p("", "In tables.") + &"</w:tc></w:tr></w:tbl>".repeat(5_000);
    assert_eq!(markdown(&nested, &[]), "In tables.");
    let attributes: String = (0..50_000).map(|i| format!(" a{i}='1'")).collect();
    assert_eq!(markdown(&format!("<w:p{attributes}><w:r><w:t>Yes.</w:t></w:r></w:p>"), &[]), "Yes.");

    let whole = docx(&p("", "Whole."), &[]);
    for end in [5, whole.len() / 2, whole.len() - 30] {
        assert!(refused(&whole[..end]).message().contains("again"));
    }
    let open = format!("<w:document {W}><w:body><w:p>");
    assert!(refused(&zip_of(&[("word/document.xml", open.as_bytes())])).message().contains("no sound XML"));
    assert!(refused(&zip_of(&[("word/document.xml", b"<a>\xFF</a>")])).message().contains("UTF-8"));
    assert!(
        refused(&zip_of(&[("_rels/.rels", ROOT.as_bytes()), ("word/styles.xml", b"")])).message().contains("members")
    );
}

#[test]
fn encrypted_members_are_refused() {
    let mut bytes = docx(&p("", "Whole."), &[]);
    // The flag of encryption in the headers of all members.
    for at in memchr::memmem::find_iter(&bytes.clone(), b"PK\x01\x02") {
        bytes[at + 8] |= 1;
    }
    assert!(refused(&bytes).message().contains("password"));
}

/// Pieces of the main part that the walker looks at closely, well-formed or not.
fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "<w:p>",
        "</w:p>",
        "<w:r>",
        "</w:r>",
        "<w:t>Some text. ¿Why?</w:t>",
        "<w:pPr><w:pStyle w:val='Heading1'/></w:pPr>",
        "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>",
        "<w:tbl>",
        "</w:tbl>",
        "<w:tr>",
        "</w:tr>",
        "<w:tc>",
        "</w:tc>",
        "<w:br/>",
        "<w:rPr><w:b/></w:rPr>",
        "<w:fldChar w:fldCharType='begin'/>",
        "<w:fldChar w:fldCharType='end'/>",
        "<w:txbxContent>",
        "</w:txbxContent>",
        "<mc:AlternateContent>",
        "<mc:Choice>",
        "<w:sdt>",
        "<w:footnoteReference w:id='1'/>",
        "&#0;",
        "&x;",
        "<w:footnote w:id='1'>",
        "</w:footnote>",
        "<w:del>",
        "<![CDATA[x]]>",
        "<w:p/>",
        "<w:tc/>",
        "<w:sym w:char='D800'/>",
        "<w:pPr><w:numPr><w:ilvl w:val='77'/><w:numId w:val='5'/></w:numPr></w:pPr>",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_elements_are_read_or_refused(pieces in proptest::collection::vec(piece(), 0..40), close in any::<bool>()) {
        let mut body = pieces.concat();
        if close {
            // What stands open is closed, and what closes nothing goes.
            let mut open = Vec::new();
            body = pieces.iter().filter(|p| match p.strip_prefix("</") {
                Some(name) if open.last() == Some(&name) => open.pop().is_some(),
                Some(_) => false,
                None => {
                    let single = p.contains("/>") || p.contains("</") || !p.starts_with("<w:") && !p.starts_with("<mc:");
                    if !single {
                        open.push(p[1..].split_inclusive('>').next().unwrap_or_default());
                    }
                    true
                }
            }).copied().collect();
            for name in open.iter().rev() {
                body += &format!("</{}>", name.trim_end_matches('>').split(' ').next().unwrap_or_default());
            }
        }
        match load(&docx(&body, &[]), "-", &options()) {
            Ok(article) => check_spans(&article),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Input),
        }
    }

    #[test]
    fn any_bytes_in_a_part_are_read_or_refused(part in 0usize..4, bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let name = ["word/document.xml", "_rels/.rels", "[Content_Types].xml", "docProps/core.xml"][part];
        match load(&zip_of(&[(name, &bytes), ("word/x", b"")]), "-", &LoadOptions { format: Some(SourceFormat::Docx), ..options() }) {
            Ok(article) => check_spans(&article),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Input),
        }
    }

    #[test]
    fn flipped_bytes_in_real_files_are_read_or_refused(
        book in any::<bool>(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes: Vec<u8> = if book {
            include_bytes!("../../../fixtures/es/reef-sensors/article.epub").to_vec()
        } else {
            include_bytes!("../../../fixtures/es/water-filter-manual/article.docx").to_vec()
        };
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        match load(&bytes, "-", &options()) {
            Ok(article) => check_spans(&article),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Input),
        }
    }
}

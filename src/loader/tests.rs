//! The loader as a whole, on small pages of the kinds it meets.

use std::path::Path;

use super::*;
use crate::article::{DropReason, PassageKind};

mod faq;
mod hostile;

const PAGE_EN: &str = "\
Harbour town votes to rebuild its old quay: Who will pay for it?

The council of Port Alder approved a plan to rebuild the quay and to move the fish market, after ten years of debate.

The old quay of Port Alder at low tide.Photo © X/Port Alder Council

Related videos:

The council of Port Alder voted on Monday to rebuild the old quay, a work that will take three years and that will cost 41.5 million dollars, according to the town's treasurer.

\"We could not wait any longer,\" said the mayor, Dr. Helen Marsh. The quay was closed to ships in 2019 after an inspection found cracks in its piles.

A plan with two stages

The first stage will replace the piles on the northern side. The second one will move the fish market to a new hall, which the U.S. firm Tidewell designed.

Traders asked for a lower rent during the works. Will they get it? The council has not decided.

Read also: What the river needs

Money from the tolls

Half of the money will come from harbour tolls, and the rest from a loan that the town will pay back in twenty years. The opposition voted against the loan.

What the new quay means for the town

Who pays for the quay of Port Alder?

Harbour tolls pay for one half of it, and a loan for the other half. The tolls rise by a tenth each year.

When will the work be finished?

It should be finished in three years, if the winters are mild.

Why was the quay closed?

Cracks were found in its piles in 2019.

Filed under:

Port Alder

Alder Gazette Newsroom

A team of reporters who cover the coast and its people. At the Gazette we check what we print.

Share

© 2026 Alder Gazette. All rights reserved.
";

const PAGE_ES: &str = "\
El valle estrena su tren eléctrico: ¿qué cambia para los viajeros?

Por Marta Olmedo | 12 de mayo de 2026

El nuevo tren une Robledal con la costa en una hora y deja atrás los viejos coches de gasóleo

El tren en la estación de Robledal. Foto © Ferrocarril del Valle

Vídeos relacionados:

El primer tren eléctrico del valle salió el lunes de Robledal con 320 viajeros a bordo. El trayecto hasta la costa dura ahora 58 minutos, un 3,5 % menos de lo previsto.

El Sr. Lara, director de la compañía, dijo que la obra costó 1.200.000 euros menos de lo calculado. «Es un día feliz», añadió ante los vecinos.

Billetes más baratos

El billete sencillo costará cuatro euros, dos menos que antes. Los menores de doce años no pagarán, según el acuerdo con el gobierno del valle.

Te puede interesar

Así se construyó el túnel de la Peña

Críticas al horario

Los vecinos de Fontseca piden una parada más. ¿La tendrán? La compañía responde que lo estudiará en otoño.

Preguntas frecuentes sobre el tren del valle

1. ¿Cuánto cuesta el billete?

Cuesta cuatro euros.

Los menores de doce años viajan gratis.

2. ¿Cuánto dura el viaje?

Dura 58 minutos.

Archivado en:

Transporte

Valle

Redacción de El Robledal

Equipo de periodistas que cuenta lo que ocurre en el valle y en la costa.

Comentarios (4)

Suscríbete a nuestro boletín
";

fn read(text: &str, name: &str) -> Article {
    let article = load(text.as_bytes(), name, &LoadOptions::default()).unwrap();
    check_spans(&article);
    article
}

fn headings(article: &Article) -> Vec<&str> {
    article.sections.iter().filter_map(|s| s.heading).map(|h| article.slice(h.span)).collect()
}

fn questions(article: &Article) -> Vec<&str> {
    article.own_faq.iter().flat_map(|f| &f.pairs).map(|p| p.question.as_str()).collect()
}

/// What every article must keep: spans in order and apart, sentences that cover their passage, and
/// nothing of the text outside of them but the lines of the head and markers.
pub(super) fn check_spans(article: &Article) {
    assert_eq!(article.check(), Ok(()));
}

#[test]
fn an_english_page_copied_from_a_browser() {
    let article = read(PAGE_EN, "page.txt");
    assert_eq!(article.language, Language::EN);
    assert_eq!(article.title.as_deref(), Some("Harbour town votes to rebuild its old quay: Who will pay for it?"));
    assert!(article.deck.as_deref().unwrap().starts_with("The council of Port Alder approved a plan"));
    assert_eq!(headings(&article), ["A plan with two stages", "Money from the tolls"]);
    assert_eq!(article.passages().count(), 5);
    let faq = article.own_faq.as_ref().unwrap();
    assert_eq!(faq.title.as_deref(), Some("What the new quay means for the town"));
    assert_eq!(
        questions(&article),
        ["Who pays for the quay of Port Alder?", "When will the work be finished?", "Why was the quay closed?"]
    );
    assert_eq!(faq.pairs[2].answer, "Cracks were found in its piles in 2019.");
    let reasons: Vec<_> = article.dropped.iter().map(|d| d.reason).collect();
    use DropReason::*;
    assert_eq!(reasons, [PhotoCredit, RelatedLinks, RelatedLinks, Topics, AuthorNote, Promotion, Navigation]);
    let sentences: Vec<_> = article.sentences().map(|s| article.slice(s.span)).collect();
    assert!(sentences.contains(&"\"We could not wait any longer,\" said the mayor, Dr. Helen Marsh."));
}

#[test]
fn a_spanish_page_copied_from_a_browser() {
    let article = read(PAGE_ES, "pagina.txt");
    assert_eq!(article.language, Language::ES);
    assert!(article.language_confidence > 0.5);
    assert_eq!(article.byline.as_deref(), Some("Marta Olmedo"));
    assert_eq!(article.date.as_deref(), Some("12 de mayo de 2026"));
    assert!(article.deck.as_deref().unwrap().starts_with("El nuevo tren une"));
    assert_eq!(headings(&article), ["Billetes más baratos", "Críticas al horario"]);
    let faq = article.own_faq.as_ref().unwrap();
    assert_eq!(questions(&article), ["¿Cuánto cuesta el billete?", "¿Cuánto dura el viaje?"]);
    assert_eq!(faq.pairs[0].answer, "Cuesta cuatro euros.\n\nLos menores de doce años viajan gratis.");
    assert_eq!(faq.pairs[1].answer, "Dura 58 minutos.");
    let reasons: Vec<_> = article.dropped.iter().map(|d| d.reason).collect();
    use DropReason::*;
    assert_eq!(reasons, [PhotoCredit, RelatedLinks, RelatedLinks, Topics, AuthorNote, Promotion]);
    assert!(article.slice(article.dropped[2].span).ends_with("túnel de la Peña"));
}

#[test]
fn what_a_model_sees_has_no_faq_and_no_furniture() {
    for (page, title) in [(PAGE_EN, "# Harbour town"), (PAGE_ES, "# El valle estrena")] {
        let article = read(page, "-");
        let seen = article.body_markdown();
        assert!(seen.starts_with(title));
        assert!(seen.contains("\n\n## "));
        let faq = article.own_faq.as_ref().unwrap();
        let parts = article.dropped.iter().map(|d| d.span).chain([faq.span]);
        for line in parts.flat_map(|s| article.slice(s).lines()).filter(|l| !l.is_empty()) {
            assert!(!seen.lines().any(|l| l == line), "{line}");
        }
        for pair in &faq.pairs {
            assert!(!seen.contains(&pair.question));
            assert!(pair.answer.split("\n\n").all(|p| !seen.contains(p)));
        }
    }
}

#[test]
fn a_page_with_windows_line_breaks_and_one_paragraph_a_line_reads_the_same() {
    let by_blank_lines = read(PAGE_EN, "a.txt");
    let by_lines = read(&PAGE_EN.replace("\n\n", "\r\n"), "b.txt");
    assert_eq!(by_lines.title, by_blank_lines.title);
    assert_eq!(by_lines.own_faq.as_ref().map(|f| &f.pairs), by_blank_lines.own_faq.as_ref().map(|f| &f.pairs));
    assert_eq!(headings(&by_lines), headings(&by_blank_lines));
}

const BODY: &str = "The island has two ferries, and both of them are old. The company wants to buy a third one next year, \
    if the bank agrees to the loan that it asked for in spring.\n\nIslanders say that the crossing takes too long in winter. \
    They have written to the ministry twice, and they have collected nine hundred names.\n\n";

#[test]
fn markdown_with_front_matter_and_a_block_of_question_headings() {
    let text = "---\ntitle: Ignored for the heading\ndescription: Two old ships and a loan.\nauthor: Ana Ruiz\ndate: 2026-05-12\nlang: en-GB\n---\n\n\
        # Old *ferries*\n\n![pier](p.png)\n\nThe island has **two** ferries. Both are [old](https://example.org).\n\n\
        ## Winter\n\nThe crossing takes long:\n\n- in rain\n- in snow\n\n> We wait for hours.\n\n### Prices\n\n| Trip | Price |\n|---|---|\n| day | 4 |\n\n\
        ```\nline  one\n```\n\n**Related articles:**\n\n- [The pier](x)\n- [The bank](y)\n\n\
        ## Frequently asked questions\n\n### How old are the ferries?\n\nForty years.\n\n- one of 1984\n- one of 1986\n\n#### Sources\n\nThe registry.\n\n\
        ### Who runs them?\n\nA company.\n\n## The end\n\nThat is all.\n";
    let article = read(text, "a.md");
    assert_eq!(article.format, SourceFormat::Markdown);
    assert_eq!((article.language, article.language_confidence), (Language::EN, 1.0));
    assert_eq!(article.title.as_deref(), Some("Old ferries"));
    assert_eq!(article.deck.as_deref(), Some("Two old ships and a loan."));
    assert_eq!(article.byline.as_deref(), Some("Ana Ruiz"));
    assert_eq!(article.date.as_deref(), Some("2026-05-12"));
    assert_eq!(headings(&article), ["Winter", "Prices", "The end"]);
    assert_eq!(article.sections[2].heading.unwrap().level, 3);
    let kinds: Vec<_> = article.passages().map(|p| p.kind).collect();
    use PassageKind::*;
    assert_eq!(kinds, [Paragraph, Paragraph, ListItem, ListItem, Quotation, TableRow, TableRow, Code, Paragraph]);
    assert_eq!(article.dropped.len(), 1);
    let faq = article.own_faq.as_ref().unwrap();
    assert_eq!(questions(&article), ["How old are the ferries?", "Who runs them?"]);
    assert!(faq.pairs[0].answer.ends_with("The registry."));
    assert_eq!(
        article.body_markdown(),
        "# Old ferries\n\nTwo old ships and a loan.\n\nThe island has two ferries. Both are old.\n\n## Winter\n\n\
         The crossing takes long:\n\n- in rain\n- in snow\n\n> We wait for hours.\n\n### Prices\n\n| Trip | Price |\n| day | 4 |\n\n\
         ```\nline  one\n```\n\n## The end\n\nThat is all."
    );
}

#[test]
fn markdown_blocks_of_bold_questions_and_of_headings_at_the_end() {
    let bold = read(
        &format!("# Old ferries\n\n{BODY}**How old are they?** Forty years.\n\n**Who runs them?**\n\nA company.\n"),
        "a.md",
    );
    assert_eq!(questions(&bold), ["How old are they?", "Who runs them?"]);
    assert_eq!(bold.own_faq.as_ref().unwrap().pairs[0].answer, "Forty years.");
    let ending = read(
        &format!("# Old ferries\n\n{BODY}## How old are they?\n\nForty years.\n\n## Who runs them?\n\nA company.\n"),
        "a.md",
    );
    assert_eq!(questions(&ending).len(), 2);
    let throughout = read(&format!("# Ferries\n\n## How old are they?\n\n{BODY}## Who runs them?\n\n{BODY}"), "a.md");
    assert_eq!(throughout.own_faq, None);
    assert_eq!(headings(&throughout).len(), 2);
}

#[test]
fn markdown_is_known_by_name_or_by_its_signs() {
    let text = "# Ferries\n\nThe island has two ferries.\n";
    assert_eq!(read(text, "-").format, SourceFormat::Markdown);
    assert_eq!(read(text, "a.txt").format, SourceFormat::Text);
    assert_eq!(read("The island has two ferries.", "a.MD").format, SourceFormat::Markdown);
    assert_eq!(read("The island has two ferries.", "-").format, SourceFormat::Text);
    let forced = LoadOptions { format: Some(SourceFormat::Markdown), ..Default::default() };
    assert_eq!(load(text.as_bytes(), "a.txt", &forced).unwrap().format, SourceFormat::Markdown);
}

#[test]
fn the_language_can_be_given() {
    let options = LoadOptions { language: Some(Language::ES), ..Default::default() };
    let article = load(b"12345 67890.", "-", &options).unwrap();
    assert_eq!((article.language, article.language_confidence), (Language::ES, 1.0));
}

#[test]
fn a_page_that_is_a_faq_through_and_through_has_pairs_and_no_body() {
    let text =
        "FAQ\n\nHow old are they?\n\nForty years, and they look it.\n\nWho runs them?\n\nA company on the mainland.";
    let html = "<html lang=en><h1>FAQ</h1><details><summary>How old are they?</summary><p>Forty years, and they look it.</p>\
                </details><details><summary>Who runs them?</summary><p>A company on the mainland.</p></details>";
    for (page, name) in [(text, "a.txt"), (html, "a.html")] {
        let article = read(page, name);
        assert!(article.is_faq_page(), "{name}");
        assert_eq!(article.language, Language::EN);
        assert_eq!(questions(&article), ["How old are they?", "Who runs them?"], "{name}");
        check_spans(&article);
    }
    let beside = read(&format!("Old ferries\n\n{BODY}{text}"), "a.txt");
    assert!(beside.own_faq.is_some() && !beside.is_faq_page());
}

#[test]
fn passages_tell_their_language_and_are_split_by_its_rules() {
    let spanish = "El Sr. Molina dijo que las obras empiezan en mayo y que los vecinos no pagan nada por ellas. Véase la pág. 12.";
    let text = format!("Old ferries\n\n{BODY}{spanish}\n\nHelen Marsh, 2026.\n");
    let article = read(&text, "a.txt");
    assert_eq!(article.language, Language::EN);
    let languages: Vec<_> = article.passages().map(|p| p.language).collect();
    assert_eq!(languages, [Some(Language::EN), Some(Language::EN), Some(Language::ES), None]);
    assert_eq!(article.passages().nth(2).unwrap().sentences.len(), 2);
    let others: Vec<_> = article.other_languages().iter().map(|o| (o.language, o.words)).collect();
    assert_eq!(others, [(Language::ES, 23)]);
    assert_eq!(read(&format!("Old ferries\n\n{BODY}"), "a.txt").other_languages(), []);
    // What most of it is in decides, whatever stands at its beginning.
    let article = read(&format!("{}\n\n{spanish}\n\n{spanish}", BODY.split("\n\n").next().unwrap()), "a.txt");
    assert_eq!(article.language, Language::ES);
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.txt");
    std::fs::write(&path, PAGE_EN).unwrap();
    let article = load_file(&path, &LoadOptions::default()).unwrap();
    assert_eq!(article.source, path.display().to_string());
    let small = LoadOptions { max_bytes: 100, ..Default::default() };
    assert_eq!(load_file(&path, &small).unwrap_err().kind(), ErrorKind::Input);
    for (path, part) in [(folder.path(), "folder"), (Path::new("no/such/file.txt"), "no such file")] {
        let error = load_file(path, &LoadOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains(part) && error.place() == Some(&*path.display().to_string()), "{error}");
    }
}

//! HTML pages as a whole: the article apart from what is around it, its data, its FAQ, and hostile input.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::article::{Article, DropReason, PassageKind, SourceFormat};
use crate::error::ErrorKind;
use crate::lang::Language;
use crate::loader::tests::check_spans;
use crate::loader::{LoadOptions, load};

const PAGE_EN: &str = r#"<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Lighthouse to be lit again - The Cape Courier</title>
<meta property="og:title" content="Lighthouse to be lit again | The Cape Courier">
<meta property="og:site_name" content="The Cape Courier">
<meta name="author" content="Nora Pell"><link rel="canonical" href="https://courier.example/lighthouse">
<meta property="article:published_time" content="2026-05-12T08:00:00Z">
<style>p { color: red }</style><script>var x = "<p>not text</p>";</script></head>
<body class="single has-sidebar">
<div id="cookie-banner"><p>We use cookies to make this site better for you and for the people who advertise on it.</p><button>Accept all</button></div>
<header class="site-header"><nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li><li><a href="/sport">Sport</a></li></ul></nav></header>
<main><article>
<h1>Lighthouse to be lit again</h1>
<p class="standfirst">After thirty dark years the tower on the cape gets a new lamp.</p>
<p class="byline">By Nora Pell</p>
<figure><img src="a.jpg" alt="tower"><figcaption>The tower on the cape in winter. Photograph: Cape Council</figcaption></figure>
<div class="article-body">
<p>The lighthouse on the northern cape will shine again in autumn, the harbour board said on Monday, after a group of residents paid for a new lamp.</p>
<p>The old one was switched off in 1996, when ships began to steer by satellite. <a href="/group">The group</a> collected 84,000 pounds in two years.</p>
<div class="related-box"><h4>Related</h4><ul><li><a href="/a">Storm takes the old pier of the town</a></li><li><a href="/b">Ferry to run twice a day</a></li></ul></div>
<h2>A weaker light</h2>
<p>The new lamp reaches nine miles, a third of what the old one did. It needs:</p>
<ol><li>a battery of two kilowatt-hours,</li><li>a panel on the southern wall.</li></ol>
<blockquote><p>“It is a light for people, not for ships,” said the warden, Ada Brook.</p></blockquote>
<table><tr><th>Year</th><th>Range</th></tr><tr><td>1890</td><td>20 miles</td></tr><tr><td>2026</td><td>9 miles</td></tr></table>
<p><a href="/pier">Read more: What the pier cost the town</a></p>
<p>Visitors may climb the tower on Sundays, if the wind allows it, and the board will not charge them for it this year.</p>
</div>
<div class="share-buttons"><a href="x">Share</a> <a href="y">Tweet</a></div>
</article>
<section id="comments"><h3>Comments</h3><div><p>I remember the old light very well, it came through my window every night when I was a child.</p></div></section>
</main>
<aside><h3>Most read</h3><ul><li><a href="/1">Ten walks along the coast</a></li></ul></aside>
<footer><p>© 2026 The Cape Courier. All rights reserved.</p></footer></body></html>"#;

const PAGE_ES: &str = r#"<!doctype html><html lang="es"><head><meta charset="utf-8"><title>El mercado | La Voz del Valle</title>
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[
{"@type":"NewsArticle","headline":"El mercado de Robledal abre los domingos","author":{"@type":"Person","name":"Iria Soto"},
 "datePublished":"2026-05-12","publisher":{"@type":"Organization","name":"La Voz del Valle"},
 "description":"El ayuntamiento prueba durante un año la apertura en festivos."},
{"@type":"FAQPage","mainEntity":[
 {"@type":"Question","name":"¿A qué hora abre el mercado?","acceptedAnswer":{"@type":"Answer","text":"<p>Abre a las nueve de la mañana.</p><p>Cierra a las dos.</p>"}},
 {"@type":"Question","name":"¿Habrá autobuses los domingos?","acceptedAnswer":{"@type":"Answer","text":"S&iacute;, la l&iacute;nea 3 pasar&aacute; cada media hora."}}]}]}</script></head>
<body><div class="menu-principal menu"><a href="/">Portada</a> <a href="/valle">Valle</a> <a href="/deportes">Deportes</a></div>
<div class="contenido"><div class="noticia">
<h1>El mercado de Robledal abre los domingos</h1>
<div class="cuerpo">
<p>El mercado de abastos de Robledal abrirá los domingos desde el 1 de junio, según acordó ayer el pleno con los votos de todos los grupos.</p>
<p class="destacado">La medida durará un año. Después, el ayuntamiento preguntará a los 64 puestos si quieren seguir, dijo la concejala.</p>
<p><strong><a href="/otra">Lea también: El valle estrena su tren eléctrico</a></strong></p>
<p>Los vendedores pedían el cambio desde 2023, cuando el supermercado de la plaza empezó a abrir en festivos y perdieron una quinta parte de sus ventas.</p>
<h2>Preguntas frecuentes</h2>
<div class="acordeon"><button aria-expanded="false" aria-controls="p1">¿A qué hora abre el mercado?</button><div id="p1" style="display: none"><p>Abre a las nueve de la mañana.</p><p>Cierra a las dos.</p></div>
<button aria-expanded="false" aria-controls="p2">¿Habrá autobuses los domingos?</button><div id="p2" hidden><p>Sí, la línea 3 pasará cada media hora.</p></div></div>
</div></div>
<div class="comentarios"><p>A ver si dura, porque otras veces lo han prometido y luego no ha venido nadie a abrir la puerta.</p></div></div>
<div class="pie footer"><p>Aviso legal</p></div></body></html>"#;

fn read(page: &str) -> Article {
    let article = load(page.as_bytes(), "page.html", &LoadOptions::default()).unwrap();
    check_spans(&article);
    article
}

fn passages(article: &Article) -> Vec<&str> {
    article.passages().map(|p| article.slice(p.span)).collect()
}

#[test]
fn an_english_page_with_everything_around_the_article() {
    let article = read(PAGE_EN);
    assert_eq!((article.format, article.language), (SourceFormat::Html, Language::EN));
    assert_eq!(article.title.as_deref(), Some("Lighthouse to be lit again"));
    assert_eq!(article.deck.as_deref(), Some("After thirty dark years the tower on the cape gets a new lamp."));
    assert_eq!(article.byline.as_deref(), Some("Nora Pell"));
    assert_eq!(article.date.as_deref(), Some("2026-05-12T08:00:00Z"));
    assert_eq!(article.url.as_deref(), Some("https://courier.example/lighthouse"));
    assert_eq!(article.site.as_deref(), Some("The Cape Courier"));
    let kinds: Vec<_> = article.passages().map(|p| p.kind).collect();
    use PassageKind::*;
    assert_eq!(
        kinds,
        [Paragraph, Paragraph, Paragraph, ListItem, ListItem, Quotation, TableRow, TableRow, TableRow, Paragraph]
    );
    let found = passages(&article);
    assert!(found[0].starts_with("The lighthouse on the northern cape"));
    assert_eq!(found[3], "1. a battery of two kilowatt-hours,");
    assert_eq!(found[7], "1890 | 20 miles");
    assert!(found[9].starts_with("Visitors may climb"));
    assert_eq!(article.sections[1].heading.map(|h| (article.slice(h.span), h.level)), Some(("A weaker light", 2)));
    let dropped: Vec<_> = article.dropped.iter().map(|d| (d.reason, article.slice(d.span))).collect();
    for (reason, part) in [
        (DropReason::Navigation, "We use cookies"),
        (DropReason::Navigation, "Sport"),
        (DropReason::PhotoCredit, "The tower on the cape in winter."),
        (DropReason::RelatedLinks, "Storm takes the old pier"),
        (DropReason::RelatedLinks, "What the pier cost"),
        (DropReason::Comments, "I remember the old light"),
        (DropReason::RelatedLinks, "Ten walks"),
        (DropReason::Navigation, "All rights reserved"),
    ] {
        assert!(dropped.iter().any(|(r, text)| *r == reason && text.contains(part)), "{part} in {dropped:?}");
    }
    assert!(!article.text.contains("not text") && !article.text.contains("color: red"));
    assert_eq!(article.own_faq, None);
}

#[test]
fn a_spanish_page_with_data_and_a_closed_accordion() {
    let article = read(PAGE_ES);
    assert_eq!(article.language, Language::ES);
    assert_eq!(article.title.as_deref(), Some("El mercado de Robledal abre los domingos"));
    assert_eq!(article.deck.as_deref(), Some("El ayuntamiento prueba durante un año la apertura en festivos."));
    assert_eq!((article.byline.as_deref(), article.date.as_deref()), (Some("Iria Soto"), Some("2026-05-12")));
    assert_eq!(passages(&article).len(), 3);
    let faq = article.own_faq.as_ref().unwrap();
    assert_eq!(faq.title.as_deref(), Some("Preguntas frecuentes"));
    assert_eq!(faq.pairs.len(), 2);
    assert_eq!(faq.pairs[0].question, "¿A qué hora abre el mercado?");
    assert_eq!(faq.pairs[0].answer, "Abre a las nueve de la mañana.\n\nCierra a las dos.");
    assert_eq!(faq.pairs[1].answer, "Sí, la línea 3 pasará cada media hora.");
    let seen = article.body_markdown();
    assert!(!seen.contains("línea 3") && !seen.contains("Preguntas") && !seen.contains("tren eléctrico"), "{seen}");
    assert!(article.slice(faq.span).starts_with("Preguntas frecuentes"));
}

const BODY: &str = "<p>The island has two ferries, and both of them are old. The company wants to buy a third one next year, if the bank agrees to the loan.</p>\
    <p>Islanders say that the crossing takes too long in winter. They have written to the ministry twice, and they have collected nine hundred names.</p>";

#[test]
fn faq_blocks_in_all_kinds_of_markup() {
    let (q1, a1, q2, a2) = ("How old are the ferries?", "Forty years.", "Who runs them?", "A company on the mainland.");
    let ld = format!(
        r#"<script type="application/ld+json">{{"@type":"FAQPage","mainEntity":[
        {{"@type":"Question","name":"{q1}","acceptedAnswer":{{"text":"{a1}"}}}},
        {{"@type":"Question","name":"{q2}","acceptedAnswer":{{"text":"{a2}"}}}}]}}</script>"#
    );
    let item = |q: &str, a: &str| {
        format!(
            "<div itemprop=mainEntity itemscope itemtype='https://schema.org/Question'><h3 itemprop=name>{q}</h3>\
             <div itemprop=acceptedAnswer itemscope itemtype='https://schema.org/Answer'><p itemprop=text>{a}</p></div></div>"
        )
    };
    let blocks = [
        format!("<details><summary>{q1}</summary><p>{a1}</p></details><details><summary>{q2}</summary>{a2}</details>"),
        format!("<dl><dt>{q1}</dt><dd>{a1}</dd><dt>{q2}</dt><dd>{a2}</dd></dl>"),
        format!("{}{}", item(q1, a1), item(q2, a2)),
        format!(
            "<h3 class=accordion-title>{q1}</h3><div class=panel hidden>{a1}</div><h3 class=accordion-title>{q2}</h3><div class=panel hidden>{a2}</div>"
        ),
        format!("<h2>FAQ</h2><h3>{q1}</h3><p>{a1}</p><h3>{q2}</h3><p>{a2}</p>"),
        format!("<p><b>{q1}</b><br>{a1}</p><p><b>{q2}</b><br>{a2}</p>"),
        format!("<p>Q: {q1}<br>A: {a1}</p><p>Q: {q2}<br>A: {a2}</p>"),
        format!("{ld}<h2>What readers ask</h2><p>Q. {q1}</p><p>A. {a1}</p><p>Q. {q2}</p><p>A. {a2}</p>"),
        ld.clone(),
    ];
    for block in &blocks {
        let article = read(&format!(
            "<html lang=en><title>Old ferries</title><article><h1>Old ferries</h1>{BODY}{block}</article>"
        ));
        let faq = article.own_faq.as_ref().unwrap_or_else(|| panic!("no block found in {block}"));
        let pairs: Vec<_> = faq.pairs.iter().map(|p| (p.question.as_str(), p.answer.as_str())).collect();
        assert_eq!(pairs, [(q1, a1), (q2, a2)], "{block}");
        assert_eq!(passages(&article).len(), 2, "{block}");
        assert!(!article.body_markdown().contains("mainland"), "{block}");
    }
    // Below the block the article goes on.
    let split = format!(
        "<h1>Old ferries</h1>{BODY}{}<p>Between the parts the article goes on, as it does on pages that ask as they tell, with a paragraph that is long enough to be one of its own, and which nobody would take for a part of the block of questions and answers.</p>{}",
        item(q1, a1),
        item(q2, a2)
    );
    let article = read(&format!("<html lang=en><article>{split}</article>"));
    assert_eq!(article.own_faq.as_ref().unwrap().pairs.len(), 2);
    assert_eq!(passages(&article).len(), 3);
}

#[test]
fn disclosures_and_terms_that_do_not_ask_stay_in_the_body() {
    let page = format!(
        "<html lang=en><article><h1>Old ferries</h1>{BODY}<details><summary>Timetable</summary><p>It leaves at nine, and it comes back at noon.</p></details>\
         <dl><dt>Bow</dt><dd>The front of a ship, where the anchor hangs.</dd></dl></article>"
    );
    let article = read(&page);
    assert_eq!(article.own_faq, None);
    assert!(article.body_markdown().contains("It leaves at nine"));
}

#[test]
fn a_template_that_states_another_language_is_not_believed() {
    let article = read(&PAGE_ES.replace("lang=\"es\"", "lang=\"en-US\""));
    assert_eq!(article.language, Language::ES);
}

#[test]
fn a_page_that_is_nothing_but_a_faq_is_said_to_be_one() {
    let page = "<html lang=en><h1>FAQ</h1><details><summary>How old are they?</summary><p>Forty years.</p></details>\
        <details><summary>Who runs them?</summary><p>A company.</p></details>";
    let article = read(page);
    assert!(article.is_faq_page());
    assert_eq!(article.own_faq.unwrap().pairs.len(), 2);
}

#[test]
fn of_several_articles_the_one_of_the_title_is_read() {
    let other = BODY.replace("island", "village").replace("ferries", "buses");
    let page = format!(
        "<html lang=en><title>Old ferries</title><div><article><h1>Old ferries</h1>{BODY}{BODY}</article><article><h1>Old buses</h1>{other}{other}</article></div>"
    );
    let article = read(&page);
    assert!(!article.body_markdown().contains("buses"), "{}", article.body_markdown());
}

#[test]
fn encodings_and_compression() {
    let latin = PAGE_ES.replace("charset=\"utf-8\"", "charset=\"iso-8859-1\"");
    let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(&latin);
    assert!(!lossy);
    let expected = read(PAGE_ES);
    let decoded = load(&bytes, "page.html", &LoadOptions::default()).unwrap();
    assert_eq!(decoded, expected);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, PAGE_ES.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    let unpacked = load(&packed, "page.html.gz", &LoadOptions::default()).unwrap();
    assert_eq!(unpacked, Article { source: "page.html.gz".to_owned(), ..expected });
    let small = LoadOptions { max_bytes: PAGE_ES.len() as u64 - 1, ..LoadOptions::default() };
    assert!(load(&packed, "-", &small).unwrap_err().message().contains("too large"));
}

const STORY: &str = "<p>The board met on Monday and voted to close the old quay, which was built in the time of sail.</p>\
    <p>The works begin in spring, and the harbour will pay for one half of them, as it did the last time.</p>";

#[test]
fn a_bold_beginning_may_lose_the_space_after_it() {
    let row = "<tr><td><b>Is it open?&nbsp;&nbsp;</b></td><td>\u{2714}</td></tr>";
    let article = read(&format!("<h1>Ferries</h1>{STORY}<table>{row}<tr><td>Oslo<td>yes</tr></table>{STORY}"));
    assert_eq!(passages(&article)[2..5], ["Is it open?", "| \u{2714}", "Oslo | yes"]);
}

#[test]
fn what_stands_between_two_answers_is_not_lost_in_the_block() {
    let entry = |question: &str| format!("<details><summary>{question}</summary>So it is.</details>");
    for part in [
        "<p class=byline>By Ana Ruiz</p>",
        "<p class=deck>A deck of more than fifteen letters</p>",
        "<p>x</p>",
        "<nav>Home</nav>",
    ] {
        let page = format!("<h1>Ferries</h1>{}{part}{}{STORY}", entry("Why?"), entry("How?"));
        let article = read(&page);
        assert_eq!(article.own_faq.as_ref().map(|f| f.pairs.len()), Some(2), "{part}");
    }
}

#[test]
fn an_article_that_a_script_shows_is_read_and_one_behind_a_window_is_not() {
    let hidden = |how: &str| {
        format!(
            "<h1>Ferries</h1><p>The island has two ferries.</p><div class=paywall {how}>{STORY}<p hidden>Unseen.</p></div>"
        )
    };
    for how in ["hidden", "style='display: none'"] {
        let article = read(&hidden(how));
        assert!(article.body_markdown().contains("The works begin in spring"), "{how}");
        assert!(!article.text.contains("Unseen"));
    }
    let front =
        "<p>Both ferries are old, says the company, which hopes to buy a third one before the next winter comes.</p>";
    let page = format!("{}<main>{front}</main>", hidden("aria-hidden=true"));
    assert!(!read(&page).text.contains("The works begin in spring"));
}

#[test]
fn a_page_that_calls_every_part_a_widget_has_an_article() {
    let part = |text: &str| format!("<div class='builder-widget'><div class='widget-box'>{text}</div></div>");
    let story: String = STORY.split_inclusive("</p>").map(part).collect();
    let page = format!(
        "<h1>Ferries</h1>{story}{}",
        part("<p>The quay was closed to ships in winter, after the storm had broken two of its piles.</p>")
    );
    assert_eq!(read(&page).passages().count(), 3);
    let side = format!("<h1>Ferries</h1>{STORY}{}", part("<p>The weather is mild today, and the sea is calm.</p>"));
    assert_eq!(read(&side).passages().count(), 2);
}

#[test]
fn hostile_pages_are_read_or_refused_in_bounded_time() {
    let text = "The board said on Monday that the old quay would close for repairs until the spring of next year.";
    let long = "x".repeat(3_000_000);
    let pages = [
        format!("{}<p>{text}</p>", "<div>".repeat(100_000)),
        format!("{}<p>{text}</p>", "<b><i><a href=x><font>".repeat(50_000)),
        format!("{}<p>{text}</p>", "<table><tr><td>".repeat(50_000)),
        format!("{}<p>{text}</p>", "<ul><li>".repeat(50_000)),
        format!("<p>{text}</p>{}", "</div></b></p>".repeat(100_000)),
        format!("<div class='{long}' id=\"{long}\"><p>{text}</p></div>"),
        format!("<p>{text}</p><a {}", "a=b ".repeat(500_000)),
        format!("<p>{text}</p><!-- {}", "--".repeat(500_000)),
        format!("<p>{text}</p><script>{}", "</scrip <".repeat(300_000)),
        format!("<p>{text}</p>{}", "&amp;&#0;&#x110000;&notanentity;".repeat(30_000)),
        format!("<p>{text}\0\0\0</p><p>\u{202E}{text}</p>"),
        format!("<p>{text}</p><script type=application/ld+json>{}</script>", "[{\"@graph\":".repeat(50_000)),
        format!("<p>{text}</p>{}", "<dt>why?<dd>so".repeat(30_000)),
        format!("<p>{text}</p>{}", "<button aria-controls=a class=faq>why?</button>".repeat(20_000)),
        format!("<p>{text}</p>{}", "<h2>Why is it so?</h2><p>Because it is.</p>".repeat(5_000)),
        "<".repeat(400_000),
    ];
    for page in &pages {
        let begin = Instant::now();
        let options =
            LoadOptions { format: Some(SourceFormat::Html), language: Some(Language::EN), ..LoadOptions::default() };
        match load(page.as_bytes(), "-", &options) {
            Ok(article) => check_spans(&article),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Input),
        }
        let head: String = page.chars().take(40).collect();
        // Generous: the tests run unoptimized and side by side.
        assert!(begin.elapsed() < Duration::from_secs(30), "{head} took {:?}", begin.elapsed());
    }
}

/// Tags and texts that the front-end looks at closely, to be strewn at random.
fn soup() -> impl Strategy<Value = String> {
    let tags = proptest::sample::select(vec![
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<div class=comments>",
        "<h1>",
        "<h2>",
        "</h2>",
        "<ul>",
        "<li>",
        "</ul>",
        "<ol start=9>",
        "<table>",
        "<tr>",
        "<td>",
        "<th>",
        "</table>",
        "<details>",
        "<summary>",
        "</summary>",
        "</details>",
        "<dl>",
        "<dt>",
        "<dd>",
        "<a href=x>",
        "</a>",
        "<b>",
        "</b>",
        "<i>",
        "<br>",
        "<pre>",
        "</pre>",
        "<blockquote>",
        "<figcaption>",
        "<article>",
        "</article>",
        "<nav>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<svg>",
        "<p hidden>",
        "<title>",
        "</title>",
        "<div itemtype='https://schema.org/Question'>",
        "<span itemprop=name>",
        "<div itemprop=acceptedAnswer>",
        "<button aria-controls=z>",
        "<div id=z>",
        "<h3 class=faq>",
        "<",
        "<script type=application/ld+json>{\"@type\":\"FAQPage\",\"mainEntity\":{\"name\":\"Why?\",\"acceptedAnswer\":{\"text\":\"So it is.\"}}}</script>",
        "&amp;",
        "&#8203;",
        "&nbsp;",
        "\0",
        "\u{301}",
    ]);
    prop_oneof![
        6 => tags.prop_map(str::to_owned),
        3 => "[A-Z][a-zñé ,;']{0,90}[.?!:]",
        1 => "\\PC{0,40}",
        1 => proptest::sample::select(vec!["Why?", "So it is.", "FAQ", "Read more: x", "By Ana Ruiz", "Subscribe to our newsletter"]).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_hold_for_any_tag_soup(parts in proptest::collection::vec(soup(), 0..60)) {
        let options = LoadOptions { language: Some(Language::ES), format: Some(SourceFormat::Html), ..Default::default() };
        match load(parts.concat().as_bytes(), "-", &options) {
            Ok(article) => check_spans(&article),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Input),
        }
    }
}

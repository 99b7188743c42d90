//! What a page says of itself in JSON-LD: the article's data and the pairs of a FAQ page.

use serde_json::Value;

use super::tag::{Attr, Tag};
use super::tree::{self, Tree};
use super::{date, render};
use crate::article::QaPair;
use crate::loader::block::Meta;
use crate::loader::normalize::normalize;

/// Longer scripts are not read.
const MAX_SCRIPT: usize = 1 << 20;
/// Objects that are looked at, at most.
const MAX_OBJECTS: usize = 2_000;
/// Pairs of a FAQ, at most.
const MAX_PAIRS: usize = 200;

/// All objects of all JSON-LD scripts, in order.
#[derive(Debug, Default)]
pub(super) struct JsonLd {
    roots: Vec<Value>,
}

/// Reads the scripts; what is malformed is left out.
pub(super) fn read(tree: &Tree<'_>) -> JsonLd {
    let scripts = (1..tree.len()).filter(|&id| {
        tree.tag(id) == Tag::Script
            && tree
                .raw_attr(id, Attr::Type)
                .is_some_and(|t| t.trim().to_ascii_lowercase().starts_with("application/ld+json"))
    });
    let roots = scripts.filter_map(|id| parse(&tree.inner_text(id))).collect();
    JsonLd { roots }
}

fn parse(script: &str) -> Option<Value> {
    if script.len() > MAX_SCRIPT {
        return None;
    }
    let bare = script.trim().trim_start_matches("<!--").trim_start_matches("//<![CDATA[").trim_end_matches("-->");
    let bare = bare.trim().trim_end_matches("//]]>").trim_end_matches(';');
    // Line breaks inside of strings are a common mistake.
    serde_json::from_str(bare).or_else(|_| serde_json::from_str(&bare.replace(|c: char| c.is_control(), " "))).ok()
}

impl JsonLd {
    /// All objects, those inside of others after them.
    fn objects(&self) -> Vec<&Value> {
        let mut found: Vec<&Value> = Vec::new();
        let mut open: Vec<&Value> = self.roots.iter().rev().collect();
        while let Some(value) = open.pop() {
            if found.len() >= MAX_OBJECTS {
                break;
            }
            match value {
                Value::Array(items) => open.extend(items.iter().rev()),
                Value::Object(fields) => {
                    found.push(value);
                    let inner = ["@graph", "mainEntity", "hasPart", "mainEntityOfPage"];
                    open.extend(inner.iter().rev().filter_map(|name| fields.get(*name)));
                }
                _ => {}
            }
        }
        found
    }

    /// What it says of the article.
    pub(super) fn article(&self) -> Meta {
        let objects = self.objects();
        let Some(article) = objects.iter().find(|o| is_article(o)) else {
            return Meta::default();
        };
        let publisher = &article["publisher"];
        let site = names(publisher).or_else(|| {
            let id = publisher["@id"].as_str()?;
            objects.iter().find(|o| o["@id"] == id).and_then(|o| names(o))
        });
        let author = names(&article["author"]).or_else(|| {
            let id = article["author"]["@id"].as_str()?;
            objects.iter().find(|o| o["@id"] == id).and_then(|o| names(o))
        });
        let page = &article["mainEntityOfPage"];
        let url = [&article["url"], page, &page["@id"], &page["url"], &article["@id"]];
        Meta {
            title: text(&article["headline"]).or_else(|| text(&article["name"])),
            deck: text(&article["alternativeHeadline"]).or_else(|| text(&article["description"])),
            byline: author,
            date: text(&article["datePublished"]).map(|d| date::iso(&d)),
            language: text(&article["inLanguage"]),
            url: url.iter().filter_map(|v| v.as_str()).find(|u| u.starts_with("http")).map(str::to_owned),
            site,
            ..Meta::default()
        }
    }

    /// The pairs of the page's FAQ.
    pub(super) fn pairs(&self) -> Vec<QaPair> {
        let mut pairs: Vec<QaPair> = Vec::new();
        for page in self.objects().into_iter().filter(|o| has_type(o, |t| t == "FAQPage")) {
            let entity = &page["mainEntity"];
            let questions = entity.as_array().map_or_else(|| std::slice::from_ref(entity), Vec::as_slice);
            for question in questions {
                let answer = ["acceptedAnswer", "suggestedAnswer"].iter().find_map(|name| {
                    let answer = &question[*name];
                    let answer = answer.get(0).unwrap_or(answer);
                    answer["text"].as_str()
                });
                let asked = question["name"].as_str().or_else(|| question["text"].as_str());
                let (Some(asked), Some(answer)) = (asked, answer) else { continue };
                let pair = QaPair { question: plain(asked, " "), answer: plain(answer, "\n\n") };
                let known = pairs.iter().any(|p| p.question == pair.question);
                if !pair.question.is_empty() && !pair.answer.is_empty() && !known && pairs.len() < MAX_PAIRS {
                    pairs.push(pair);
                }
            }
        }
        pairs
    }
}

fn is_article(object: &Value) -> bool {
    let named = object["headline"].is_string() || object["name"].is_string();
    named
        && has_type(object, |t| {
            t.ends_with("Article") || matches!(t, "BlogPosting" | "Report" | "LiveBlogPosting" | "Recipe" | "HowTo")
        })
}

fn has_type(object: &Value, wanted: impl Fn(&str) -> bool) -> bool {
    let types = &object["@type"];
    let of = |v: &Value| v.as_str().is_some_and(|t| wanted(t.rsplit(['/', ':', '#']).next().unwrap_or(t)));
    of(types) || types.as_array().is_some_and(|all| all.iter().any(of))
}

/// A name, or several with commas between them.
fn names(value: &Value) -> Option<String> {
    match value {
        Value::String(_) => text(value),
        Value::Array(items) => {
            let mut all: Vec<String> = items.iter().take(10).filter_map(names).collect();
            all.dedup();
            (!all.is_empty()).then(|| all.join(", "))
        }
        Value::Object(fields) => fields.get("name").and_then(names),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Array(items) => items.first()?.as_str()?,
        other => other.as_str()?,
    };
    Some(plain(text, " ")).filter(|t| !t.is_empty())
}

/// Text that may be HTML, also HTML that was escaped once more.
fn plain(source: &str, between: &str) -> String {
    let blocks = paragraphs(source).into_iter().flat_map(|block| {
        let escaped = block.contains('<') || (block.contains('&') && block.contains(';'));
        if escaped { paragraphs(&block) } else { vec![block] }
    });
    let lines = blocks.map(|block| normalize(&block).split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(between)
}

fn paragraphs(source: &str) -> Vec<String> {
    if !source.contains(['<', '&']) {
        return source.split("\n\n").map(str::to_owned).collect();
    }
    tree::parse(source).map_or_else(|_| Vec::new(), |tree| render::pieces(&tree).into_iter().map(|p| p.text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ld(scripts: &[&str]) -> JsonLd {
        let page: String =
            scripts.iter().map(|s| format!("<script type=\"application/ld+json\">{s}</script>")).collect();
        read(&tree::parse(&page).unwrap())
    }

    #[test]
    fn article_data_in_the_forms_that_pages_use() {
        let meta = ld(&[
            r##"{"@context":"https://schema.org","@type":"Organization","@id":"#o","name":"El Faro del Cabo"}"##,
            r##"[{"@graph":[{"@type":"BreadcrumbList"},{"@type":["Thing","NewsArticle"],"headline":"La r&iacute;a sube","description":"Dos
             l&iacute;neas.","author":[{"name":"Ana Ruiz"},"Luis Mar"],"publisher":{"@id":"#o"},"datePublished":"2026-05-12T10:00:00Z",
             "inLanguage":"es-ES","mainEntityOfPage":{"@id":"https://faro.example/ria"}}]}]"##,
        ])
        .article();
        assert_eq!(meta.title.as_deref(), Some("La ría sube"));
        assert_eq!(meta.deck.as_deref(), Some("Dos líneas."));
        assert_eq!(meta.byline.as_deref(), Some("Ana Ruiz, Luis Mar"));
        assert_eq!(meta.site.as_deref(), Some("El Faro del Cabo"));
        assert_eq!(meta.url.as_deref(), Some("https://faro.example/ria"));
        assert_eq!(meta.date.as_deref(), Some("2026-05-12T10:00:00Z"));
        assert_eq!(meta.language.as_deref(), Some("es-ES"));
        assert_eq!(ld(&["{broken", "3", "[]"]).article(), Meta::default());
    }

    #[test]
    fn pairs_with_markup_in_graphs_and_lists() {
        let pairs = ld(&[
            r#"{"@graph":[{"@type":"WebPage"},{"@type":["WebPage","FAQPage"],"mainEntity":[
                {"@type":"Question","name":"How deep is it?","acceptedAnswer":{"@type":"Answer","text":"<p>Nine &amp; a half metres.</p><ul><li>at low tide</li></ul>"}},
                {"@type":"Question","name":"No answer?"}]}]}"#,
            r#"{"@type":"FAQPage","mainEntity":{"@type":"Question","name":"Who built it?","acceptedAnswer":[{"text":"&lt;b&gt;Nobody&lt;/b&gt; knows."}]}}"#,
        ])
        .pairs();
        let found: Vec<_> = pairs.iter().map(|p| (p.question.as_str(), p.answer.as_str())).collect();
        assert_eq!(
            found,
            [("How deep is it?", "Nine & a half metres.\n\nat low tide"), ("Who built it?", "Nobody knows.")]
        );
    }
}

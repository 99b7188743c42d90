//! What a page says about itself: in JSON-LD, in OpenGraph, in `meta` elements; in that order of trust.

use super::date;
use super::jsonld::JsonLd;
use super::tag::{Attr, Tag};
use super::tree::{Id, Tree};
use crate::loader::block::Meta;
use crate::loader::normalize::normalize;

/// Longer values say something else than what they should.
const MAX_CHARS: usize = 1_000;

/// What a page says, by who says it.
#[derive(Debug, Default)]
pub(super) struct Stated {
    /// The best of each field.
    pub(super) meta: Meta,
    /// `<title>`, which often has the site's name in it.
    pub(super) window_title: Option<String>,
    /// The description for search engines; it is not shown.
    pub(super) description: Option<String>,
}

/// Collects it.
pub(super) fn read(tree: &Tree<'_>, ld: &JsonLd) -> Stated {
    let mut graph = Meta::default();
    let mut plain = Meta::default();
    let mut stated = Stated::default();
    for id in 1..tree.len() {
        match tree.tag(id) {
            Tag::Meta => named(tree, id, &mut graph, &mut plain, &mut stated),
            Tag::Html => set(&mut plain.language, tree.attr(id, Attr::Lang).as_deref()),
            Tag::Title => set(&mut stated.window_title, Some(&tree.inner_text(id))),
            Tag::Link => {
                let rel = tree.raw_attr(id, Attr::Rel).unwrap_or_default();
                if rel.split_whitespace().any(|r| r.eq_ignore_ascii_case("canonical")) {
                    set(&mut plain.url, tree.attr(id, Attr::Href).as_deref());
                }
            }
            Tag::Time if plain.date.is_none() => {
                let published = tree.raw_attr(id, Attr::Itemprop).is_some_and(|p| p.contains("datePublished"));
                if published {
                    set(&mut plain.date, tree.attr(id, Attr::Datetime).as_deref());
                }
            }
            _ => {}
        }
    }
    stated.meta = merge(&[ld.article(), graph, plain]);
    stated.meta.date = stated.meta.date.take().map(|d| date::iso(&d));
    let site = stated.meta.site.clone();
    for title in [&mut stated.meta.title, &mut stated.window_title] {
        *title = title.take().map(|t| without_site(&t, site.as_deref()));
    }
    stated
}

fn merge(by_trust: &[Meta]) -> Meta {
    let first = |field: fn(&Meta) -> &Option<String>| by_trust.iter().find_map(|m| field(m).clone());
    Meta {
        title: first(|m| &m.title),
        deck: first(|m| &m.deck),
        byline: first(|m| &m.byline),
        date: first(|m| &m.date),
        language: first(|m| &m.language),
        url: first(|m| &m.url),
        site: first(|m| &m.site),
        ..Meta::default()
    }
}

fn set(slot: &mut Option<String>, value: Option<&str>) {
    let Some(value) = value.filter(|_| slot.is_none()) else { return };
    let value = normalize(value).split_whitespace().collect::<Vec<_>>().join(" ");
    if !value.is_empty() && value.chars().count() <= MAX_CHARS {
        *slot = Some(value);
    }
}

fn named(tree: &Tree<'_>, id: Id, graph: &mut Meta, plain: &mut Meta, stated: &mut Stated) {
    let Some(content) = tree.attr(id, Attr::Content) else { return };
    let content = Some(content.as_ref());
    for attr in [Attr::Property, Attr::Name, Attr::Itemprop, Attr::HttpEquiv] {
        let Some(name) = tree.raw_attr(id, attr) else { continue };
        match name.to_ascii_lowercase().as_str() {
            "og:title" => set(&mut graph.title, content),
            "og:description" => set(&mut graph.deck, content),
            "og:site_name" => set(&mut graph.site, content),
            "og:url" => set(&mut graph.url, content),
            "og:locale" => set(&mut graph.language, content),
            "article:published_time" | "og:article:published_time" => set(&mut graph.date, content),
            "article:author" | "og:article:author" if content.is_some_and(is_name) => set(&mut graph.byline, content),
            "twitter:title" | "dc.title" | "headline" | "parsely-title" | "sailthru.title" => {
                set(&mut plain.title, content)
            }
            "author" | "dc.creator" | "parsely-author" | "sailthru.author" | "byl" if content.is_some_and(is_name) => {
                set(&mut plain.byline, content);
            }
            "date"
            | "pubdate"
            | "publishdate"
            | "publish-date"
            | "dc.date"
            | "dc.date.issued"
            | "dcterms.created"
            | "parsely-pub-date"
            | "sailthru.date"
            | "datepublished"
            | "article_date_original" => {
                set(&mut plain.date, content);
            }
            "application-name" => set(&mut plain.site, content),
            "language" | "content-language" | "dc.language" => set(&mut plain.language, content),
            "description" | "twitter:description" => set(&mut stated.description, content),
            _ => {}
        }
    }
}

/// Some pages give an address instead of a name.
fn is_name(value: &str) -> bool {
    !value.contains("://") && !value.contains('@') && value.chars().any(char::is_alphabetic)
}

/// `Headline | Site` without the site.
fn without_site(title: &str, site: Option<&str>) -> String {
    for separator in [" | ", " – ", " — ", " - ", " « ", " » ", " :: ", " · ", " • "] {
        let Some((head, tail)) = title.rsplit_once(separator) else { continue };
        let is_site = site.is_some_and(|s| {
            let (s, tail) = (s.to_lowercase(), tail.to_lowercase());
            s.contains(&tail) || tail.contains(&s)
        });
        let by_sign =
            separator == " | " && head.split_whitespace().count() >= 3 && tail.split_whitespace().count() <= 4;
        if (is_site || by_sign) && !head.trim().is_empty() {
            return without_site(head.trim(), site);
        }
    }
    title.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{jsonld, tree};

    #[test]
    fn the_more_trusted_source_wins() {
        let page = |ld: &str| {
            format!(
                "<html lang=es-UY><title>Sube la ría - El Faro</title><meta property=og:title content='Sube la ría | El Faro'>\
                 <meta property='og:site_name' content='El Faro'><meta name=author content='Ana Ruiz'>\
                 <meta property=article:author content='https://social.example/faro'><meta name=Description content='Para buscadores.'>\
                 <meta name=date content='12 de mayo de 2026'><link rel=canonical href='https://faro.example/ria'>{ld}"
            )
        };
        let read = |source: &str| {
            let tree = tree::parse(source).unwrap();
            super::read(&tree, &jsonld::read(&tree))
        };
        let stated = read(&page(""));
        assert_eq!(stated.window_title.as_deref(), Some("Sube la ría"));
        assert_eq!(stated.description.as_deref(), Some("Para buscadores."));
        let meta = stated.meta;
        assert_eq!(meta.title.as_deref(), Some("Sube la ría"));
        assert_eq!(meta.byline.as_deref(), Some("Ana Ruiz"));
        assert_eq!(meta.date.as_deref(), Some("2026-05-12"));
        assert_eq!(meta.url.as_deref(), Some("https://faro.example/ria"));
        assert_eq!(meta.site.as_deref(), Some("El Faro"));
        assert_eq!(meta.language.as_deref(), Some("es-UY"));
        assert_eq!(meta.deck, None);
        let ld = "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"headline\":\"La ría, al alza\",\"author\":\"Eva Sol\"}</script>";
        let meta = read(&page(ld)).meta;
        assert_eq!((meta.title.as_deref(), meta.byline.as_deref()), (Some("La ría, al alza"), Some("Eva Sol")));
        assert_eq!(meta.site.as_deref(), Some("El Faro"));
    }
}

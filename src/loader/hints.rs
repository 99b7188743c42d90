//! What is known of an input from outside of its bytes: by a server's header, or by the record that it came in.

use url::Url;

use super::block::Document;
use crate::article::{Article, SourceFormat};
use crate::lang::Language;

/// What is known of an input apart from its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// The charset that the server names. A byte-order mark and sound UTF-8 outweigh it; it outweighs what a
    /// page says of itself. One that nobody knows is no hint.
    pub charset: Option<String>,
    /// The format that the server names; the options outweigh it.
    pub format: Option<SourceFormat>,
    /// The address that the input was found at: the article's own, if it states none, and the base of a relative one.
    pub found_at: Option<String>,
    /// The headline; outweighs what the input says.
    pub title: Option<String>,
    /// Who wrote it; outweighs what the input says.
    pub byline: Option<String>,
    /// When it was published; outweighs what the input says.
    pub date: Option<String>,
    /// The article's own address; outweighs what the input says.
    pub url: Option<String>,
    /// The language; outweighs what the input says, but not the options.
    pub language: Option<Language>,
}

impl Hints {
    /// Tells a document what is known, before it is segmented: a known title is not looked for in the body.
    pub(super) fn inform(&self, doc: &mut Document) {
        let meta = &mut doc.meta;
        meta.url = self.url.clone().or_else(|| self.resolve(meta.url.as_deref())).or_else(|| self.found_at.clone());
        for (known, slot) in
            [(&self.title, &mut meta.title), (&self.byline, &mut meta.byline), (&self.date, &mut meta.date)]
        {
            if known.is_some() {
                slot.clone_from(known);
            }
        }
    }

    /// The article with what is known instead of what was found.
    pub(super) fn outweigh(&self, article: Article) -> Article {
        Article {
            title: self.title.clone().or(article.title),
            byline: self.byline.clone().or(article.byline),
            date: self.date.clone().or(article.date),
            ..article
        }
    }

    /// The address that a page gives itself, if it is one of the web.
    fn resolve(&self, stated: Option<&str>) -> Option<String> {
        let stated = stated?;
        if stated.starts_with("http://") || stated.starts_with("https://") {
            return Some(stated.to_owned());
        }
        let url = Url::parse(self.found_at.as_deref()?).ok()?.join(stated).ok()?;
        matches!(url.scheme(), "http" | "https").then(|| url.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loader::{LoadOptions, load};

    const BODY: &str = "The town of Harrow Bridge opened a library in its old station on Monday. It is open to all.";

    fn article(text: &[u8], hints: Hints) -> Article {
        load(text, "-", &LoadOptions { hints, ..LoadOptions::default() }).unwrap()
    }

    #[test]
    fn addresses_are_resolved_against_the_one_of_the_page() {
        let found_at = Some("https://a.example/news/page?x=1".to_owned());
        let url = |head: &str, found_at: &Option<String>| {
            let page =
                format!("<!doctype html><title>Library</title>{head}<article><h1>Library</h1><p>{BODY}</article>");
            article(page.as_bytes(), Hints { found_at: found_at.clone(), ..Hints::default() }).url
        };
        let canonical = |to: &str| format!("<link rel=canonical href='{to}'>");
        assert_eq!(url("", &found_at), found_at);
        assert_eq!(url(&canonical("/library"), &found_at).unwrap(), "https://a.example/library");
        assert_eq!(url(&canonical("javascript:x"), &found_at), found_at);
        assert_eq!(url(&canonical("https://b.example/"), &found_at).unwrap(), "https://b.example/");
        assert_eq!(url(&canonical("/library"), &None), None);
    }

    #[test]
    fn what_is_known_outweighs_what_is_found() {
        let hints = || Hints {
            title: Some("Known".to_owned()),
            byline: Some("Ana Ruiz".to_owned()),
            date: Some("2026-05-12".to_owned()),
            url: Some("https://a.example/x".to_owned()),
            language: Some(Language::ES),
            ..Hints::default()
        };
        for text in [format!("# Found\n\nBy Tom Lee\n\n{BODY}"), format!("Found here\n\n{BODY}"), BODY.to_owned()] {
            let article = article(text.as_bytes(), hints());
            assert_eq!(article.title.as_deref(), Some("Known"));
            assert_eq!(article.byline.as_deref(), Some("Ana Ruiz"));
            assert_eq!((article.date.as_deref(), article.language), (Some("2026-05-12"), Language::ES));
            assert_eq!(article.url.as_deref(), Some("https://a.example/x"));
            assert!(article.body_markdown().contains(BODY));
        }
    }

    #[test]
    fn the_charset_of_the_server_counts_between_the_mark_and_the_page() {
        let text = "El alcalde abrió el camión; ¿y qué? Costó 5 € al año, según la decisión del señor Muñoz.";
        let page = |declared: &str, text: &str| format!("<html><meta charset={declared}><title>T</title><p>{text}");
        let hints = |charset: &str| Hints { charset: Some(charset.to_owned()), ..Hints::default() };
        // In ISO 8859-15 the byte of the euro is another character than in windows-1252, which the page declares.
        let (latin, ..) = encoding_rs::ISO_8859_15.encode(text);
        for charset in ["iso-8859-15", "ISO-8859-15"] {
            let head = page("windows-1252", "");
            let bytes = [head.as_bytes(), &latin].concat();
            assert!(article(&bytes, hints(charset)).text.contains("5 €"), "{charset}");
            assert!(article(&latin, hints(charset)).text.contains("5 €"), "{charset}");
        }
        // One that is not known is no hint, and one that is wrong does not harm sound UTF-8.
        for charset in ["nonsense", "iso-8859-1", "utf-8"] {
            assert!(article(page("utf-8", text).as_bytes(), hints(charset)).text.contains("5 €"), "{charset}");
            assert!(article(text.as_bytes(), hints(charset)).text.contains("5 €"), "{charset}");
        }
    }
}

//! What the names of an element (tag, role, class, id) say that it holds: furniture, and of which kind.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::tag::{Attr, Tag};
use super::tree::{Id, Tree};
use crate::article::DropReason;
use crate::loader::block::Role;

/// How a word of a class or id is compared with an entry of [`WORDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// The word is the entry.
    Whole,
    /// The word begins with the entry.
    Prefix,
    /// The whole class name, without its signs, contains the entry.
    Inside,
}

use How::{Inside, Prefix, Whole};

/// Words of classes and ids by which furniture is known; the first that matches wins.
#[rustfmt::skip]
const WORDS: &[(Role, How, &[&str])] = &[
    (Role::Dropped(DropReason::Navigation), Prefix, &["cookie", "consent", "gdpr"]),
    (Role::Dropped(DropReason::Comments), Whole, &["comment", "comments", "commentlist", "disqus", "respond", "livefyre", "coral"]),
    (Role::Dropped(DropReason::Comments), Prefix, &["comentario", "disqus", "commentform"]),
    (Role::Dropped(DropReason::RelatedLinks), Prefix, &[
        "related", "relacionad", "recommend", "recomend", "recirc", "trending", "taboola", "outbrain", "mostread",
        "mostpopular", "masleid", "zergnet", "readmore", "seealso", "sugerid", "interlink", "leemas", "teaser",
        "carousel", "upnext",
    ]),
    (Role::Dropped(DropReason::RelatedLinks), Inside, &[
        "readmore", "readnext", "mostread", "mostpopular", "masleid", "seealso", "morefrom", "moreon", "morestories",
        "tepuedeinteresar", "leatambien", "leetambien", "tambienteinteresa", "youmaylike", "alsolike", "relatedpost",
        "relatedarticle", "relatedcontent", "relatedlink", "relatedstor", "relatednews", "notasrelacionadas",
        "popularposts", "articlelist", "postnavigation", "postnav", "nextprev", "prevnext",
    ]),
    (Role::Dropped(DropReason::Promotion), Whole, &[
        "share", "sharing", "social", "shares", "follow", "donate", "paywall", "signup", "promo", "banner",
        "ad", "ads", "adv", "dfp", "gpt", "adunit", "adbox", "adslot", "cta", "tools", "rating", "ratings", "poll",
        "whatsapp", "telegram",
    ]),
    (Role::Dropped(DropReason::Promotion), Prefix, &[
        "newsletter", "subscri", "suscri", "sharedaddy", "addthis", "socialshare", "advert", "sponsor", "publicidad",
        "compart", "boletin", "promo", "membership", "mailchimp", "optin", "signupform", "sharebar", "sharebutton",
    ]),
    (Role::Dropped(DropReason::Promotion), Inside, &["sharebuttons", "socialmedia", "sociallinks", "socialicons", "shareicons"]),
    (Role::Dropped(DropReason::Topics), Whole, &["tags", "taglist", "tagcloud", "topics", "categories", "keywords", "etiquetas", "temas"]),
    (Role::Dropped(DropReason::Topics), Inside, &["entrytags", "posttags", "articletags", "tagslinks", "catlinks", "storytags"]),
    (Role::Dropped(DropReason::AuthorNote), Inside, &[
        "authorbio", "aboutauthor", "abouttheauthor", "authorbox", "authorinfo", "authorprofile", "authordesc",
        "authorcard", "postauthor", "bioautor",
    ]),
    (Role::Dropped(DropReason::AuthorNote), Whole, &["bio", "vcard"]),
    (Role::Dropped(DropReason::PhotoCredit), Whole, &["caption", "captions", "credit", "credits", "figcaption", "epigrafe", "copyright"]),
    (Role::Dropped(DropReason::PhotoCredit), Inside, &["wpcaption", "imagecaption", "photocaption", "captiontext", "photocredit", "piedefoto", "imagecredit", "mediacaption"]),
    (Role::Meta, Whole, &["byline", "dateline", "timestamp", "postmeta", "entrymeta", "pubdate", "metadata"]),
    (Role::Meta, Inside, &[
        "postmeta", "entrymeta", "articlemeta", "storymeta", "articledate", "postedon", "authorname", "publishdate",
        "byline", "metainfo", "articleinfo", "readingtime",
    ]),
    (Role::Dropped(DropReason::Navigation), Whole, &[
        "nav", "navbar", "navigation", "menu", "submenu", "breadcrumb", "breadcrumbs", "sidebar", "footer", "toolbar",
        "pagination", "pager", "paging", "modal", "popup", "overlay", "login",
        "search", "skip", "masthead", "migas", "widget", "widgets", "offscreen", "toc", "rail", "skiplink",
    ]),
    (Role::Dropped(DropReason::Navigation), Prefix, &["sidebar", "breadcrumb", "topbar", "offcanvas", "megamenu", "sidenav", "screenreader"]),
    (Role::Dropped(DropReason::Navigation), Inside, &["visuallyhidden", "screenreader", "sronly", "cookiebanner", "noprint", "tableofcontents", "navlinks"]),
];

/// A class that wraps the article is not taken at its word about what else it says.
const ARTICLE: &[&str] = &[
    "articlebody",
    "articlecontent",
    "articletext",
    "entrycontent",
    "postcontent",
    "postbody",
    "storybody",
    "storycontent",
    "contentbody",
    "maincontent",
    "cuerponoticia",
    "cuerpo",
];

/// What class names and ids have been found to say: on a page most stand many times.
pub(super) type Known<'s> = HashMap<&'s str, Option<Role>>;

/// The kind of furniture that an element holds by its names, if any.
pub(super) fn named<'s>(tree: &Tree<'s>, id: Id, known: &mut Known<'s>) -> Option<Role> {
    match tree.tag(id) {
        Tag::Nav | Tag::Footer | Tag::Dialog | Tag::Menu => return Some(Role::Dropped(DropReason::Navigation)),
        Tag::Aside => return Some(Role::Dropped(DropReason::RelatedLinks)),
        Tag::Figcaption => return Some(Role::Dropped(DropReason::PhotoCredit)),
        Tag::Form | Tag::Fieldset | Tag::Button | Tag::Label => return Some(Role::Dropped(DropReason::Promotion)),
        _ => {}
    }
    if !tree.has_attrs(id) {
        return None;
    }
    if let Some(role) = tree.raw_attr(id, Attr::Role) {
        match role {
            "navigation" | "menu" | "menubar" | "search" | "contentinfo" | "dialog" | "alertdialog" => {
                return Some(Role::Dropped(DropReason::Navigation));
            }
            "complementary" => return Some(Role::Dropped(DropReason::RelatedLinks)),
            _ => {}
        }
    }
    names(tree, id, known).next().map(|(_, role)| role)
}

/// The names of an element that say it is furniture, with its kind.
pub(super) fn names<'a, 's>(
    tree: &'a Tree<'s>,
    id: Id,
    known: &'a mut Known<'s>,
) -> impl Iterator<Item = (&'s str, Role)> + use<'a, 's> {
    let classes = [Attr::Class, Attr::Id].into_iter().filter_map(move |attr| tree.raw_attr(id, attr));
    classes
        .flat_map(str::split_whitespace)
        .filter_map(move |name| known.entry(name).or_insert_with(|| by_name(name)).map(|role| (name, role)))
}

/// Whether the names say that the element is the body of the article.
pub(super) fn is_article_body(tree: &Tree<'_>, id: Id) -> bool {
    if !tree.has_attrs(id) {
        return false;
    }
    if tree.raw_attr(id, Attr::Itemprop).is_some_and(|p| p.split_whitespace().any(|p| p == "articleBody")) {
        return true;
    }
    [Attr::Class, Attr::Id].into_iter().filter_map(|attr| tree.raw_attr(id, attr)).any(|names| {
        names.split_whitespace().any(|name| {
            let squeezed = squeezed(name);
            ARTICLE.iter().any(|entry| squeezed.ends_with(entry))
        })
    })
}

fn squeezed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whatever matches an entry of [`WORDS`] contains it: most names contain none.
static ANY: LazyLock<Regex> = LazyLock::new(|| {
    let entries: Vec<&str> = WORDS.iter().flat_map(|(.., entries)| entries.iter().copied()).collect();
    Regex::new(&entries.join("|")).unwrap()
});

fn by_name(name: &str) -> Option<Role> {
    let squeezed = squeezed(name);
    if squeezed.len() < 2 || !ANY.is_match(&squeezed) || ARTICLE.contains(&squeezed.as_str()) {
        return None;
    }
    let words = words(name);
    WORDS
        .iter()
        .find(|(_, how, entries)| match how {
            Whole => words.iter().any(|word| entries.contains(&word.as_str())),
            Prefix => words.iter().any(|word| entries.iter().any(|entry| word.starts_with(entry))),
            Inside => entries.iter().any(|entry| squeezed.contains(entry)),
        })
        .map(|(reason, ..)| *reason)
}

/// The words of a class name: parts between signs and capitals, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut low = false;
    for c in name.chars() {
        let cut = !c.is_alphanumeric() || (low && c.is_uppercase());
        if cut && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.push(c.to_ascii_lowercase());
        }
        low = c.is_lowercase() || c.is_ascii_digit();
    }
    words.retain(|w| !w.is_empty());
    words
}

/// Whether a browser would not show the element.
pub(super) fn is_hidden(tree: &Tree<'_>, id: Id) -> bool {
    if !tree.has_attrs(id) {
        return false;
    }
    let by_style = tree.raw_attr(id, Attr::Style).is_some_and(|style| {
        let style: String = style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
        style.contains("display:none") || style.contains("visibility:hidden")
    });
    by_style
        || tree.raw_attr(id, Attr::Hidden).is_some()
        || tree.raw_attr(id, Attr::AriaHidden).is_some_and(|v| v.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_names(names: &str) -> Option<Role> {
        names.split_whitespace().find_map(by_name)
    }

    #[test]
    fn names_are_read_as_words() {
        assert_eq!(words("relatedLinks-box__item2"), ["related", "links", "box", "item2"]);
        assert_eq!(by_names("post relatedLinks"), Some(Role::Dropped(DropReason::RelatedLinks)));
        assert_eq!(by_names("caja notas-relacionadas"), Some(Role::Dropped(DropReason::RelatedLinks)));
        assert_eq!(by_names("ad-slot"), Some(Role::Dropped(DropReason::Promotion)));
        assert_eq!(by_names("shadow readable adventure commentary"), None);
        assert_eq!(by_names("entry-content share"), Some(Role::Dropped(DropReason::Promotion)));
        assert_eq!(by_names("entry-content"), None);
        assert_eq!(by_names("listaComentarios"), Some(Role::Dropped(DropReason::Comments)));
    }
}

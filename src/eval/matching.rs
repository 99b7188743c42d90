//! Which prediction is of which document.

use std::path::{Component, Path};

use super::{Document, Prediction};

/// Predictions with their documents, and what was left over.
#[derive(Debug)]
pub struct Matched<'a> {
    /// In the order of the predictions; a document may have several (languages, lengths).
    pub pairs: Vec<(&'a Document, &'a Prediction)>,
    /// Ids of predictions that are of none of the documents.
    pub strangers: Vec<&'a str>,
    /// Ids of documents without a prediction.
    pub missing: Vec<&'a str>,
}

/// Finds the document of each prediction, by the first rule that leaves exactly one:
///
/// 1. the ids are the same;
/// 2. the prediction names the file that the document was read from;
/// 3. one of the two files ends with the path of the other;
/// 4. the path ends in `<id of the document>/article.*`;
/// 5. the path, or its end, without the extension is the id of the document.
///
/// One prediction and one document always belong together.
pub fn match_up<'a>(documents: &'a [Document], predictions: &'a [Prediction]) -> Matched<'a> {
    let mut matched = Matched { pairs: Vec::new(), strangers: Vec::new(), missing: Vec::new() };
    let lone = documents.len() == 1 && predictions.len() == 1;
    for prediction in predictions {
        match find(documents, &prediction.id).or(documents.first().filter(|_| lone)) {
            Some(document) => matched.pairs.push((document, prediction)),
            None => matched.strangers.push(&prediction.id),
        }
    }
    let without = documents.iter().filter(|d| matched.pairs.iter().all(|(known, _)| known.id != d.id));
    matched.missing = without.map(|d| d.id.as_str()).collect();
    matched
}

fn find<'a>(documents: &'a [Document], id: &str) -> Option<&'a Document> {
    let parts = parts(Path::new(id));
    let (folder, name) = match parts.split_last() {
        Some((name, folder)) if stem(name) == "article" => (folder, None),
        Some((name, folder)) => (folder, Some([folder, &[stem(name).to_owned()]].concat())),
        None => return None,
    };
    let rules: [&dyn Fn(&Document) -> bool; 5] = [
        &|d| d.id == id,
        &|d| d.article.source == id,
        &|d| {
            let source = self::parts(Path::new(&d.article.source));
            source.ends_with(&parts) || parts.ends_with(&source)
        },
        &|d| name.is_none() && folder.ends_with(&self::parts(Path::new(&d.id))),
        &|d| name.as_ref().is_some_and(|name| name.ends_with(&self::parts(Path::new(&d.id)))),
    ];
    rules.iter().find_map(|rule| {
        let mut found = documents.iter().filter(|d| rule(d));
        found.next().filter(|_| found.next().is_none())
    })
}

/// The names that a path is made of.
fn parts(path: &Path) -> Vec<String> {
    let normal = path.components().filter_map(|c| match c {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    normal.collect()
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Article;
    use crate::eval::References;
    use crate::lang::Language;

    fn document(id: &str, source: &str) -> Document {
        let article = Article { source: source.to_owned(), ..Article::of_one_passage("A text.", Language::EN) };
        Document { id: id.to_owned(), kind: None, article, references: References::default() }
    }

    fn prediction(id: &str) -> Prediction {
        Prediction { id: id.to_owned(), language: None, faq: None, asked: None, summary: None, length: None }
    }

    #[test]
    fn ids_and_paths_find_their_documents() {
        let documents = [
            document("en/ferry", "fixtures/en/ferry/article.txt"),
            document("es/ferry", "fixtures/es/ferry/article.txt"),
            document("town", "set.jsonl:3"),
            document("a/note", "notes/a/note.md"),
        ];
        let of = |id: &str| find(&documents, id).map(|d| d.id.as_str());
        assert_eq!(of("es/ferry"), Some("es/ferry"));
        assert_eq!(of("fixtures/en/ferry/article.txt"), Some("en/ferry"));
        assert_eq!(of("/home/me/repo/fixtures/es/ferry/article.txt"), Some("es/ferry"));
        assert_eq!(of("es/ferry/article.html"), Some("es/ferry"));
        assert_eq!(of("article.txt"), None, "it may be of either");
        assert_eq!(of("set.jsonl:3"), Some("town"));
        assert_eq!(of("texts/town.txt"), Some("town"));
        assert_eq!(of("a/note.txt"), Some("a/note"));
        assert_eq!(of("note.md"), Some("a/note"));
        assert_eq!((of("downtown"), of("ferry"), of("")), (None, None, None));
    }

    #[test]
    fn what_is_left_over_is_named_and_a_lone_pair_belongs_together() {
        let documents = [document("a", "a.txt"), document("b", "b.txt")];
        let predictions = [prediction("b"), prediction("c"), prediction("b")];
        let matched = match_up(&documents, &predictions);
        assert_eq!(matched.pairs.len(), 2);
        assert_eq!((matched.strangers, matched.missing), (vec!["c"], vec!["a"]));
        let lone = match_up(&documents[..1], &predictions[1..2]);
        assert_eq!((lone.pairs.len(), lone.strangers.len(), lone.missing.len()), (1, 0, 0));
    }
}

//! What a language model is asked, so that its likelihoods say whether a source supports a sentence or answers a question.
//! The weights of its grades belong to these words: a change of them wants new weights.

use crate::chat::Message;
use crate::lang::Language;

/// The conversations behind which the likelihoods of a sentence and of two verdicts on it are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentencePrompts {
    /// The source, and the request to state something of it. The sentence follows.
    pub with_source: Vec<Message>,
    /// A request to state something, without a source. The sentence follows.
    pub without_source: Vec<Message>,
    /// The source, the sentence, and the question whether the one says the other. One of `verdicts` follows.
    pub question: Vec<Message>,
    /// Yes and no.
    pub verdicts: [&'static str; 2],
}

/// What is asked about a sentence. The source is a passage of the article, or all of it where it fits; all but
/// `without_source` begin with it.
pub fn sentence_prompts(source: &str, sentence: &str, language: Language) -> SentencePrompts {
    let (with, without, question, verdicts) = if language == Language::ES {
        (
            format!("Artículo:\n{source}\n\nEscribe una frase que resuma algo del artículo."),
            "Escribe una frase que resuma una noticia.".to_owned(),
            format!(
                "Artículo:\n{source}\n\nFrase: {sentence}\n¿Todo lo que dice la frase está en el artículo? Responde sí o no."
            ),
            ["Sí", "No"],
        )
    } else {
        (
            format!("Article:\n{source}\n\nWrite a sentence that sums up something of the article."),
            "Write a sentence that sums up a news story.".to_owned(),
            format!(
                "Article:\n{source}\n\nSentence: {sentence}\nIs everything that the sentence says in the article? Answer yes or no."
            ),
            ["Yes", "No"],
        )
    };
    let [with_source, without_source, question] = [with, without, question].map(|text| vec![Message::user(text)]);
    SentencePrompts { with_source, without_source, question, verdicts }
}

/// The conversations behind which an answer's two likelihoods are asked for: with the question, and without it. The
/// weights belong to these words, so a change of them wants new weights. The source is a passage of the article, or all
/// of it where it fits.
pub fn answer_prompts(source: &str, question: &str, language: Language) -> (Vec<Message>, Vec<Message>) {
    let (with, without) = if language == Language::ES {
        (
            format!("Artículo:\n{source}\n\nPregunta: {question}\nResponde con pocas palabras del artículo."),
            format!("Artículo:\n{source}\n\nPregunta sobre el artículo.\nResponde con pocas palabras del artículo."),
        )
    } else {
        (
            format!("Article:\n{source}\n\nQuestion: {question}\nAnswer with a few words of the article."),
            format!("Article:\n{source}\n\nA question about the article.\nAnswer with a few words of the article."),
        )
    };
    (vec![Message::user(with)], vec![Message::user(without)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompts_differ_in_the_question_and_share_the_article() {
        for language in [Language::EN, Language::ES] {
            let (with, without) = answer_prompts("The text.", "Why so?", language);
            assert!(with[0].content.contains("Why so?") && !without[0].content.contains("Why so?"));
            let shared = with[0].content.find("The text.").unwrap() + "The text.".len();
            assert_eq!(with[0].content[..shared], without[0].content[..shared]);
        }
    }

    #[test]
    fn a_sentence_is_asked_about_with_the_article_and_without() {
        for language in [Language::EN, Language::ES] {
            let asked = sentence_prompts("The text.", "It rains.", language);
            let [with, without, question] =
                [&asked.with_source, &asked.without_source, &asked.question].map(|m| m[0].content.as_str());
            let shared = with.find("The text.").unwrap() + "The text.\n\n".len();
            assert_eq!(with[..shared], question[..shared]);
            assert!(question.contains("It rains.") && !with.contains("It rains."));
            assert!(!without.contains("The text.") && !without.contains("It rains."));
        }
    }
}

//! What a language model is asked, so that its likelihoods say whether a source supports a sentence or answers a question.
//! The weights of its grades belong to these words: a change of them wants new weights.

use crate::chat::Message;
use crate::lang::Language;

/// Whether a model's verdict on a sentence of that language is worth asking for. It was measured against people in English;
/// in Spanish the default model says yes to what an article denies.
pub fn is_judged(language: Language) -> bool {
    language == Language::EN
}

/// What a model is asked about a sentence: whether the passages say it. One of [`VERDICTS`] follows.
pub fn verdict_prompt(passages: &str, sentence: &str) -> Vec<Message> {
    let question = format!(
        "Text: {passages}\n\nClaim: {sentence}\n\nDoes the text say exactly what the claim says? Answer Yes or No."
    );
    vec![Message::system("You check facts."), Message::user(question)]
}

/// Yes and no, as [`verdict_prompt`] asks for them.
pub const VERDICTS: [&str; 2] = ["Yes", "No"];

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
    fn a_sentence_is_asked_about_with_what_may_say_it() {
        let asked = verdict_prompt("The text.", "It rains.");
        let question = &asked[1].content;
        assert!(question.contains("The text.") && question.contains("It rains."));
        assert!(VERDICTS.iter().all(|verdict| question.contains(verdict)));
    }
}

//! What every article holds to: a check for articles that were not just loaded, and for tests and fuzzing.

use super::{Article, Passage, Span};

impl Article {
    /// Checks what this type promises, which matters for an article that was read from JSON:
    /// [`Article::slice`] panics on a span that is not one of its text.
    ///
    /// All spans lie in the text, on character boundaries. The lines of the head, headings, passages,
    /// dropped parts and the article's own FAQ block are apart from one another, but that a dropped part may
    /// stand inside of the FAQ block; head, body and dropped parts are each in order. Sentences cover their
    /// passage but for white space. No letter of the text is outside of all these spans.
    ///
    /// # Errors
    /// The first promise that is broken, and where.
    pub fn check(&self) -> Result<(), String> {
        let mut body = Vec::new();
        for section in &self.sections {
            body.extend(section.heading.map(|heading| heading.span));
            body.extend(section.passages.iter().map(|passage| passage.span));
        }
        let dropped: Vec<_> = self.dropped.iter().map(|part| part.span).collect();
        let faq: Vec<_> = self.own_faq.iter().map(|faq| faq.span).collect();
        for (what, spans) in [("head", &self.head), ("body", &body), ("dropped", &dropped), ("FAQ", &faq)] {
            for &span in spans {
                self.check_span(span).map_err(|e| format!("{what}: {e}"))?;
            }
        }
        for passage in self.passages() {
            self.check_sentences(passage)?;
        }
        for (what, spans) in [("head", &self.head), ("body", &body), ("dropped", &dropped)] {
            if let Some(pair) = spans.windows(2).find(|pair| pair[0].end > pair[1].start) {
                return Err(format!("{what}: {:?} does not end before {:?}", pair[0], pair[1]));
            }
        }
        let in_faq = |part: &&Span| faq.iter().any(|faq| faq.start <= part.start && part.end <= faq.end);
        let dropped: Vec<_> = dropped.iter().filter(|part| !in_faq(part)).copied().collect();
        let mut all: Vec<_> = [&self.head[..], &body, &dropped, &faq].concat();
        all.sort();
        if let Some(pair) = all.windows(2).find(|pair| pair[0].end > pair[1].start) {
            return Err(format!("{:?} of one part overlaps {:?} of another", pair[0], pair[1]));
        }
        self.check_nothing_lost(&all)
    }

    fn check_span(&self, span: Span) -> Result<(), String> {
        match self.text.get(span.start..span.end) {
            None => Err(format!("{span:?} is no span of a text of {} bytes", self.text.len())),
            Some("") => Err(format!("{span:?} is empty")),
            Some(text) if text.trim() != text => Err(format!("{span:?} has white space around it")),
            Some(_) => Ok(()),
        }
    }

    fn check_sentences(&self, passage: &Passage) -> Result<(), String> {
        let mut at = passage.span.start;
        let blank = |start, end| self.text.get(start..end).is_some_and(|between| between.trim().is_empty());
        for sentence in &passage.sentences {
            self.check_span(sentence.span).map_err(|e| format!("sentence: {e}"))?;
            if !blank(at, sentence.span.start) {
                return Err(format!("sentence: {:?} does not follow what ends at {at}", sentence.span));
            }
            at = sentence.span.end;
        }
        match blank(at, passage.span.end) {
            true => Ok(()),
            false => Err(format!("sentences end at {at}, their passage at {}", passage.span.end)),
        }
    }

    fn check_nothing_lost(&self, spans: &[Span]) -> Result<(), String> {
        let starts = spans.iter().map(|span| span.start).chain([self.text.len()]);
        let ends = [0].into_iter().chain(spans.iter().map(|span| span.end));
        for (from, to) in ends.zip(starts) {
            let between = self.text[from..to].trim();
            if between.contains(char::is_alphabetic) {
                return Err(format!("no part has {between:?}, after byte {from}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{DropReason, Dropped, OwnFaq, Sentence};
    use crate::lang::Language;

    fn article() -> Article {
        let mut article = Article::of_one_passage("Él va.", Language::ES);
        article.text = "Él va.\n\nFoto: Ana\n\nFAQ".to_owned();
        article.dropped = vec![Dropped { span: Span::new(9, 18), reason: DropReason::PhotoCredit }];
        article.own_faq = Some(OwnFaq { title: None, pairs: Vec::new(), span: Span::new(20, 23) });
        article
    }

    #[test]
    fn a_sound_article_passes() {
        assert_eq!(article().check(), Ok(()));
        let mut inside = article();
        inside.own_faq.as_mut().unwrap().span.start = 9;
        assert_eq!(inside.check(), Ok(()));
        let mut titled = article();
        titled.own_faq = None;
        titled.head = vec![Span::new(20, 23)];
        assert_eq!(titled.check(), Ok(()));
    }

    #[test]
    fn every_broken_promise_is_named() {
        type Break = fn(&mut Article);
        let cases: [(&str, Break); 10] = [
            ("no span of a text of 23", |a| a.dropped[0].span.end = 40),
            ("Span { start: 1, end: 7 } is no span", |a| a.sections[0].passages[0].span.start = 1),
            ("empty", |a| a.dropped[0].span.end = 9),
            ("white space", |a| a.dropped[0].span.end = 19),
            ("sentences end at 0", |a| a.sections[0].passages[0].sentences.clear()),
            ("does not follow", |a| {
                a.sections[0].passages[0].sentences = vec![Sentence { span: Span::new(4, 7) }];
            }),
            ("body: Span", |a| {
                let passage = a.sections[0].passages[0].clone();
                a.sections[0].passages.push(passage);
            }),
            ("overlaps", |a| a.head = vec![Span::new(20, 23)]),
            ("overlaps", |a| a.own_faq.as_mut().unwrap().span = Span::new(15, 23)),
            ("no part has \"FAQ\", after byte 18", |a| a.own_faq = None),
        ];
        for (message, break_it) in cases {
            let mut broken = article();
            break_it(&mut broken);
            let found = broken.check().unwrap_err();
            assert!(found.contains(message), "{message}: {found}");
        }
    }
}

//! Progress of the model store and of the pipeline, as lines and bars on stderr.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use faqtory::engine::{Event, store};
use faqtory::pipeline;

use super::interrupt;
use super::ui::{self, Bar, Ui};

/// Shows how a model is fetched and checked.
pub(crate) struct StoreProgress<'a> {
    ui: &'a Ui,
    id: String,
    bar: Option<Bar>,
    /// What the last step was about: the bar begins anew when it changes.
    step: &'static str,
}

impl<'a> StoreProgress<'a> {
    pub(crate) fn new(ui: &'a Ui, id: &str) -> Self {
        interrupt::install();
        Self { ui, id: id.to_owned(), bar: None, step: "" }
    }

    /// Takes note of a step; breaks off after Ctrl-C.
    pub(crate) fn on(&mut self, progress: store::Progress) -> ControlFlow<()> {
        match progress {
            store::Progress::Trying(what) => self.line(&format!("{}: trying {what}", self.id)),
            store::Progress::Failed(why) => self.line(&format!("{}: {why}", self.id)),
            store::Progress::Waiting => {
                self.line(&format!("{}: waiting for another process that fetches it", self.id));
            }
            store::Progress::Downloading { done, total } => self.count("fetching", done, total),
            store::Progress::Verifying { done, total } => self.count("checking", done, total),
        }
        interrupt::flow()
    }

    fn line(&mut self, text: &str) {
        self.bar = None;
        self.step = "";
        self.ui.step(text);
    }

    fn count(&mut self, step: &'static str, done: u64, total: u64) {
        if self.step != step || self.bar.is_none() {
            self.ui.step(&format!("{}: {step} {}", self.id, ui::bytes(total)));
            let bar = self.ui.byte_bar();
            bar.0.set_message(format!("{step} {}", self.id));
            // What an earlier run left is no measure of the speed of this one.
            bar.0.set_position(done);
            bar.0.reset_eta();
            self.bar = Some(bar);
            self.step = step;
        }
        if let Some(bar) = &self.bar {
            bar.0.set_length(total);
            bar.0.set_position(done);
        }
    }
}

/// Shows how an article's texts are written.
pub(crate) struct WriteProgress<'a> {
    ui: &'a Ui,
    article: String,
    bar: Bar,
    stage: Stage,
}

impl<'a> WriteProgress<'a> {
    pub(crate) fn new(ui: &'a Ui, article: &str) -> Self {
        let article = super::failure::visible(article);
        Self { ui, article, bar: ui.spinner(), stage: Stage::new("", 0, 0) }
    }

    /// Takes note of an event; breaks off after Ctrl-C.
    pub(crate) fn on(&mut self, progress: pipeline::Progress<'_>) -> ControlFlow<()> {
        match progress {
            pipeline::Progress::Stage { name, requests, max_tokens } => {
                let texts = if requests == 1 { "text" } else { "texts" };
                self.ui.step(&format!("{}: {name}, {requests} {texts}, at most {max_tokens} tokens", self.article));
                self.stage = Stage::new(name, requests, max_tokens);
                self.bar.0.set_message(format!("{}: {name}", self.article));
            }
            pipeline::Progress::Engine(event) => {
                self.stage.on(event, Instant::now());
                self.bar.0.set_message(format!("{}: {}", self.article, self.stage.line(Instant::now())));
            }
        }
        interrupt::flow()
    }
}

/// The counts of one stage.
struct Stage {
    name: &'static str,
    /// Tokens written by each request, and whether it is finished.
    requests: Vec<(usize, bool)>,
    /// The most tokens that one request can write, on average.
    cap: usize,
    prefill: Option<(usize, usize)>,
    /// When the first token came.
    decoding_since: Option<Instant>,
}

impl Stage {
    fn new(name: &'static str, requests: usize, max_tokens: usize) -> Self {
        let cap = max_tokens.checked_div(requests).unwrap_or_default();
        Self { name, requests: vec![(0, false); requests], cap, prefill: None, decoding_since: None }
    }

    fn on(&mut self, event: Event<'_>, now: Instant) {
        match event {
            Event::Prefill { done, total } => self.prefill = Some((done, total)),
            Event::Text { request, tokens, .. } => {
                self.decoding_since.get_or_insert(now);
                if let Some(r) = self.requests.get_mut(request) {
                    r.0 = tokens;
                }
            }
            Event::Finished { request } => {
                if let Some(r) = self.requests.get_mut(request) {
                    r.1 = true;
                }
            }
        }
    }

    /// What is shown: while the article is read, how much of it is; then tokens, speed and time left.
    fn line(&self, now: Instant) -> String {
        let name = self.name;
        let Some(since) = self.decoding_since else {
            return match self.prefill {
                Some((done, total)) => format!("{name}: read {done} of {total} tokens"),
                None => name.to_owned(),
            };
        };
        let tokens: usize = self.requests.iter().map(|r| r.0).sum();
        let seconds = now.saturating_duration_since(since).as_secs_f64();
        // The first tokens come all at once and say nothing about the speed.
        if seconds < 0.5 || tokens == 0 {
            return format!("{name}: {tokens} tokens");
        }
        let speed = tokens as f64 / seconds;
        let left: usize = self.requests.iter().filter(|r| !r.1).map(|r| self.cap.saturating_sub(r.0)).sum();
        let left = indicatif::HumanDuration(Duration::from_secs((left as f64 / speed).ceil() as u64));
        format!("{name}: {tokens} tokens, {speed:.1} tokens/s, at most {left} left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_tokens_speed_and_what_can_be_left() {
        let start = Instant::now();
        let mut stage = Stage::new("write", 2, 200);
        assert_eq!(stage.line(start), "write");
        stage.on(Event::Prefill { done: 5, total: 9 }, start);
        assert_eq!(stage.line(start), "write: read 5 of 9 tokens");
        stage.on(Event::Text { request: 0, text: "", tokens: 1 }, start);
        assert_eq!(stage.line(start), "write: 1 tokens");
        stage.on(Event::Text { request: 0, text: "", tokens: 60 }, start);
        stage.on(Event::Text { request: 1, text: "", tokens: 40 }, start);
        let later = start + Duration::from_secs(10);
        assert_eq!(stage.line(later), "write: 100 tokens, 10.0 tokens/s, at most 10 seconds left");
        stage.on(Event::Finished { request: 1 }, later);
        assert_eq!(stage.line(later), "write: 100 tokens, 10.0 tokens/s, at most 4 seconds left");
    }

    #[test]
    fn events_of_requests_that_are_not_there_do_no_harm() {
        let mut stage = Stage::new("write", 0, 0);
        stage.on(Event::Text { request: 7, text: "", tokens: 1 }, Instant::now());
        stage.on(Event::Finished { request: 7 }, Instant::now());
        assert_eq!(stage.line(Instant::now()), "write: 0 tokens");
    }
}

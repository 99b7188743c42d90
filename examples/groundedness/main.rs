//! How the weights of `metrics::grounded` are found: a language model is asked about sentences and answers that people
//! judged, and logistic regressions are fitted to what it says and to the features of the text.
//!
//! ```text
//! cargo run --release --example groundedness -- ask sentences MODEL.gguf judgments.jsonl SAID.jsonl SECONDS
//! cargo run --release --example groundedness -- ask answers   MODEL.gguf xquad.jsonl     SAID.jsonl SECONDS
//! cargo run --release --example groundedness -- fit sentences judgments.jsonl SAID.jsonl
//! cargo run --release --example groundedness -- fit answers   xquad.jsonl     SAID.jsonl
//! ```
//!
//! Asking takes long, so it stops after so many seconds and goes on where it stopped when it is called again; `SAID.jsonl`
//! keeps the raw numbers. Fitting takes seconds.

mod answers;
mod ask;
mod fit;
mod sentences;

use std::error::Error;
use std::path::Path;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str =
    "ask sentences|answers MODEL.gguf DATA.jsonl SAID.jsonl SECONDS, or fit sentences|answers DATA.jsonl SAID.jsonl";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["ask", what, model, data, said, seconds] => {
            let mut asking = ask::Asking::new(Path::new(model), Path::new(said), seconds.parse()?)?;
            match what {
                "sentences" => sentences::ask(&mut asking, Path::new(data)),
                "answers" => answers::ask(&mut asking, Path::new(data)),
                _ => Err(USAGE.into()),
            }
        }
        ["fit", "sentences", data, said] => sentences::fit(Path::new(data), Path::new(said)),
        ["fit", "answers", data, said] => answers::fit(Path::new(data), Path::new(said)),
        _ => Err(USAGE.into()),
    }
}

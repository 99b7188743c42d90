//! Fits the probe of a model (`faqtory::engine::Probe`) to graded answers.
//!
//! `cargo run --release --example probe -- states MODEL.gguf LAYER GRADED.jsonl STATES.safetensors DOCUMENTS…` runs the model over
//! the documents, which `GRADED.jsonl` names (`{"document": id, "question": …, "answer": …, "grade": 0 to 2}` a line), with the
//! task of the pipeline, and keeps the states behind each answer.
//!
//! `cargo run --release --example probe -- fit STATES.safetensors… PROBE.safetensors` fits a ridge regression to them, and prints how
//! well it tells good answers from bad ones of stories that it was not fitted to.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{DType, Device, Tensor, safetensors};
use faqtory::content::SummaryLength;
use faqtory::engine::candle::{CandleEngine, LoadOptions};
use faqtory::engine::{Continuation, Prompt};
use faqtory::eval::dataset;
use faqtory::prompt::{Ask, PromptLibrary, Reading, Style};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What a ridge regression takes off its weights, in units of the mean square of the states.
const PENALTY: f64 = 1.0;
/// Parts that the stories are cut into, each of which is left out once.
const FOLDS: usize = 10;

#[derive(serde::Deserialize)]
struct Graded {
    document: String,
    /// None for a sentence of a summary.
    question: Option<String>,
    answer: String,
    grade: f32,
}

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["states", model, layer, graded, out, documents @ ..] => states(model, layer.parse()?, graded, out, documents),
        ["fit", files @ .., out] if !files.is_empty() => fit(files, out),
        _ => Err("see the first lines of this file".into()),
    }
}

fn states(model: &str, layer: usize, graded: &str, out: &str, documents: &[&str]) -> Outcome<()> {
    let mut known = HashMap::new();
    for path in documents {
        let found = dataset::read(Path::new(path), &faqtory::loader::LoadOptions::default())?;
        known.extend(found.into_iter().map(|document| (document.id.clone(), document)));
    }
    let mut by_document: BTreeMap<String, Vec<Graded>> = BTreeMap::new();
    for line in std::io::BufReader::new(std::fs::File::open(graded)?).lines() {
        let graded: Graded = serde_json::from_str(&line?)?;
        by_document.entry(graded.document.clone()).or_default().push(graded);
    }
    let mut engine = CandleEngine::load(Path::new(model), "model", None, &LoadOptions::default())?;
    let prompts = PromptLibrary::builtin();
    let mut stories: HashMap<String, u32> = HashMap::new();
    let (mut mean, mut last, mut grades, mut story) =
        (Vec::<f32>::new(), Vec::<f32>::new(), Vec::<f32>::new(), Vec::<u32>::new());
    for (id, graded) in &by_document {
        let article = &known.get(id).ok_or_else(|| format!("there is no document `{id}`"))?.article;
        let (body, language) = (article.body_markdown(), article.language);
        let ask = |graded: &Graded| -> Outcome<Continuation> {
            let ask = match &graded.question {
                Some(question) => Ask::Answer { question, may_refuse: false },
                None => Ask::Summary { length: SummaryLength::Medium },
            };
            let reading = Reading { body: &body, language, style: &Style::default() };
            let prompt = Prompt::Chat(prompts.messages(ask, language, reading)?);
            Ok(Continuation { prompt, text: graded.answer.clone() })
        };
        let asked = graded.iter().map(ask).collect::<Outcome<Vec<_>>>()?;
        let next = stories.len() as u32;
        let number = *stories.entry(story_of(id).to_owned()).or_insert(next);
        for (states, graded) in engine.states(layer, &asked, &mut |_| ControlFlow::Continue(()))?.iter().zip(graded) {
            mean.extend(&states.mean);
            last.extend(&states.last);
            grades.push(graded.grade);
            story.push(number);
        }
        eprintln!("{id}: {}", graded.len());
    }
    let rows = grades.len();
    let (device, hidden) = (&Device::Cpu, mean.len() / rows.max(1));
    let tensors = HashMap::from([
        ("mean", Tensor::from_vec(mean, (rows, hidden), device)?),
        ("last", Tensor::from_vec(last, (rows, hidden), device)?),
        ("grade", Tensor::from_vec(grades, rows, device)?),
        ("story", Tensor::from_vec(story, rows, device)?),
        ("layer", Tensor::new(&[layer as u32], device)?),
    ]);
    Ok(safetensors::save(&tensors, out)?)
}

/// What the id of a document has in common with those of the same story in other languages: `ferry` of `en/ferry` and `ferry.es`.
fn story_of(id: &str) -> &str {
    let behind = id.rsplit('/').next().unwrap_or(id);
    behind.split('.').next().unwrap_or(behind)
}

/// Graded texts with their states: rows of the mean state, then the last one.
#[derive(Default)]
struct Data {
    states: Vec<Vec<f64>>,
    grades: Vec<f64>,
    /// Which story each is about; texts of different files are about different ones.
    stories: Vec<(usize, u32)>,
    layer: Option<u32>,
}

fn fit(files: &[&str], out: &str) -> Outcome<()> {
    let mut data = Data::default();
    for (number, file) in files.iter().enumerate() {
        let tensors = safetensors::load(file, &Device::Cpu)?;
        let tensor = |name: &str| tensors.get(name).ok_or_else(|| format!("`{file}` has no `{name}`"));
        let rows = Tensor::cat(&[tensor("mean")?, tensor("last")?], 1)?.to_dtype(DType::F64)?.to_vec2()?;
        data.states.extend(rows);
        data.grades.extend(tensor("grade")?.to_dtype(DType::F64)?.to_vec1::<f64>()?);
        data.stories.extend(tensor("story")?.to_vec1::<u32>()?.into_iter().map(|story| (number, story)));
        let layer = tensor("layer")?.to_vec1::<u32>()?.first().copied();
        let width = data.states.first().map_or(0, Vec::len);
        if data.layer.is_some_and(|known| Some(known) != layer) || data.states.iter().any(|s| s.len() != width) {
            return Err(format!("`{file}` has the states of another layer or model than those before it").into());
        }
        data.layer = layer;
    }
    let layer = data.layer.filter(|_| !data.grades.is_empty()).ok_or("there are no states")?;
    let everything: Vec<usize> = (0..data.grades.len()).collect();
    let mut stories = data.stories.clone();
    stories.sort_unstable();
    stories.dedup();
    let fold = |row: usize| stories.iter().position(|s| *s == data.stories[row]).unwrap_or(0) % FOLDS;
    let mut read = vec![0.0; everything.len()];
    for left_out in 0..FOLDS {
        let (test, train): (Vec<usize>, Vec<usize>) = everything.iter().partition(|row| fold(**row) == left_out);
        let line = ridge(&data, &train)?;
        test.iter().for_each(|row| read[*row] = line.read(&data.states[*row]));
    }
    println!("{} texts of {} stories, layer {layer}", everything.len(), stories.len());
    for (name, least) in [("2", 1.5), ("1 or 2", 0.5)] {
        let (good, bad): (Vec<usize>, Vec<usize>) = everything.iter().partition(|row| data.grades[**row] > least);
        println!("area under the curve for a grade of {name}: {:.3}", area(&read, &good, &bad));
    }
    let line = ridge(&data, &everything)?;
    let hidden = line.weights.len() / 2;
    let tensor = |numbers: &[f64]| Tensor::new(numbers, &Device::Cpu)?.to_dtype(DType::F32);
    let tensors = HashMap::from([
        ("mean", tensor(&line.weights[..hidden])?),
        ("last", tensor(&line.weights[hidden..])?),
        ("bias", tensor(&[line.bias])?),
        ("layer", Tensor::new(&[layer], &Device::Cpu)?),
    ]);
    Ok(safetensors::save(&tensors, out)?)
}

struct Line {
    weights: Vec<f64>,
    bias: f64,
}

impl Line {
    fn read(&self, state: &[f64]) -> f64 {
        dot(&self.weights, state) + self.bias
    }
}

/// Ridge regression over standardized states, in its dual form, because there are fewer texts than numbers in a state.
fn ridge(data: &Data, rows: &[usize]) -> Outcome<Line> {
    let size = data.states[0].len();
    let count = rows.len() as f64;
    let mean_of = |of: &dyn Fn(&[f64], usize) -> f64| -> Vec<f64> {
        (0..size).map(|i| rows.iter().map(|row| of(&data.states[*row], i)).sum::<f64>() / count).collect()
    };
    let centre = mean_of(&|state, i| state[i]);
    let spread: Vec<f64> =
        mean_of(&|state, i| (state[i] - centre[i]).powi(2)).iter().map(|v| v.sqrt() + 1e-6).collect();
    let standard = |row: &usize| -> Vec<f64> {
        data.states[*row].iter().zip(&centre).zip(&spread).map(|((x, centre), spread)| (x - centre) / spread).collect()
    };
    let states: Vec<Vec<f64>> = rows.iter().map(standard).collect();
    let grade = rows.iter().map(|row| data.grades[*row]).sum::<f64>() / count;
    let mut kernel: Vec<Vec<f64>> =
        states.iter().map(|a| states.iter().map(|b| dot(a, b) / size as f64).collect()).collect();
    (0..rows.len()).for_each(|i| kernel[i][i] += PENALTY);
    let shares = solve(&kernel, &rows.iter().map(|row| data.grades[*row] - grade).collect::<Vec<_>>())?;
    let weight = |i: usize| states.iter().zip(&shares).map(|(s, share)| s[i] * share).sum::<f64>() / size as f64;
    let weights: Vec<f64> = (0..size).map(|i| weight(i) / spread[i]).collect();
    Ok(Line { bias: grade - dot(&weights, &centre), weights })
}

/// Solves a symmetric positive definite system by conjugate gradients.
fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Outcome<Vec<f64>> {
    let mut x = vec![0.0; right.len()];
    let mut residual = right.to_vec();
    let mut direction = residual.clone();
    for _ in 0..1000 {
        let before = dot(&residual, &residual);
        if before <= 1e-16 * dot(right, right) {
            return Ok(x);
        }
        let image: Vec<f64> = matrix.iter().map(|row| dot(row, &direction)).collect();
        let step = before / dot(&direction, &image);
        x.iter_mut().zip(&direction).for_each(|(x, d)| *x += step * d);
        residual.iter_mut().zip(&image).for_each(|(r, i)| *r -= step * i);
        let ratio = dot(&residual, &residual) / before;
        direction.iter_mut().zip(&residual).for_each(|(d, r)| *d = r + ratio * *d);
    }
    Err("the regression does not converge".into())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// How often a good text is read as better than a bad one.
fn area(read: &[f64], good: &[usize], bad: &[usize]) -> f64 {
    let better = |a: f64, b: f64| if a == b { 0.5 } else { f64::from(u8::from(a > b)) };
    let wins: f64 = good.iter().flat_map(|g| bad.iter().map(|b| better(read[*g], read[*b]))).sum();
    wins / (good.len() * bad.len()) as f64
}

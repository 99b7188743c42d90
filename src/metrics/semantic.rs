//! Closeness of meaning, on the vectors that an encoder makes of texts and of their tokens.
//!
//! The vectors come from outside, so that nothing here knows a model. Cosines of an encoder are not shares: those of
//! multilingual-e5-small lie between about 0.7 and 1 for any two texts, so only their order and differences say something.

use super::{Score, mean};

/// The cosine of the angle between two vectors: `a·b / (|a||b|)`, from −1 to 1; 0 if one of them has no length or they
/// are not equally long.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() {
        return 0.0;
    }
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { (dot(a, b) / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

/// BERTScore of a candidate's tokens against a reference's, from vectors of length 1.
///
/// Zhang et al., "BERTScore: Evaluating Text Generation with BERT" (2020), equation 2: each token is matched with the
/// most similar one of the other text (greedily, so one token may serve several). Precision is the mean of these cosines
/// over the candidate's tokens, recall over the reference's. Tokens are not weighted by idf and scores not rescaled by a
/// baseline, which are the paper's options, not its default. Special tokens and the prefixes of roles are
/// expected to be left out by whoever made the vectors, as [`Encoder::embed_tokens`] does; the published code weights
/// them with 1 or, with idf, 0. A text without tokens gives 0. Time is the product of the lengths; no length is cut.
///
/// [`Encoder::embed_tokens`]: crate::engine::encoder::Encoder::embed_tokens
pub fn bert_score(candidate: &[Vec<f32>], reference: &[Vec<f32>]) -> Score {
    if candidate.is_empty() || reference.is_empty() {
        return Score::default();
    }
    let mut of_reference = vec![f64::NEG_INFINITY; reference.len()];
    let mut of_candidate = Vec::with_capacity(candidate.len());
    for token in candidate {
        let mut best = f64::NEG_INFINITY;
        for (other, best_of_other) in reference.iter().zip(&mut of_reference) {
            let similarity = dot(token, other);
            best = best.max(similarity);
            *best_of_other = best_of_other.max(similarity);
        }
        of_candidate.push(best);
    }
    // Negative means are no precision or recall; encoders do not give them for real tokens.
    let mean = |best: Vec<f64>| mean(best).clamp(0.0, 1.0);
    Score::new(mean(of_candidate), mean(of_reference))
}

/// The cosine of the best match of each token of the candidate among those of the source; empty without a source.
pub fn best_matches(candidate: &[Vec<f32>], source: &[Vec<f32>]) -> Vec<f64> {
    if source.is_empty() {
        return Vec::new();
    }
    let best = |token: &Vec<f32>| source.iter().map(|other| dot(token, other)).fold(f64::NEG_INFINITY, f64::max);
    candidate.iter().map(best).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    // Eight sums run side by side in the registers; a single one would have to be added in order.
    let (a, b) = (&a[..a.len().min(b.len())], &b[..a.len().min(b.len())]);
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
    let mut sums = [0.0f32; 8];
    for (x, y) in a8.zip(b8) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().map(|sum| f64::from(*sum)).sum::<f64>() + f64::from(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_is_of_the_angle_alone() {
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 3.0]), 0.0);
        assert!((cosine(&[2.0, 2.0], &[0.5, 0.5]) - 1.0).abs() < 1e-9);
        assert!((cosine(&[1.0, 0.0], &[-4.0, 0.0]) + 1.0).abs() < 1e-9);
        assert_eq!((cosine(&[0.0], &[1.0]), cosine(&[], &[]), cosine(&[1.0], &[1.0, 0.0])), (0.0, 0.0, 0.0));
        let long: Vec<f32> = (0..19).map(|i| i as f32).collect();
        assert_eq!(dot(&long, &long), 2109.0, "all of a length that is no multiple of eight");
    }

    #[test]
    fn tokens_are_matched_greedily() {
        let (x, y, between) = (vec![1.0, 0.0], vec![0.0, 1.0], vec![0.6, 0.8]);
        // Both tokens of the candidate are closest to the same one of the reference.
        let score = bert_score(&[y.clone(), between.clone()], &[x.clone(), y.clone()]);
        assert!((score.precision - (1.0 + 0.8) / 2.0).abs() < 1e-6, "{score:?}");
        assert!((score.recall - (0.6 + 1.0) / 2.0).abs() < 1e-6, "{score:?}");
        assert!((score.f1 - 2.0 * 0.9 * 0.8 / 1.7).abs() < 1e-6, "{score:?}");
        let matches = best_matches(&[y.clone(), between.clone()], &[x.clone(), y.clone()]);
        assert!((matches[0] - 1.0).abs() < 1e-6 && (matches[1] - 0.8).abs() < 1e-6, "{matches:?}");
        let same = bert_score(&[x.clone(), y.clone()], &[y.clone(), x.clone()]);
        assert_eq!((same.precision, same.recall), (1.0, 1.0), "order does not count");
        assert_eq!(bert_score(&[], std::slice::from_ref(&x)), Score::default());
        assert_eq!(bert_score(std::slice::from_ref(&x), &[]), Score::default());
        assert!(best_matches(&[x], &[]).is_empty());
        assert_eq!(bert_score(&[vec![1.0]], &[vec![-1.0]]), Score::default());
    }
}

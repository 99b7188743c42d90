"""Writes golden.json: scores of our own texts by the reference packages, which `cargo test metrics` compares with ours.

Run it from this folder with `rouge-score`, `sacrebleu`, `scipy` and `scikit-learn` installed:
`python golden.py > golden.json`. The texts are the fixtures' references and a few edge cases written here.
"""

import json
import random
from importlib.metadata import version
from pathlib import Path

from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU, CHRF
from scipy.stats import kendalltau, pearsonr, spearmanr
from sklearn.metrics import roc_auc_score

EDGES = [
    ("en", "", ""),
    ("en", "Something.", ""),
    ("en", "", "Something."),
    ("en", "...", "¿?"),
    ("en", "word", "word"),
    ("en", "The flies died; the skies were dying.", "Spied flies die under a lying sky."),
    ("en", "It cost $1,100.50 (about 2.5%) - or so.", "It cost 1,100.50 dollars, about 2.5 %"),
    ("en", "He said &quot;no&quot; &amp; left <skipped>.", 'He said "no" & left.'),
    ("en", "A pre-\nelection poll of 2019-2020.", "A pre-election poll of 2019 - 2020."),
    ("en", "First line.\nSecond line here.\n\nThird one.", "Third one.\nThe first line.\nA second line."),
    ("en", "a a a a b b", "a b a b a a a"),
    ("en", "tabs\tand\u00a0spaces\u2003too ", " tabs and spaces too"),
    ("es", "¿Cuándo abrirá según él la estación más próxima?", "¿Según quién abrirá más tarde la estación próxima?"),
    ("es", "«La obra —dijo— costó 1.100.000 €».", "“La obra” costó 1,1 millones de €…"),
    ("es", "El pingüino averiguó el año.", "EL PINGÜINO AVERIGUÓ EL AÑO."),
    ("es", "Cafe\u0301 y te\u0301", "Café y té"),
]


def fixture_pairs():
    for path in sorted(Path("../../fixtures").glob("*/*/reference.json")):
        reference = json.loads(path.read_text(encoding="utf-8"))
        language = reference["language"]
        summaries = reference["summaries"][language]
        yield language, summaries["long"], summaries["medium"]
        yield language, summaries["medium"], "\n".join(summaries["bullets"])
        entries = reference["faq"][language]
        for one, other in zip(entries, entries[1:]):
            yield language, one["answer"], other["question"] + " " + other["answer"]


def scores(reference, candidate):
    result = {}
    for name, stem in [("plain", False), ("stemmed", True)]:
        scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=stem)
        found = scorer.score(reference, candidate)
        result[name] = {kind: [score.precision, score.recall, score.fmeasure] for kind, score in found.items()}
    result["bleu"] = {
        f"{tokenizer}/{'yes' if effective else 'no'}": BLEU(tokenize=tokenizer, effective_order=effective)
        .sentence_score(candidate, [reference])
        .score
        for tokenizer in ["none", "13a", "intl"]
        for effective in [False, True]
    }
    result["chrf"] = [CHRF(word_order=order).sentence_score(candidate, [reference]).score for order in (0, 2)]
    return result


def corpora(pairs):
    for language in ["en", "es"]:
        chosen = [pair for pair in pairs if pair[0] == language]
        candidates = [candidate for _, _, candidate in chosen]
        references = [[reference for _, reference, _ in chosen]]
        references.append(references[0][1:] + references[0][:1])
        yield {
            "language": language,
            "bleu": {t: BLEU(tokenize=t).corpus_score(candidates, references).score for t in ["none", "13a", "intl"]},
            "bleu_lowercase": BLEU(lowercase=True).corpus_score(candidates, references).score,
            "chrf": [CHRF(word_order=order).corpus_score(candidates, references).score for order in (0, 2)],
        }


def lists():
    random.seed(1)
    for length, values in [(5, 3), (20, 4), (40, 1000), (60, 7)]:
        x = [random.randrange(values) / 7 for _ in range(length)]
        y = [value if random.random() < 0.5 else random.randrange(values) / 3 for value in x]
        positive = [index % 3 == 0 for index in range(length)]
        yield {
            "x": x,
            "y": y,
            "positive": positive,
            "kendall": kendalltau(x, y).statistic,
            "spearman": spearmanr(x, y).statistic,
            "pearson": pearsonr(x, y).statistic,
            "auc": roc_auc_score(positive, x),
        }


def dump(value):
    return json.dumps(value, ensure_ascii=False)


def main():
    pairs = EDGES + list(fixture_pairs())
    golden = {
        "versions": {name: version(name) for name in ["rouge-score", "nltk", "sacrebleu", "scipy", "scikit-learn"]},
        "pairs": [
            {"language": language, "reference": reference, "candidate": candidate, **scores(reference, candidate)}
            for language, reference, candidate in pairs
        ],
        "corpora": list(corpora(pairs)),
        "lists": list(lists()),
    }
    # One pair a line, so that a change is seen as one.
    lines = [
        f'"{key}": [\n' + ",\n".join(map(dump, value)) + "\n]" if isinstance(value, list) else f'"{key}": {dump(value)}'
        for key, value in golden.items()
    ]
    print("{\n" + ",\n".join(lines) + "\n}")


main()

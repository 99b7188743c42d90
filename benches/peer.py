#!/usr/bin/env python3
"""faqtory beside llama.cpp: the same GGUF file, the same machine, in turns.

    cargo build --release
    python3 benches/peer.py                                  # the default model, a Markdown table
    python3 benches/peer.py --model smollm2-135m-instruct --only speed
    python3 benches/peer.py --article my.txt --lang es --json > peer.json

Two things are measured. The speed of the engines: tokens a second of reading a prompt of 512 and of 2048 tokens, and
of writing one text behind 1024 tokens. And the whole job: an article in, a summary and four pairs of question and
answer out; by `faqtory generate`, and by llama.cpp as a person would do it at first, with one plain prompt for the
summary and one for the FAQ block, whose form a JSON schema holds.

The two take turns, round after round, so that a machine that grows slower on the way harms both; medians are compared.
A measurement during which other programs took more than a twentieth of the processor is made again, and said if none was
better (on Linux, which tells).
On a processor neither setting of flash attention wins everywhere: llama.cpp counts with the better one for each number.

llama.cpp must be built for this very processor, or the comparison is not fair (a prebuilt package is about half as fast):

    CMAKE_ARGS="-DGGML_NATIVE=ON" python3 -m pip install --no-binary llama-cpp-python llama-cpp-python
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSTALL = 'CMAKE_ARGS="-DGGML_NATIVE=ON" python3 -m pip install --no-binary llama-cpp-python llama-cpp-python'
PREFILL = (512, 2048)
CONTEXT, WRITTEN = 1024, 32
PAIRS = 4
LANGUAGES = {"en": "English", "es": "Spanish"}


# llama.cpp: each measurement in a process of its own, which leaves no memory and no threads behind.


def llama(model, context, threads, flash):
    import llama_cpp

    return llama_cpp.Llama(
        model, n_ctx=context, n_batch=512, n_threads=threads, n_threads_batch=threads, flash_attn=flash, verbose=False
    )


def llama_speed(model, threads, flash):
    """Tokens a second, by name. Through the C interface: what Python does for each token would hide a small model's speed."""
    import llama_cpp

    engine = llama(model, max(*PREFILL, CONTEXT) + WRITTEN, threads, flash)
    context, vocabulary = engine._ctx.ctx, engine.n_vocab()
    ids = [1000 + (i * 7919) % (vocabulary - 2000) for i in range(max(*PREFILL, CONTEXT) + WRITTEN)]

    def compute(tokens):
        array = (llama_cpp.llama_token * len(tokens))(*tokens)  # the batch points to it and does not keep it
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) != 0:
            raise RuntimeError("llama.cpp could not compute the tokens")
        llama_cpp.llama_synchronize(context)

    def read(count):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
        started = time.perf_counter()
        for start in range(0, count, 512):
            compute(ids[start : min(start + 512, count)])
        return time.perf_counter() - started

    read(PREFILL[0])  # warms up
    found = {f"prefill {count}": count / read(count) for count in PREFILL}
    read(CONTEXT)
    started = time.perf_counter()
    for token in ids[CONTEXT : CONTEXT + WRITTEN]:
        compute([token])
    found[f"decode 1 at {CONTEXT}"] = WRITTEN / (time.perf_counter() - started)
    return found


def llama_job(model, threads, flash, article, lang):
    """Seconds and tokens of the whole job, and what it wrote."""
    started = time.perf_counter()
    engine = llama(model, 12288, threads, flash)
    loaded = time.perf_counter() - started
    pair = {
        "type": "object",
        "properties": {"question": {"type": "string"}, "answer": {"type": "string"}},
        "required": ["question", "answer"],
    }
    schema = {"type": "array", "items": pair, "minItems": PAIRS, "maxItems": PAIRS}
    tasks = [
        (f"Write a summary of this article in {LANGUAGES[lang]}, in three sentences.", {"max_tokens": 220}),
        (
            f"Write {PAIRS} questions that readers have about this article, each with an answer of two or three sentences,"
            f" in {LANGUAGES[lang]}. Reply in JSON.",
            {"max_tokens": 900, "response_format": {"type": "json_object", "schema": schema}},
        ),
    ]
    texts, tokens = [], 0
    for task, options in tasks:
        # The article comes first, so that llama.cpp finds it computed when the second task comes.
        messages = [{"role": "user", "content": f"{article}\n\n{task}"}]
        reply = engine.create_chat_completion(messages, temperature=0.0, **options)
        texts.append(reply["choices"][0]["message"]["content"])
        tokens += reply["usage"]["completion_tokens"]
    try:
        pairs = len(json.loads(texts[1]))
    except ValueError:
        pairs = 0
    wall = time.perf_counter() - started
    return {"seconds": wall, "load_seconds": loaded, "tokens": tokens, "pairs": pairs, "texts": texts}


def in_child(what, **arguments):
    """What a function of this file gives in another process."""
    request = json.dumps({"what": what, "arguments": arguments})
    done = subprocess.run([sys.executable, __file__, "--child"], input=request, capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"llama.cpp could not be measured:\n{done.stderr.strip()}")
    return json.loads(done.stdout.splitlines()[-1])


def child():
    request = json.load(sys.stdin)
    functions = {"speed": llama_speed, "job": llama_job}
    print(json.dumps(functions[request["what"]](**request["arguments"])))


# faqtory: the program itself.


class Faqtory:
    def __init__(self, program, model, threads):
        self.program, self.options = str(program), ["--model", model, "--threads", str(threads), "--offline"]
        self.model = model

    def run(self, *arguments):
        try:
            return subprocess.run([self.program, *arguments], capture_output=True, text=True)
        except OSError as error:
            fail(f"{self.program} does not run ({error.strerror}); build it with `cargo build --release`, or give `--faqtory`")

    def output(self, *arguments):
        done = self.run(*arguments)
        if done.returncode != 0:
            fail(f"`faqtory {' '.join(arguments)}` failed:\n{done.stderr.strip()}")
        return done.stdout

    def path(self):
        return self.model if self.model.endswith(".gguf") else self.output("models", "path", self.model).strip()

    def speed(self):
        report = json.loads(
            self.output("bench", "speed", "--json", "--runs", "1", "--only", "prefill", "--only", "decode", *self.options)
        )
        measured = report["prefill"] + report["decode"]
        return {row["name"]: row["tokens_per_second"]["median"] for row in measured}

    def job(self, article, lang):
        """The same of `faqtory generate`, or None if it does not know these languages."""
        arguments = ["generate", str(article), "--lang", lang, "-n", str(PAIRS), "-f", "json", *self.options]
        started = time.perf_counter()
        done = self.run(*arguments)
        wall = time.perf_counter() - started
        if done.returncode == 2 and "," in lang:
            return None
        if not done.stdout:
            fail(f"`faqtory {' '.join(arguments)}` failed:\n{done.stderr.strip()}")
        # Several languages are several values, one behind the other.
        outputs, rest = [], done.stdout.strip()
        while rest:
            output, end = json.JSONDecoder().raw_decode(rest)
            outputs.append(output)
            rest = rest[end:].strip()
        work = sum(output["usage"]["seconds"]["total"] for output in outputs)
        return {
            "seconds": wall,
            "load_seconds": max(0.0, wall - work),
            "tokens": sum(output["usage"]["tokens"]["generated"] for output in outputs),
            "pairs": sum(len((output.get("faq") or {}).get("entries", [])) for output in outputs),
        }

    def article(self, path, folder):
        """The article as plain text, without what the page has around it: both are given the same."""
        shown = json.loads(self.output("inspect", str(path), "-f", "json", "--offline"))["article"]
        text = shown["text"].encode("utf-8")
        cut = lambda span: text[span["start"] : span["end"]].decode("utf-8")
        parts = [shown["title"], shown["deck"]]
        for section in shown["sections"]:
            parts += [section["heading"] and cut(section["heading"]["span"]), *(cut(p["span"]) for p in section["passages"])]
        file = Path(folder) / "article.txt"
        file.write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")
        return file


# The comparison.


def processor_seconds():
    """Seconds of processor time that all programs took since the start, and that this one and its children took."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    except OSError:
        return 0.0, 0.0
    # user, nice, system, idle, iowait, irq, softirq, steal
    all_programs = sum(fields[:3] + fields[5:8]) / os.sysconf("SC_CLK_TCK")
    return all_programs, sum(os.times()[:4])


def undisturbed(measure, tries=4):
    """What `measure` gives while nothing else runs; of several tries, the one that was disturbed least."""
    best = None
    for _ in range(tries):
        started, before = time.perf_counter(), processor_seconds()
        found = measure()
        took = time.perf_counter() - started
        everything, own = (after - before for after, before in zip(processor_seconds(), before))
        others = max(0.0, everything - own) / (took * os.cpu_count())
        if best is None or others < best[0]:
            best = (others, found)
        if best[0] <= 0.05:
            return best[1]
        say(f"  other programs took {others:.0%} of the processor meanwhile")
    say(f"  kept, although other programs took {best[0]:.0%}")
    return best[1]


def compare_speed(faqtory, path, threads, rounds):
    ours, theirs = {}, {False: {}, True: {}}
    for number in range(1, rounds + 1):
        say(f"speed, round {number} of {rounds}: faqtory")
        collect(ours, undisturbed(faqtory.speed))
        for flash in (False, True):
            say(f"speed, round {number} of {rounds}: llama.cpp, flash attention {'on' if flash else 'off'}")
            collect(theirs[flash], undisturbed(lambda: in_child("speed", model=path, threads=threads, flash=flash)))
    rows = []
    for name, values in ours.items():
        flash = max((False, True), key=lambda setting: statistics.median(theirs[setting][name]))
        rows.append(row(name, "tokens/s", values, theirs[flash][name], f"flash attention {'on' if flash else 'off'}"))
    return rows


def compare_job(faqtory, path, threads, rounds, article, lang, flash):
    text = article.read_text(encoding="utf-8")
    ours, theirs, both = {}, {}, {}
    for number in range(1, rounds + 1):
        say(f"the job, round {number} of {rounds}: faqtory")
        collect(ours, undisturbed(lambda: faqtory.job(article, lang)))
        say(f"the job, round {number} of {rounds}: llama.cpp")
        job = {"model": path, "threads": threads, "flash": flash, "article": text, "lang": lang}
        reply = undisturbed(lambda: in_child("job", **job))
        reply.pop("texts")
        collect(theirs, reply)
        two = undisturbed(lambda: faqtory.job(article, ",".join(LANGUAGES)))
        if two is None:
            if number == 1:
                say("two languages in one call: left out, this faqtory writes one language a call")
        else:
            collect(both, two)
    for values in (ours, theirs, both):
        if values:
            values["work_seconds"] = [all - load for all, load in zip(values["seconds"], values["load_seconds"])]
            values["seconds_per_token"] = [work / max(1, n) for work, n in zip(values["work_seconds"], values["tokens"])]
    rows = [
        row(f"summary and {PAIRS} pairs", "seconds", ours["seconds"], theirs["seconds"], "whole process"),
        row("  without loading", "seconds", ours["work_seconds"], theirs["work_seconds"], ""),
        row("  for each token written", "seconds", ours["seconds_per_token"], theirs["seconds_per_token"], "without loading"),
        row("  tokens written", "", ours["tokens"], theirs["tokens"], ""),
        row("  pairs that are there", "", ours["pairs"], theirs["pairs"], ""),
    ]
    if both:
        ratio = statistics.median(both["work_seconds"]) / statistics.median(ours["work_seconds"])
        rows.append(row("both languages in one call", "seconds", both["work_seconds"], [], f"{ratio:.2f} times one language"))
    return rows


def collect(into, values):
    for name, value in values.items():
        into.setdefault(name, []).append(value)


def row(name, unit, ours, theirs, remark):
    return {"name": name, "unit": unit, "faqtory": spread(ours), "llama.cpp": spread(theirs), "remark": remark}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)} if values else None


def ratio(line):
    """How many times better faqtory is; None where neither number is better than the other."""
    ours, theirs = line["faqtory"], line["llama.cpp"]
    if not line["unit"] or not ours or not theirs or not ours["median"] or not theirs["median"]:
        return None
    quotient = ours["median"] / theirs["median"]
    return quotient if line["unit"] == "tokens/s" else 1 / quotient


def table(result):
    show = lambda value: "" if value is None else f"{value['median']:.3g} ({value['min']:.3g} to {value['max']:.3g})"
    lines = [
        f"{result['model']}, {result['threads']} threads, rounds: {result['rounds']}, llama-cpp-python {result['peer']}",
        "",
        "| | | faqtory | llama.cpp | faqtory is better by | |",
        "|---|---|---|---|---|---|",
    ]
    for line in result["rows"]:
        times = "" if line["ratio"] is None else f"{line['ratio']:.2f} ×"
        cells = [line["name"].strip(), line["unit"], show(line["faqtory"]), show(line["llama.cpp"]), times, line["remark"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def say(text):
    print(text, file=sys.stderr, flush=True)


def fail(text):
    sys.exit(f"error: {text}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b-instruct", help="an id of `faqtory models list` or a GGUF file")
    parser.add_argument("--faqtory", default=ROOT / "target" / "release" / "faqtory", help="the program")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="processor threads of both")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--only", choices=("speed", "job"), help="leave out the other")
    parser.add_argument("--article", type=Path, default=ROOT / "fixtures" / "en" / "electric-ferry" / "article.txt")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="the language to write in")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main():
    if sys.argv[1:] == ["--child"]:
        return child()
    options = arguments()
    if options.threads < 1 or options.rounds < 1:
        fail("--threads and --rounds are 1 or more")
    try:
        from importlib.metadata import version

        peer = version("llama-cpp-python")
    except ImportError:
        fail(f"llama-cpp-python is not installed; this builds it for this processor, in some minutes:\n  {INSTALL}")
    faqtory = Faqtory(options.faqtory, options.model, options.threads)
    path = faqtory.path()
    rows = []
    if options.only != "job":
        rows += compare_speed(faqtory, path, options.threads, options.rounds)
    if options.only != "speed":
        import tempfile

        # The setting that reads an article of this size faster, as far as it is known.
        flash = any(line["name"] == "prefill 2048" and line["remark"].endswith("on") for line in rows)
        with tempfile.TemporaryDirectory() as folder:
            article = faqtory.article(options.article, folder)
            rows += compare_job(faqtory, path, options.threads, options.rounds, article, options.lang, flash)
    for line in rows:
        line["ratio"] = ratio(line)
    result = {"model": options.model, "threads": options.threads, "rounds": options.rounds, "peer": peer, "rows": rows}
    print(json.dumps(result, indent=2, ensure_ascii=False) if options.json else table(result))


if __name__ == "__main__":
    main()

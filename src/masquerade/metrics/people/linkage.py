"""Linkage: the share of released images whose original is found among all candidates at the first try."""

import torch
from scipy import stats
from torch import Tensor

from masquerade.errors import NotMeasurable
from masquerade.guesses import Guess, Ranking, Reconstruction
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import share_by_person, weights
from masquerade.metrics.correlation import unit
from masquerade.metrics.expecting import known
from masquerade.metrics.pairing import symmetries

_ROWS = 2048


def linkage(guess: Guess, truth: Truth) -> Score:
    """Rank-1 linkage, 0 to 1; the mean over people.

    A reconstruction is compared with the same n originals by normalised correlation, the mean of each image
    removed: brightness and contrast are the first things that an attack gets wrong and a viewer forgives, and
    squared distance is misled by both. A ranking is taken as it is. If k candidates tie at the top, the right
    one among them counts 1/k. Released images whose original is not among the candidates are not counted.

    Chance is 1/n (1/m for a ranking over m candidates). Where one of eight flips and turns is chosen after
    the fact, chance is what the best of so many blind guesses is expected to score.

    Raises:
        NotMeasurable: If the guess is neither, or the right candidates are not known.
    """
    match guess:
        case Reconstruction(images=images, up_to_symmetry=free):
            tried = list(symmetries(images)) if free else [images]
            hits = max((_hits(version, truth.originals) for version in tried), key=lambda h: float(h.sum()))
            clusters = truth.clusters
            chance = _best_blind(len(images), len(tried), clusters)
        case Ranking(similarity=similarity):
            rows = known(truth.candidate_rows, "candidate_rows", "linkage")
            present = rows >= 0
            hits, clusters = _top(similarity[present], rows[present]), truth.clusters[present]
            chance = 1 / similarity.shape[1]
        case _:
            raise NotMeasurable(
                "linkage measures reconstructions and rankings",
                value=type(guess).__name__,
                remedy="Choose a metric that fits the attack in the study file.",
            )
    return share_by_person("linkage", hits.numpy(), clusters, chance)


def _hits(images: Tensor, originals: Tensor) -> Tensor:
    right, found = unit(originals), unit(images)
    return torch.cat(
        [_top(found[rows] @ right.T, rows) for rows in torch.split(torch.arange(len(found)), _ROWS)]
    )


def _top(similarity: Tensor, rows: Tensor) -> Tensor:
    """For each row 1 if the right column is the largest, 1/k if k columns tie there, else 0."""
    top = similarity >= similarity.amax(1, keepdim=True)
    hit = top.gather(1, rows[:, None]).flatten().double()
    return hit / top.sum(1)


def _best_blind(n: int, tries: int, people: Tensor) -> float:
    """Expected largest share of ``tries`` blind guesses of n matchings; a mean over people has fewer trials."""
    if tries == 1:
        return 1 / n
    trials = max(1, round(1 / float((weights(people) ** 2).sum())))
    below = stats.binom.cdf(range(trials), trials, 1 / n)
    return float((1 - below**tries).sum()) / trials

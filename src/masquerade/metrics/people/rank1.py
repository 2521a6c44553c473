"""Rank-1 identification, leave-one-out: is the nearest other photo one of the same person?"""

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.errors import NotMeasurable
from masquerade.guesses import Guess, Ranking
from masquerade.metrics import intervals
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import share_by_person, weights
from masquerade.metrics.expecting import expect, known


def rank1(guess: Guess, truth: Truth) -> Score:
    """Share of released images whose nearest candidate, their own original left out, is of the same person.

    The mean over people. The identity leakage of XNN (equation 1 and section 5.2), with the owner's own photos
    as gallery. Images of people without another photo among the candidates are not counted. If k candidates tie
    at the top, those of the right person count 1/k each. Chance is the mean share of right candidates,
    (m - 1)/(N - 1) for m photos each.

    Raises:
        NotMeasurable: If the guess is no ranking, the right candidates are not known, or nobody has two photos.
    """
    similarity = expect(guess, Ranking, "rank1").similarity
    own = known(truth.candidate_rows, "candidate_rows", "rank1")
    people = known(truth.candidate_identities, "candidate_identities", "rank1")
    hits, chances, clusters = _hits(similarity, own, truth.identities, people)
    chance = float(chances @ torch.from_numpy(weights(clusters)))
    return share_by_person("rank1", hits.numpy(), clusters, chance)


def recognition(embeddings: Tensor, identities: Tensor, name: str = "rank1_utility") -> Score:
    """Leave-one-out rank-1 identification by cosine: the utility of a recogniser of people never trained on.

    Args:
        embeddings: Recognition vectors, ``(n, e)``.
        identities: Person of each, int64 ``(n,)``.
        name: What the score is called.

    Raises:
        NotMeasurable: If nobody has two photos.
    """
    unit = functional.normalize(embeddings.flatten(1).float(), dim=1)
    hits, chances, clusters = _hits(unit @ unit.T, torch.arange(len(unit)), identities, identities)
    low, high = intervals.share(hits.numpy(), clusters)
    people = intervals.distinct(clusters)
    return Score(name, float(hits.mean()), float(chances.mean()), low, high, len(hits), people)


def _hits(
    similarity: Tensor, own: Tensor, identities: Tensor, people: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Of images that can be found: whether they are, the share of right candidates, and the person."""
    right = identities[:, None] == people[None]
    present = (own >= 0).nonzero().flatten()
    right[present, own[present]] = False
    counted = right.any(1)
    if not bool(counted.any()):
        raise NotMeasurable(
            "rank-1 identification needs people with two photos or more",
            value=f"{len(right)} photos, no two of one person",
            remedy="Take people with more photos.",
        )
    others = similarity.double().clone()
    others[present, own[present]] = -torch.inf
    top = others == others.amax(1, keepdim=True)
    hits = ((top & right).sum(1) / top.sum(1))[counted].double()
    tried = similarity.shape[1] - (own >= 0)[counted].double()
    return hits, right[counted].sum(1) / tried, identities[counted]

"""Names a person for each vector by vectors of known people: by the few best cosines of each, or by means."""

import torch
from torch import Tensor
from torch.nn import functional


def by_best(seen: Tensor, known: Tensor, labels: Tensor, best: int) -> Tensor:
    """The person whose ``best`` highest cosines have the highest mean, of all photos where there are fewer; ``(n,)``.

    Args:
        seen: Vectors to name, ``(n, e)``.
        known: Vectors of known people, ``(m, e)``.
        labels: Person of each, int64 ``(m,)``.
        best: 1 is the nearest photo.
    """
    cosines = functional.normalize(seen) @ functional.normalize(known).T
    people = torch.unique(labels)
    scores = []
    for person in people:
        own = cosines[:, labels == person]
        scores.append(own.topk(min(best, own.shape[1]), 1).values.mean(1))
    named: Tensor = people[torch.stack(scores, 1).argmax(1)]
    return named


def by_means(seen: Tensor, known: Tensor, labels: Tensor) -> Tensor:
    """The person whose mean direction has the highest cosine; arguments as ``by_best``, ``(n,)``."""
    people, rows = torch.unique(labels, return_inverse=True)
    sums = torch.zeros(len(people), known.shape[1]).index_add_(0, rows, functional.normalize(known))
    named: Tensor = people[(functional.normalize(seen) @ functional.normalize(sums).T).argmax(1)]
    return named


def rightly_named(seen: Tensor, known: Tensor, labels: Tensor, best: int) -> float:
    """Share of vectors whose best person, their own photo left out, is theirs; above the commonest person's share.

    Args:
        seen: ``(n, e)``.
        known: ``(n, e)``, other vectors of the same photos.
        labels: Who is on them, int64 ``(n,)``.
        best: Cosines of a person that are averaged.

    Returns:
        0 where nobody has two photos.
    """
    people, numbers, counts = torch.unique(labels, return_inverse=True, return_counts=True)
    several = counts[numbers] > 1
    if not bool(several.any()):
        return 0.0
    cosines = functional.normalize(seen.float()) @ functional.normalize(known.float()).T
    cosines.fill_diagonal_(-torch.inf)
    scores = []
    for person in range(len(people)):
        own = cosines[:, numbers == person]
        top = own.topk(min(best, own.shape[1]), dim=1).values
        finite = top.isfinite()
        scores.append(torch.where(finite, top, 0).sum(1) / finite.sum(1).clamp_min(1))
    hits = torch.stack(scores, 1).argmax(1) == numbers
    return float(hits[several].float().mean()) - float(counts.max()) / len(labels)

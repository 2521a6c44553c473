"""Pictures of a feature space: photos of a few people, placed in the plane by t-SNE."""

from typing import Final

import numpy as np
import torch
from sklearn.manifold import TSNE
from torch import Tensor

from masquerade.audit.results import PointMap
from masquerade.audit.studies.study import MapSpec
from masquerade.audit.trial import Trial
from masquerade.training import embeddings

_FEWEST: Final = 5
"""Photos in a map by t-SNE, at least."""


def point_map(trial: Trial, spec: MapSpec, title: str) -> PointMap:
    """Where photos of a few people lie, before training or as the trained model sees them.

    Distances between far points mean nothing in such a picture; only who is near whom does.

    Args:
        trial: The repetition to look at.
        spec: Whose features, and of how many people.
        title: What the map is called beside the others of its figure.
    """
    test = trial.scene.test
    people = torch.unique(test.labels)[: spec.people]
    some = test.of(people)
    seen = trial.queried(some.images)
    features = embeddings(trial.model, seen) if spec.of == "recognised" else seen.flatten(1)
    _, numbers = torch.unique(some.labels, return_inverse=True)
    placed = _placed(features)
    points = [(float(x), float(y), int(person)) for (x, y), person in zip(placed, numbers, strict=True)]
    return PointMap(figure=spec.title, title=title, points=points)


def _placed(features: Tensor) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Points ``(n, 2)`` between 0 and 1; of too few photos for t-SNE, and of photos that are all alike, the middle."""
    rows = features.double().nan_to_num().numpy()
    if len(rows) < _FEWEST or not (rows != rows[:1]).any():
        return np.full((len(rows), 2), 0.5, np.float32)
    perplexity = min(15.0, (len(rows) - 1) / 3)
    found = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(rows)
    found -= found.min(0)
    rounded: np.ndarray[tuple[int, int], np.dtype[np.float32]] = np.round(found / max(found.max(), 1e-12), 4)
    return rounded

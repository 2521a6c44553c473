"""What the owner gets at home with nothing released: recognition by what is public, nothing trained on private photos.

A protection that is worth its leak must recognise people better than that.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, final

import torch
from torch import Tensor

from masquerade.audit.scenes.scene import Scene
from masquerade.encoders import open_encoder
from masquerade.encoders.recogniser import open_recogniser
from masquerade.errors import NotMeasurable, UsageError
from masquerade.metrics import Score, recognition, utility
from masquerade.training.closed_form.features import features_of, in_channels
from masquerade.training.closed_form.projection import discriminants

PUBLIC: Final = 2000
"""Public photos that the closed form learns from, at most."""
_RECOGNISER: Final = "sface"

Vectors = Callable[[Tensor], Tensor]
"""Photos ``(n, c, h, w)``, values 0 to 255, to vectors ``(n, e)`` that people are told by."""


def at_home(scene: Scene, way: str) -> Score:
    """What one of ``WAYS`` recognises; computed once in a process for the same photos.

    People of the test are named by the nearest of the owner's own training photos; where they were never trained
    on, the nearest other photo of the test must be of the same person. Photos that are smaller than a network
    takes are made larger.

    Raises:
        StudyError: If packages that a public network comes in are not installed.
        NotMeasurable: If too few public people are there to learn from, or nobody has two photos.
    """
    return _score(_Photos(scene), way)


def title_of(scene: Scene, way: str) -> str:
    """What reports call one of ``WAYS``, with the number of public photos that it learns from."""
    return WAYS[way][0].format(public=min(PUBLIC, len(scene.public)))


def require_recogniser() -> None:
    """Check that the public recogniser is here.

    Raises:
        StudyError: If packages that it comes in are not installed.
    """
    open_recogniser(_RECOGNISER)


@final
class _Photos:
    """A scene that equals another if all its photos do."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._digests = scene.unseen, *(part.digest for part in (scene.train, scene.test, scene.public))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Photos) and other._digests == self._digests

    def __hash__(self) -> int:
        return hash(self._digests)


@lru_cache(maxsize=16)
def _score(photos: _Photos, way: str) -> Score:
    scene = photos.scene
    vectors = WAYS[way][1](scene)
    test = scene.test
    seen = vectors(test.images)
    if scene.unseen:
        return recognition(seen, test.labels)
    return _named(seen @ vectors(scene.train.images).T, scene)


def _named(similarity: Tensor, scene: Scene) -> Score:
    """Accuracy of naming each test photo by the nearest of the gallery, given cosines ``(n, gallery)``."""
    people = int(max(scene.train.labels.max(), scene.test.labels.max())) + 1
    nearest = torch.full((len(similarity), people), -torch.inf, dtype=similarity.dtype)
    known = scene.train.labels.expand(len(similarity), -1)
    nearest.scatter_reduce_(1, known, similarity, "amax")
    return utility(nearest, scene.test.labels, scene.units(scene.test))


def _sface(scene: Scene) -> Vectors:
    del scene
    recogniser = open_recogniser(_RECOGNISER)
    return lambda images: recogniser.embed(in_channels(images, 3))


def _closed_form(scene: Scene) -> Vectors:
    public = scene.public.take(torch.arange(min(PUBLIC, len(scene.public))))
    if not len(public):
        raise NotMeasurable("the study has no public photos", place="data.public")
    encoder = open_encoder("sface")
    try:
        projection = discriminants(features_of(encoder, public.images), public.labels)
    except UsageError as error:
        raise NotMeasurable(
            error.problem, value=error.value, place="data.public", remedy="Give the study more public people."
        ) from error
    return lambda images: projection(features_of(encoder, images))


WAYS: Final[Mapping[str, tuple[str, Callable[[Scene], Vectors]]]] = MappingProxyType(
    {
        "sface": ("Nothing released: SFace, untrained", _sface),
        "closed form": ("Nothing released: a closed form learned from {public} public photos", _closed_form),
    }
)
"""Title, whose number ``title_of`` fills in, and the vectors that people are told by; utilities are compared with the
first."""

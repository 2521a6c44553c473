"""The contract of every attack: it sees a ``View``, returns a ``Guess``, and is not scored where it runs.

This room imports neither keys nor disguises, so an attack cannot know more than an attacker would.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, final

import numpy as np
from torch import Tensor

from masquerade.errors import AttackError, MissingSight
from masquerade.guesses import Guess, Labels, Membership, Ranking, Reconstruction, Tracking
from masquerade.networks.features.split import SplitNetwork
from masquerade.traits import Traits

__all__ = [
    "Attack",
    "Control",
    "Disguising",
    "FileTraces",
    "Guess",
    "Labelled",
    "Labels",
    "Membership",
    "Others",
    "Pairing",
    "Pairs",
    "Ranking",
    "Reconstruction",
    "Sight",
    "Tracking",
    "View",
]

Disguising = Callable[[Tensor], Tensor]
"""Images ``(n, c, h, w)`` of 0 to 255 in, disguised images out."""


class Sight(StrEnum):
    """What an attacker may be shown beside the released data."""

    LABELS = "labels"
    RECIPE = "recipe"
    PUBLIC = "public"
    GALLERY = "gallery"
    CANDIDATES = "candidates"
    PAIRS = "pairs"
    FRESH = "fresh"
    MODEL = "model"
    PROBES = "probes"
    QUERY = "query"
    TEACHER = "teacher"
    PAIRING = "pairing"
    BYSTANDERS = "bystanders"
    SIGHTINGS = "sightings"
    OWN = "own"
    RECOGNISERS = "recognisers"
    SPLIT = "split"
    REPEATS = "repeats"
    ALIKE = "alike"
    OTHERS = "others"
    FILES = "files"


@dataclass(frozen=True)
class Labelled:
    """Images with class numbers: ``images`` float32 ``(n, c, h, w)`` of 0 to 255, ``labels`` int64 ``(n,)``.

    ``photos`` are the photos themselves where a public encoder made ``images`` of them; None where these are photos.
    """

    images: Tensor
    labels: Tensor
    photos: Tensor | None = None

    @property
    def pictures(self) -> Tensor:
        """What a face recogniser is shown: the photos, whatever encoder comes after them."""
        return self.images if self.photos is None else self.photos

    def take(self, rows: Tensor) -> "Labelled":
        """Those at some rows."""
        photos = None if self.photos is None else self.photos[rows].float()
        return Labelled(self.images[rows].float(), self.labels[rows], photos)


@dataclass(frozen=True)
class Pairs:
    """Originals and their disguised versions, row by row: what leaked to the attacker."""

    originals: Tensor
    disguised: Tensor


@dataclass(frozen=True)
class Others:
    """Photos of other people and what the protection made of them, row by row.

    ``photos`` with their people, numbered as the gallery's; ``protected`` float32 ``(n, c, h, w)``.
    """

    photos: Labelled
    protected: Tensor


@dataclass(frozen=True)
class FileTraces:
    """What files tell beside their pixels.

    ``sizes``: logarithm of bytes, width and height, float32 ``(n, 3)``. ``marks``: what is written in each, such as a
    time or a camera, as numbers of equal meaning.
    """

    sizes: Tensor
    marks: tuple[frozenset[int], ...]


@dataclass(frozen=True)
class Pairing:
    """Which originals each released image mixes, row by row.

    ``originals``: their numbers, int64 ``(n, k)`` of 0 to m - 1; several rows may mix the same one, and the
    first of a row is the row's own. ``weights``: their shares, float32 ``(n, k)``, as soft labels tell them.
    """

    originals: Tensor
    weights: Tensor


@dataclass(frozen=True)
class View:
    """What one attacker sees, and nothing else: there is no field for a key or for the truth.

    Args:
        released: Disguised images ``(n, c, h, w)``, float32: what the cloud holds.
        labels: Their random class integers ``(n,)``.
        recipe: The public parameters of the disguise, as ``Disguise.describe`` gives them.
        public: Other people's images, from the same or another population.
        gallery: Named photos of the people (or classes) in the released set, other photos than the released.
        candidates: Original images ``(m, c, h, w)`` of which the attacker asks whether they are in the set.
        pairs: Leaked pairs.
        fresh: Draws a new key of the attacker's own and returns the disguise under it.
        model: The trained model as a black box: images ``(n, c, h, w)`` as it takes them, to class
            probabilities ``(n, k)``.
        probes: Original-form images of classes of which the attacker asks whether they were trained on;
            ``labels`` number the probed classes.
        query: The owner's own disguise as an oracle: images (or feature maps) of the attacker's choice to
            disguised ones.
        teacher: A public recogniser of clean images (or feature maps) ``(n, c, h, w)``, to recognition
            vectors ``(n, e)``.
        pairing: Which originals each released image mixes.
        bystanders: Photos of other people that a tracker is trained on beside one tracked user's, unprotected.
        sightings: Photos ``(s, 3, h, w)`` met later, whose people a tracker names.
        own: The cloak of a tracked user (by the number in ``labels``), leaked.
        recognisers: Public face recognisers by name: photos to unit vectors ``(n, e)``.
        split: The public encoder and the cloud's network behind it; released are then features ``(n, c, h, w)``.
        traits: What the protection does to photos, as measured on it; None where nobody measured.
        repeats: Releases the same photos so many times again: ``(q, n, c, h, w)``, rows of each in another order
            where the protection shuffles.
        alike: Named photos of the people, others than the released, protected as the released are.
        others: Photos of other people than the released, and what the same protection made of them.
        files: What the files of the released images tell, and those of the candidates.

    Where a public encoder comes first, all images here are its feature maps.
    """

    released: Tensor
    labels: Tensor | None = None
    recipe: Mapping[str, Any] | None = None
    public: Labelled | None = None
    gallery: Labelled | None = None
    candidates: Tensor | None = None
    pairs: Pairs | None = None
    fresh: Callable[[], Disguising] | None = None
    model: Callable[[Tensor], Tensor] | None = None
    probes: Labelled | None = None
    query: Disguising | None = None
    teacher: Callable[[Tensor], Tensor] | None = None
    pairing: Pairing | None = None
    bystanders: Labelled | None = None
    sightings: Tensor | None = None
    own: Callable[[int], Disguising] | None = None
    recognisers: Mapping[str, Callable[[Tensor], Tensor]] | None = None
    split: SplitNetwork | None = None
    repeats: Callable[[int], Tensor] | None = None
    alike: Labelled | None = None
    others: Others | None = None
    files: tuple[FileTraces, FileTraces] | None = None
    traits: Traits | None = None

    def shows(self) -> frozenset[Sight]:
        """What this view holds beside the released data."""
        always = ("released", "traits")
        present = (f.name for f in fields(self) if f.name not in always and getattr(self, f.name) is not None)
        return frozenset(Sight(name) for name in present)


@dataclass(frozen=True)
class Control:
    """The positive control: on this recipe the attack must reach this score, or its run proves nothing.

    Args:
        recipe: Name of a recipe that the attack is known to break.
        metric: Name of the metric.
        at_least: Smallest value that counts as broken.
        source: Where the figure comes from.
        encodings: How often every image is released there, for attacks on mixtures that need several.
    """

    recipe: str
    metric: str
    at_least: float
    source: str
    encodings: int = 1


class Attack(ABC):
    """One attack; its dataclass fields are its budget and options.

    Subclasses are final frozen dataclasses. They declare ``name`` (as study files say it), ``needs`` and
    ``control``, and write ``run``. ``wants`` is what they are shown beside ``needs`` where it is to be had, and can do
    without. ``reads`` names the kinds of ``Disguise.describe`` that the attack was made for;
    it is empty for an attack that asks for traits alone. ``revision`` is raised by hand whenever the same view gives
    another guess.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[Sight]]
    control: ClassVar[Control]
    wants: ClassVar[frozenset[Sight]] = frozenset()
    reads: ClassVar[frozenset[str]] = frozenset()
    revision: ClassVar[int] = 1

    @final
    def __call__(self, view: View, rng: np.random.Generator) -> Guess:
        """Attack what ``view`` shows.

        Args:
            view: What the attacker sees.
            rng: The attacker's own randomness.

        Raises:
            MissingSight: If the view lacks something that the attack needs.
            AttackError: If the attack does not apply to the recipe, or its guess is malformed.
        """
        missing = self.needs - view.shows()
        if missing:
            raise MissingSight(
                f"{self.name} needs to see more",
                value=", ".join(sorted(missing)),
                place="the view",
                remedy="Name it under `shows` of the attack in the study file.",
            )
        guess = self.run(view, rng)
        self._check(guess, view)
        return guess

    @abstractmethod
    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """The attack itself, on a view that holds all that ``needs`` names."""

    def _check(self, guess: Guess, view: View) -> None:
        match guess:
            case Reconstruction(images=rows) | Ranking(similarity=rows) | Labels(labels=rows):
                wrong = len(rows) != len(view.released)
            case Membership(scores=rows):
                wrong = rows.ndim != 1
            case Tracking(named=rows):
                wrong = rows.ndim != 2 or view.sightings is None or rows.shape[1] != len(view.sightings)
        if wrong or not bool(rows.isfinite().all()):
            raise AttackError(
                f"{self.name} returned a malformed guess",
                value=f"shape {tuple(rows.shape)}, all finite: {bool(rows.isfinite().all())}",
                remedy="This is a fault of the attack; report it with the study file and the seed.",
            )

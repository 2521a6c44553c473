"""What a metric returns, and what it is compared with."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Score:
    """One measured number.

    Args:
        name: Name of the metric.
        value: The point estimate; of a leak the mean over people.
        chance: What a blind guess would score.
        low: Lower end of the 95 % interval for other people of the same kind.
        high: Upper end of it.
        n: Trials behind the value.
        identities: Distinct people (or classes) behind the value: the unit of resampling.
        same_low: Lower end of the 95 % interval for these people, where there is one.
        same_high: Upper end of it.
    """

    name: str
    value: float
    chance: float
    low: float
    high: float
    n: int
    identities: int
    same_low: float | None = None
    same_high: float | None = None


@dataclass(frozen=True)
class Truth:
    """The right answers, which only the audit holds.

    Args:
        originals: What the released images were, float32 ``(n, c, h, w)`` of 0 to 255, row by row.
        identities: Person or class of each released image, int64 ``(n,)``, numbered as the gallery's labels.
        members: For each candidate or probed class, whether it is in the data, bool ``(m,)``.
        candidate_rows: For each released image the row of its original among the candidates, int64 ``(n,)``;
            -1 where it is not among them.
        candidate_identities: Person of each candidate (or the probed class itself), int64 ``(m,)``.
        units: What to resample by instead of ``identities``, int64 ``(n,)``: say, a number for each image
            where the classes are digits and each image is somebody else's.
        released: What left the owner for each original, where that is an image of the same shape.
        sighting_identities: Who is on each photo met later, int64 ``(s,)``: a tracked user's number below t,
            or t plus a bystander's number.
        sighting_cloaked: Whether that photo is cloaked, bool ``(s,)``.
        gallery: Other photos ``(g, c, h, w)`` of the same people, by which an evaluator knows them.
        gallery_identities: Who is on each of those, int64 ``(g,)``.
        evaluator: A classifier trained on the gallery: photos to probabilities ``(n, k)`` of people 0 to k - 1.
        prior: Faces ``(p, c, h, w)`` of 0 to 255 that a public generator draws, nobody's.
    """

    originals: Tensor
    identities: Tensor
    members: Tensor | None = None
    candidate_rows: Tensor | None = None
    candidate_identities: Tensor | None = None
    units: Tensor | None = None
    released: Tensor | None = None
    sighting_identities: Tensor | None = None
    sighting_cloaked: Tensor | None = None
    gallery: Tensor | None = None
    gallery_identities: Tensor | None = None
    evaluator: Callable[[Tensor], Tensor] | None = None
    prior: Tensor | None = None

    @property
    def clusters(self) -> Tensor:
        """The unit of resampling of each released image, int64 ``(n,)``."""
        return self.identities if self.units is None else self.units

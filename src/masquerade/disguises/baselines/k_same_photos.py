"""k-same on pixels: averages of k photos that are alike, each in the place of all k (Newton and others 2005)."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from masquerade.disguises.baselines.photo_tool import PhotoTool
from masquerade.disguises.checks import require_count
from masquerade.traits import Traits


@final
@dataclass(frozen=True)
class KSamePhotos(PhotoTool):
    """Photos of a call in groups of k, each photo replaced by the mean of its group.

    As in the paper a group is a photo and its nearest among those that are left; photos that are left over at the end
    join the last group. The paper has one photo of each person: then nobody can do better than 1 / k. With several
    photos of a person, a group may hold one person alone, and that promise is void.

    Args:
        k: Photos that are averaged at least, 2 to 1000; fewer only where a call has fewer.

    Raises:
        UsageError: If ``k`` is no such number.
    """

    k: int = 5

    per_image = False
    traits = Traits(deterministic=False, linear=False, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_count("number of photos in a group", self.k, 2, 1000, "KSamePhotos")

    def changed(self, photos: Tensor) -> Tensor:
        """Means of groups."""
        made = torch.empty_like(photos)
        for group in _groups(photos.flatten(1), self.k):
            made[group] = photos[group].mean(0)
        return made


def _groups(photos: Tensor, k: int) -> list[Tensor]:
    """Rows of each group: the first photo that is left, and its nearest."""
    left = torch.arange(len(photos))
    groups = []
    while len(left) >= 2 * k:
        apart = (photos[left] - photos[left[0]]).square().sum(1)
        nearest = apart.argsort(stable=True)[:k]
        groups.append(left[nearest])
        rest = torch.ones(len(left), dtype=torch.bool)
        rest[nearest] = False
        left = left[rest]
    return [*groups, left] if len(left) else groups

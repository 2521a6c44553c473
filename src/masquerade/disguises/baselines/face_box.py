"""A black box over the face, and a black bar over the eyes: what lies under them is gone, what lies beside stays."""

from dataclasses import dataclass
from typing import final

from torch import Tensor

from masquerade.disguises.baselines.photo_tool import PhotoTool, inside
from masquerade.disguises.checks import require_number
from masquerade.errors import UsageError
from masquerade.traits import Traits

_COVERS = Traits(deterministic=True, linear=True, same_map=True, keeps_inner_products=False)


@final
@dataclass(frozen=True)
class FaceBox(PhotoTool):
    """The middle of an aligned photo of a face is black; hair, ears and background stay as far as the box lets them.

    Args:
        share: Side of the box as a share of the photo's, above 0 to 1; 1 leaves nothing of the photo.

    Raises:
        UsageError: If ``share`` is no such number.
    """

    share: float = 0.8

    traits = _COVERS

    def __post_init__(self) -> None:
        require_number("share of the side", self.share, 0.01, 1, "FaceBox")

    def changed(self, photos: Tensor) -> Tensor:
        """Black from one edge of the box to the other."""
        low, high = (1 - self.share) / 2, (1 + self.share) / 2
        return _covered(photos, (low, high), (low, high))


@final
@dataclass(frozen=True)
class EyeBar(PhotoTool):
    """A black bar over the eyes of an aligned photo of a face, as newspapers had it.

    Args:
        top: Where it begins, as a share of the height; the eyes of faces that are aligned here lie at .46.
        bottom: Where it ends.
        margin: Share of the width that it leaves free on either side, 0 to below .5.

    Raises:
        UsageError: If a parameter is out of its range, or the bar ends where it begins.
    """

    top: float = 0.36
    bottom: float = 0.56
    margin: float = 0.1

    traits = _COVERS

    def __post_init__(self) -> None:
        require_number("top of a bar", self.top, 0, 1, "EyeBar")
        require_number("bottom of a bar", self.bottom, 0, 1, "EyeBar")
        require_number("margin of a bar", self.margin, 0, 0.49, "EyeBar")
        if self.top >= self.bottom:
            raise UsageError(
                "a bar that ends before it begins",
                value=f"top {self.top}, bottom {self.bottom}",
                place="EyeBar",
                remedy="Give a top that is smaller than the bottom.",
            )

    def changed(self, photos: Tensor) -> Tensor:
        """Black between its edges."""
        return _covered(photos, (self.top, self.bottom), (self.margin, 1 - self.margin))


def _covered(photos: Tensor, down: tuple[float, float], along: tuple[float, float]) -> Tensor:
    """Photos that are black within a box, whose edges are shares of the sides."""
    height, width = photos.shape[2:]
    hidden = inside(height, *down)[:, None] & inside(width, *along)
    return photos.masked_fill(hidden, 0.0)

"""One secret matrix for every token of a feature map (XNN's ObfNet, section 3.1)."""

from dataclasses import dataclass
from typing import Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.checks import require_number, require_one_of
from masquerade.disguises.token_rows import in_parts
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.traits import Traits

TokenMatrixKind = Literal["gaussian", "orthogonal"]

TOKEN_MATRIX_KINDS: Final = ("gaussian", "orthogonal")
_PART: Final = 16


@final
@dataclass(frozen=True)
class TokenMatrix(Disguise):
    """Every token of every feature map, a row of d numbers, times one secret ``d x d`` matrix.

    It is linear and the same for all tokens: a few leaked pairs of feature map and result, d tokens in all,
    give the matrix by least squares. That is the paper's own limitation (section 7.2).

    The condition number of a square Gaussian matrix grows with its size: the probability that it is at most
    ``x d`` tends to ``exp(-2/x - 2/x^2)`` (Edelman 1988). A fixed bound such as 100 would therefore refuse
    every matrix of 192 and more; the bound is stated in multiples of d, and at 10 refuses one draw in five.

    Args:
        matrix: ``"gaussian"``: entries N(0, 1/d), the paper's "random matrix", drawn again until its condition
            number is within the bound. ``"orthogonal"``: uniform (Haar) on O(d); it keeps every length and
            angle, so that photos are linked without any key: for the study of why not.
        largest_condition: Largest condition number in multiples of d, from 1 (one draw of 55 passes)
            to 100; it is public. Numbers of size 1 and width 192 to 768 come back within 0.0004 at 10.

    Raises:
        UsageError: If a parameter is none of these.
    """

    matrix: TokenMatrixKind = "gaussian"
    largest_condition: float = 10.0

    keyed_by_secret = True
    per_image = True
    restorable = True

    @property
    def traits(self) -> Traits:
        """One linear map for all photos; orthogonal matrices keep inner products."""
        return Traits(True, True, True, keeps_inner_products=self.matrix == "orthogonal")

    def __post_init__(self) -> None:
        require_one_of("matrix", self.matrix, TOKEN_MATRIX_KINDS, "TokenMatrix")
        require_number("bound of condition numbers", self.largest_condition, 1.0, 100.0, "TokenMatrix")

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Draw the matrix."""
        stream = key.stream(f"token-matrix {self.matrix} on {'x'.join(map(str, shape))}")
        size = shape[0]
        if self.matrix == "orthogonal":
            return KeyedTokens(shape, stream.orthogonal(size, 1)[0])
        return KeyedTokens(shape, conditioned(stream, size, self.largest_condition * size))


def conditioned(stream: KeyStream, size: int, bound: float) -> NDArray[np.float64]:
    """The stream's first Gaussian matrix ``(size, size)``, entries N(0, 1/size), of bounded condition number."""
    while True:
        drawn = stream.normal(size * size).reshape(size, size)
        drawn *= size**-0.5
        values = np.linalg.svd(drawn, compute_uv=False)
        if values[0] <= bound * values[-1]:
            return drawn


@final
class KeyedTokens(Keyed):
    """A secret matrix for tokens.

    Args:
        shape: Numbers of a token, height and width of the feature maps.
        matrix: float64 ``(d, d)``, regular.
    """

    def __init__(self, shape: Shape, matrix: NDArray[np.float64]) -> None:
        super().__init__(shape)
        self._matrix = matrix
        # a token is a column of the map, so its matrix stands on the left, transposed
        self._left = torch.from_numpy(matrix.T.copy()).float()

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Multiply every token."""
        del nonces
        return in_parts(images, lambda maps: self._times(self._left, maps.float()), self.shape, _PART)

    def undo(self, disguised: Tensor) -> Tensor:
        """Multiply by the inverse, in float64, so that nothing is lost but what float32 had rounded away."""
        left = torch.from_numpy(np.linalg.inv(self._matrix).T.copy())
        return in_parts(disguised, lambda maps: self._times(left, maps.double()), self.shape, _PART)

    def digest(self) -> bytes:
        """SHA-256 over the matrix, rounded."""
        return rounded_digest([self._matrix])

    def _times(self, left: Tensor, maps: Tensor) -> Tensor:
        return (left @ maps.flatten(2)).view(maps.shape)

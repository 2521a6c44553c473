"""How a face is cloaked with a person's MaskNet: in one pass of a generator, or by optimisation."""

from typing import Final, Literal

from masquerade.disguises.base import Keyed
from masquerade.disguises.masknet_cloak import MaskNetCloak
from masquerade.disguises.one_pass_cloak import OnePassCloak
from masquerade.errors import UsageError
from masquerade.masknets import MaskNetFile, StaticSource
from masquerade.masknets.generator_file import open_cloak_generator

Method = Literal["one-pass", "felt", "optimised"]

METHODS: Final[tuple[Method, ...]] = ("one-pass", "felt", "optimised")
"""A generator that learned from MaskNets; one that learned from recognisers too; the thesis's 40 steps."""
DEFAULT: Final[Method] = "one-pass"
_GENERATORS: Final = {"one-pass": "one-pass-1", "felt": "felt-1"}
BOUND: Final = 15.0
"""Most that a pixel of a face may change, in grey levels, before the strength counts."""


def face_cloak(file: MaskNetFile, method: str) -> Keyed:
    """What cloaks faces of the size that the person's MaskNet looks at.

    Args:
        file: The person's MaskNet.
        method: One of ``METHODS``.

    Raises:
        UsageError: If there is no such method, or the MaskNet's size does not fit it.
        ModelError: If the method's generator cannot be read.
    """
    shape, own = (3, file.card.size, file.card.size), StaticSource("own", file.masknet)
    if method == "optimised":
        return MaskNetCloak(own, bound=BOUND).with_masknet(file.masknet, file.numbers, shape)
    if method not in _GENERATORS:
        raise UsageError(
            "no such way of cloaking",
            value=method,
            place="--method",
            remedy=f"Name one of {', '.join(METHODS)}.",
        )
    generator = open_cloak_generator(_GENERATORS[method])
    return OnePassCloak(generator, own, BOUND).with_masknet(file.masknet, file.numbers, shape)

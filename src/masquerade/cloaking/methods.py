"""How a face is cloaked with a person's MaskNet: in one pass of a generator, or by optimisation."""

from typing import Final, Literal

from masquerade.disguises.base import Keyed
from masquerade.disguises.cloaks.masknet import MaskNetCloak
from masquerade.disguises.cloaks.one_pass import OnePassCloak
from masquerade.disguises.cloaks.recogniser_cloak import FeltCloak
from masquerade.encoders.recogniser import open_recogniser
from masquerade.errors import UsageError
from masquerade.masknets import MaskNetFile, StaticSource
from masquerade.masknets.generator_file import open_cloak_generator

Method = Literal["one-pass", "optimised", "recogniser", "recogniser-one-pass"]

METHODS: Final[tuple[Method, ...]] = ("one-pass", "optimised", "recogniser", "recogniser-one-pass")
"""A generator that learned from MaskNets, and the thesis's 40 steps; 40 steps against recognisers, slower still,
and a generator that learned from these."""
DEFAULT: Final[Method] = "one-pass"
_GENERATORS: Final = {"one-pass": "one-pass-1", "recogniser-one-pass": "felt-1"}
_EARLIER_NAMES: Final = {"felt": "recogniser", "felt-one-pass": "recogniser-one-pass"}
_RECOGNISERS: Final = ("sface", "resnet-public")
_SIMILARITY: Final = 0.8
"""SSIM of a face cloaked against recognisers: at 0.9, a recogniser that the cloak was not made against was hardly
fooled. The recipes have the same."""
BOUND: Final = 15.0
"""Most that a pixel of a face may change, in grey levels, before the strength counts."""


def current_method(method: str) -> str:
    """The name that a way of cloaking has now: it may have had another once."""
    return _EARLIER_NAMES.get(method, method)


def face_cloak(file: MaskNetFile, method: str) -> Keyed:
    """What cloaks faces of the size that the person's MaskNet looks at; see ``cloak_with``."""
    shape = (3, file.card.size, file.card.size)
    return cloak_with(file, method).with_masknet(file.masknet, file.numbers, shape)


def cloak_with(file: MaskNetFile, method: str) -> MaskNetCloak | FeltCloak | OnePassCloak:
    """A way of cloaking with a person's MaskNet.

    Args:
        file: The person's MaskNet.
        method: One of ``METHODS``.

    Raises:
        UsageError: If there is no such method, or the MaskNet's size does not fit it.
        ModelError: If the method's generator cannot be read.
    """
    method = current_method(method)
    own = StaticSource("own", file.masknet)
    if method == "optimised":
        return MaskNetCloak(own, bound=BOUND)
    if method == "recogniser":
        recognisers = tuple(open_recogniser(name) for name in _RECOGNISERS)
        return FeltCloak(own, recognisers, bound=BOUND, similarity=_SIMILARITY)
    if method not in _GENERATORS:
        raise UsageError(
            "no such way of cloaking",
            value=method,
            place="--method",
            remedy=f"Name one of {', '.join(METHODS)}.",
        )
    generator = open_cloak_generator(_GENERATORS[method]).precise()
    return OnePassCloak(generator, own, BOUND)

"""HyperObf: the thesis's cloak, its controls, and the cloaks that it is compared with."""

from typing import Final

from masquerade.disguises import (
    Chain,
    Fawkes,
    FeltCloak,
    LowKey,
    MaskNetCloak,
    MatchedNoise,
    OnePassCloak,
    SeveralCloaks,
)
from masquerade.recipes.base import CONTROL_ADVICE, Recipe
from masquerade.recipes.deferred import Cloak

MEAN_CHANGE: Final = 10.0
"""Grey levels by which noise changes photos: what the cloak of the thesis does to faces of 64x64 pixels (10.3)."""
_THESIS: Final = "the HyperObf thesis, chapter 4, and its code"
_UNPROVEN: Final = (
    "Not shown to protect: noise of the same size does most of what it does against a tracker that learns from cloaked "
    "photos, JPEG and a tracker with augmentation undo much, and a recogniser such as SFace does not notice it. Each "
    "of these controls must be measured beside it."
)
_LATER: Final = "Against recognisers that it was not made against, or later ones, it may do nothing."

_STRUCTURES: Final = ("hypernet-1", "untrained-masknet-2-112", "untrained-masknet-3-112")
"""One hypernetwork comes along; files of others can be given in the place of the MaskNets never trained."""

_AGAINST_RECOGNISERS: Final = (
    "SFace, which it is made against, names nobody; dlib's recogniser, which it is not, still names most at SSIM 0.9, "
    "and a third at 0.8. A tracker trained on such cloaks was not measured, and a later recogniser may see through it."
)
_AGAINST_RECOGNISERS_QUICKLY: Final = (
    "SFace and dlib's recogniser still name nearly everybody: only weak recognisers feel it."
)


def _cloak(name: str, title: str, cloak: Cloak | None, source: str, advice: str) -> Recipe:
    return Recipe(
        name,
        title,
        Chain(),
        112,
        112,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        source,
        advice,
        cloak=cloak,
    )


def _fawkes(mode: str, recognisers: tuple[str, ...], *, targeted: bool = False) -> Recipe:
    kind = "targeted" if targeted else "untargeted"
    return _cloak(
        f"fawkes-{mode}-targeted" if targeted else f"fawkes-{mode}",
        f"Fawkes 1.0, {kind}, mode {mode}, against {' and '.join(recognisers)}",
        Cloak(Fawkes, {"recognisers": recognisers}, {"mode": mode, "targeted": targeted}),
        "Shan et al. 2020, the published code, against recognisers of ours",
        _LATER,
    )


def _noise(name: str, title: str, *, fresh: bool) -> Recipe:
    return Recipe(
        f"control-noise-{name}",
        title,
        MatchedNoise(MEAN_CHANGE, fresh),
        112,
        112,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        "ours",
        CONTROL_ADVICE,
    )


HYPEROBF: Final[tuple[Recipe, ...]] = (
    _cloak(
        "hyperobf",
        "moved from itself as the user's own MaskNet sees it, 40 steps",
        Cloak(MaskNetCloak, {"source": "hypernet-1"}),
        _THESIS,
        _UNPROVEN,
    ),
    _cloak(
        "hyperobf-several",
        "as hyperobf, each photo with a MaskNet of one of three structures",
        Cloak(SeveralCloaks, {"sources": _STRUCTURES}),
        "the HyperObf thesis, section 5.4.3",
        _UNPROVEN,
    ),
    _cloak(
        "hyperobf-one-pass",
        "as hyperobf, by a trained generator in milliseconds",
        Cloak(OnePassCloak, {"generator": "one-pass-1", "source": "hypernet-1"}),
        "ours",
        _UNPROVEN,
    ),
    _cloak(
        "recogniser-cloak",
        "optimised against sface and resnet-public, 40 steps, SSIM 0.8 at least",
        Cloak(
            FeltCloak,
            {"source": "hypernet-1", "recognisers": ("sface", "resnet-public")},
            {"similarity": 0.8},
        ),
        "ours",
        _AGAINST_RECOGNISERS,
    ),
    _cloak(
        "recogniser-cloak-one-pass",
        "as recogniser-cloak, by a trained generator in milliseconds, SSIM 0.8 at least",
        Cloak(OnePassCloak, {"generator": "felt-1", "source": "hypernet-1"}, {"similarity": 0.8}),
        "ours",
        _AGAINST_RECOGNISERS_QUICKLY,
    ),
    _fawkes("low", ("sface",)),
    _fawkes("mid", ("sface", "resnet-public")),
    _fawkes("high", ("sface", "resnet-public")),
    _fawkes("mid", ("sface", "resnet-public"), targeted=True),
    _fawkes("high", ("sface", "resnet-public"), targeted=True),
    _cloak(
        "lowkey",
        "LowKey, 50 steps, against sface and resnet-public",
        Cloak(LowKey, {"recognisers": ("sface", "resnet-public")}),
        "Cherepanova et al. 2021, against recognisers of ours and with SSIM in the place of LPIPS",
        _LATER,
    ),
)
"""The thesis's, and those that it is compared with."""

HYPEROBF_CONTROLS: Final[tuple[Recipe, ...]] = (
    _cloak(
        "hyperobf-untrained",
        "as hyperobf, with MaskNets that were never trained",
        Cloak(MaskNetCloak, {"source": "untrained-masknet-1-112"}),
        "ours",
        CONTROL_ADVICE,
    ),
    _noise("fixed", "noise of the same mean change, one pattern a user", fresh=False),
    _noise("fresh", "noise of the same mean change, another for each photo", fresh=True),
)
"""What shows how much of a cloak's effect is not the cloak's."""

"""What Crafter is compared with: encoders trained to protect, and cloaks on photos that are encoded afterwards.

studies/train_crafter_baselines.py makes the files of trained encoders.
"""

from typing import Final

from masquerade.disguises import Chain, Disguise, Fawkes, GaussianNoise, LowKey, SplitEncode
from masquerade.recipes.base import Recipe
from masquerade.recipes.deferred import Cloak

_LEARNS_LATER: Final = (
    "Trained against attackers who stop learning when the encoder does; nothing is promised against one that learns "
    "afterwards. studies/train_crafter_baselines.py makes its file."
)


_AFTERWARDS: Final = (
    "A cloak is made against recognisers of photos. The encoder sees nearly what it sees without one, and so does "
    "whoever inverts it."
)
_RECOGNISERS: Final = ("sface", "resnet-public")
_NOTHING: Final = Chain()


def _trained(name: str, title: str, source: str, file: str) -> Recipe:
    cloak = Cloak(SplitEncode, {"split": f"studies/models/crafter-{file}.safetensors"})
    return _encoded(name, title, source, _LEARNS_LATER, cloak)


def _cloaked(name: str, title: str, source: str, kind: type[Disguise], **parameters: str) -> Recipe:
    before = Cloak(kind, {"recognisers": _RECOGNISERS}, parameters)
    return _encoded(name, title, source, _AFTERWARDS, Cloak(SplitEncode, {"split": "split-1"}, before=before))


def _encoded(
    name: str, title: str, source: str, advice: str, cloak: Cloak, then: Disguise = _NOTHING
) -> Recipe:
    return Recipe(
        f"crafter-{name}",
        title,
        then,
        64,
        64,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        source,
        advice,
        cloak=cloak,
    )


CRAFTER_BASELINES: Final[tuple[Recipe, ...]] = (
    _trained(
        "adversarial",
        "features of an encoder trained against a decoder, trade-off 0.5",
        "Xiao et al. 2020, as in Crafter's code, with weight 100 in the place of 1",
        "adversarial-0.5-100",
    ),
    _trained(
        "disco",
        "features of which a trained pruner gates channels, ratio 0.99",
        "Singh et al. 2021, as in Crafter's code, with a smaller pruner",
        "disco",
    ),
    _trained(
        "tiprdc",
        "features of an extractor trained to hide the person, trade-off 0.5",
        "Li et al. 2020, as in Crafter's code, with smaller adversaries",
        "tiprdc",
    ),
    _trained(
        "public-only",
        "features as they are; the cloud's half learned from public people with one attribute alone",
        "the Crafter paper, section VI-A: training on public data only",
        "public-only",
    ),
    _cloaked(
        "fawkes",
        "features of photos cloaked by Fawkes 1.0, mode high",
        "Shan et al. 2020, before the encoder as in the Crafter paper, figure 17",
        Fawkes,
        mode="high",
    ),
    _cloaked(
        "lowkey",
        "features of photos cloaked by LowKey",
        "Cherepanova et al. 2021, before the encoder as in the Crafter paper, figure 16",
        LowKey,
    ),
    _encoded(
        "noise",
        "features with normal noise of deviation 3",
        "ours: about what Crafter at beta 1 costs in AUC, docs/decisions/0008-what-crafting-costs.md",
        "A yardstick for Crafter: nothing is promised against decoders that learn from noisy features.",
        Cloak(SplitEncode, {"split": "split-1"}),
        GaussianNoise(3.0),
    ),
)
"""Adversarial Learning, Disco, TIPRDC, public data alone, Fawkes and LowKey; and noise."""

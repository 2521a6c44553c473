"""What XNN is compared with (its section 6.1), each on photos of 112 x 112."""

from typing import Final

from masquerade.disguises import Dauntless, Disguise, InstaHide, NeuraCrypt, TaskAugment
from masquerade.recipes.base import Recipe

_CARLINI: Final = (
    "Carlini et al. (2020) recovered the photos of the authors' challenge; and recognition gets plain photos. "
    "It mixes photos, so it is for studies and cannot be written photo by photo."
)


def _baseline(
    name: str, title: str, disguise: Disguise, network: str, training: str, source: str, advice: str
) -> Recipe:
    return Recipe(name, title, disguise, 112, 112, "RGB", network, training, source, advice)


def _instahide(k: int) -> Recipe:
    return _baseline(
        f"instahide-k{k}",
        f"{k} photos mixed, weights of at most 0.65, signs flipped at random",
        InstaHide(k=k),
        "resnet18",
        "laptop-resnet18",
        "Huang et al. 2020, InstaHide: Instance-hiding Schemes for Private Distributed Learning",
        _CARLINI,
    )


BASELINES: Final[tuple[Recipe, ...]] = (
    _instahide(2),
    _instahide(3),
    _baseline(
        "neuracrypt",
        "random convolutional encoder, patches shuffled for each photo; narrower than the paper's 2048",
        NeuraCrypt(depth=4, width=256),
        "recnet",
        "laptop-recnet",
        "Yala et al. 2021, NeuraCrypt: Hiding Private Health Data via Random Neural Networks",
        "Carlini et al. (2021) re-identified all photos of the authors' first challenge, which gave the photos too.",
    ),
    _baseline(
        "dauntless",
        "random fully connected network on the whole photo",
        Dauntless(width=256),
        "mlp",
        "laptop-mlp",
        "Xiao and Devadas 2021, Dauntless: Data Augmentation and Uniform Transformation",
        "One secret network for all photos: leaked pairs train a copy of it.",
    ),
    _baseline(
        "task-augment",
        "random network on patches beside those of another task; targets over both tasks",
        TaskAugment(classes=10, width=256),
        "recnet",
        "laptop-recnet",
        "Xiao and Devadas 2021, TaskAugment, as described in the XNN paper (section 2)",
        "One secret network for all photos: leaked pairs train a copy of it.",
    ),
)
"""InstaHide, NeuraCrypt, Dauntless and TaskAugment."""

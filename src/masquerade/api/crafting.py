"""``craft``: photos in, features that are crafted against inversion out, by the engine of ``masquerade craft``."""

from os import PathLike
from typing import Any, Final

import torch

from masquerade.api.arrays import Scale, photos
from masquerade.api.consent import require_consent
from masquerade.api.owners_key import OwnersKey, loaded
from masquerade.errors import UsageError
from masquerade.owner.craft_folder import crafting_recipe

_CRAFTER: Final = "crafter"
_AMORTISED: Final = "crafter-amortised"


def craft(
    X: Any,  # noqa: ANN401 - containers of several libraries
    key: OwnersKey,
    *,
    split: str | PathLike[str] = "split-1",
    generator: str | PathLike[str] = "faces-1",
    amortised: bool = False,
    beta: float | None = None,
    iterations: int | None = None,
    refine: int | None = None,
    batch: int | None = None,
    scale: Scale | None = None,
    layout: str | None = None,
    accept_broken: bool = False,
) -> Any:  # noqa: ANN401 - the caller's container
    """Craft the features of photos: ``masquerade craft`` does so with folders, and keeps each photo's feature.

    The same photos in the same order give the same features under a key. Photos are crafted in batches that share what
    the key draws, so that a feature depends on its batch unless ``amortised`` without ``refine``.

    Args:
        X: Aligned faces of the split network's size, 64 by 64 for the shipped one, in colour: an array or a tensor
            ``(n, 3, h, w)`` or ``(n, h, w, 3)``, uint8 or floating, or PIL images.
        key: The owner's key: a ``KeyFile``, the file's path, or a ``Key``.
        split: The public split network, by name or file.
        generator: The public face generator, by name or file.
        amortised: Craft by a trained network in one pass, instead of step by step; it fits the shipped networks alone.
        beta: Weight of utility against privacy; None takes the recipe's.
        iterations: Steps of the features, without ``amortised``; None takes the recipe's.
        refine: Steps after the pass, with ``amortised``; None takes 0.
        batch: Photos crafted together; None takes the recipe's.
        scale: What black and white are in floating photos: "0-255" or "0-1".
        layout: The axes of X, such as "NHWC", where a shape can be read in two ways.
        accept_broken: Craft although attacks break the recipe, or none ran.

    Returns:
        Features ``(n, c, h, w)``, float32: an array, or a tensor where X is one. One photo without ``n`` gives
        features without it.

    Raises:
        UsageError: If consent is missing, X is no photos of that size, or numbers do not go together.
        CraftingError: If crafting leaves the finite numbers.
        MasqueradeError: If a network or the key cannot be opened.
    """
    _require_consistent(amortised=amortised, refine=refine, iterations=iterations)
    recipe = crafting_recipe(
        _AMORTISED if amortised else _CRAFTER,
        encoder=None if split == "split-1" else str(split),
        generator=None if generator == "faces-1" else str(generator),
        change={"beta": beta, "iterations": iterations, "refine": refine, "batch": batch},
    )
    require_consent(recipe, accept_broken)
    taken = photos(X, scale=scale, layout=layout, shape=recipe.shape)
    features = recipe.whole().with_key(loaded(key), recipe.shape)(taken.images)
    if "N" not in taken.layout.name:
        features = features[0]
    return features.to(X.device) if isinstance(X, torch.Tensor) else features.numpy()


def _require_consistent(*, amortised: bool, refine: int | None, iterations: int | None) -> None:
    """Refuse numbers of the other way to craft."""
    if amortised and iterations is not None:
        raise UsageError(
            "iterations do not go with amortised=True",
            value=iterations,
            remedy="Take refine, or leave it out.",
        )
    if refine is not None and not amortised:
        raise UsageError(
            "refine goes with amortised=True", value=refine, remedy="Add it, or take iterations."
        )

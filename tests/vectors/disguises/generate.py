"""Write the golden vectors of disguises with masquerade itself; run it as a program.

``tests/disguise_oracle.py`` and ``tests/token_oracle.py`` recompute them without the package's disguises. Vectors
are added, never changed: a change would mean that photos disguised by an earlier release cannot be disguised the
same way again. They were written anew once, before the first release (decision 0015).
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from masquerade.disguises import EVERY_DISGUISE, Disguise, derivation_check, from_description
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.recipes import RECIPES

HERE = Path(__file__).parent
FEATURES = (192, 7, 7)
"""Feature maps of the encoders that recipes name."""
SECRETS = (bytes(range(32)), bytes([255]) * 32)

CASES: tuple[tuple[dict[str, Any], tuple[int, int, int]], ...] = (
    ({"kind": "BlockPermutation", "block": 2}, (1, 6, 8)),
    ({"kind": "BlockPermutation", "block": [1, 4]}, (3, 4, 8)),
    ({"kind": "BlockMatrix", "block": 2, "variant": "rows", "matrix": "orthogonal"}, (3, 4, 4)),
    ({"kind": "BlockMatrix", "block": 4, "variant": "rows", "matrix": "rotation"}, (1, 8, 8)),
    ({"kind": "BlockMatrix", "block": [2, 4], "matrix": "orthogonal", "per_channel": False}, (3, 4, 8)),
    ({"kind": "BlockMatrix", "block": 2, "variant": "block", "matrix": "orthogonal"}, (3, 4, 4)),
    ({"kind": "BlockMatrix", "block": 2, "variant": "block", "per_channel": True}, (3, 4, 4)),
    ({"kind": "BlockMatrix", "block": 4, "variant": "block", "matrix": "gaussian"}, (1, 8, 8)),
    ({"kind": "BlockMatrix", "block": 4, "variant": "rows", "matrix": "uniform01"}, (1, 8, 8)),
    ({"kind": "Noise", "level": 50}, (3, 4, 4)),
    ({"kind": "BlockNormalise", "block": 4}, (3, 4, 8)),
    ({"kind": "BlockNormalise", "block": 2, "per_channel": True, "epsilon": 0.5}, (3, 4, 4)),
    ({"kind": "TokenMatrix"}, (5, 2, 3)),
    ({"kind": "TokenMatrix", "matrix": "gaussian", "largest_condition": 1}, (4, 2, 2)),
    ({"kind": "TokenMatrix", "matrix": "orthogonal"}, (5, 2, 3)),
    ({"kind": "TokenNetwork", "depth": 2, "act": "tanh", "gain": 2.0}, (5, 2, 3)),
    ({"kind": "TokenNetwork", "depth": 1, "width": 7, "act": "cosine", "gain": 3}, (5, 2, 3)),
    ({"kind": "TokenNetwork", "depth": 3, "width": 4, "act": "leaky", "gain": 0.5}, (5, 2, 3)),
    ({"kind": "ManyKeys", "inner": {"kind": "TokenMatrix"}, "keys": 2}, (4, 2, 2)),
    ({"kind": "ManyKeys", "inner": {"kind": "Noise", "level": 9}, "keys": 3, "told": "slots"}, (2, 2, 2)),
    ({"kind": "InstaHide", "k": 2}, (3, 4, 4)),
    ({"kind": "InstaHide", "k": 3, "ceiling": 0.5}, (1, 4, 4)),
    ({"kind": "NeuraCrypt", "depth": 2, "width": 6, "patch": 4}, (3, 8, 8)),
    ({"kind": "Dauntless", "width": 5, "depth": 2}, (3, 4, 4)),
    ({"kind": "TaskAugment", "classes": 3, "width": 6, "depth": 2, "patch": 4}, (3, 8, 8)),
    (
        {
            "kind": "Chain",
            "parts": [{"kind": "BlockPermutation", "block": 1}, {"kind": "TokenMatrix"}],
        },
        (5, 2, 3),
    ),
    ({"kind": "Chain", "parts": []}, (1, 2, 2)),
    (
        {
            "kind": "Chain",
            "parts": [
                {"kind": "BlockNormalise", "block": 4},
                {"kind": "Noise", "level": 25},
                {"kind": "BlockMatrix", "block": 4, "variant": "block", "matrix": "gaussian"},
                {"kind": "BlockPermutation", "block": 4},
            ],
        },
        (1, 8, 8),
    ),
)


def images_of(shape: tuple[int, int, int]) -> Tensor:
    """Two images that anybody can write down: pixel ``i`` of both together is ``(37 i + 11) i mod 256``."""
    c, h, w = shape
    i = torch.arange(2 * c * h * w)
    return ((37 * i + 11) * i % 256).to(torch.uint8).view(2, c, h, w)


def vector(description: dict[str, Any], shape: tuple[int, int, int], secret: bytes) -> dict[str, Any]:
    key = Key.from_secret(secret)
    disguise = from_description(description)
    keyed = disguise.with_key(key, shape)
    disguised = keyed(images_of(shape)).flatten().tolist()
    return {
        "secret": secret.hex(),
        "shape": list(shape),
        "description": disguise.describe(),
        "derivation_check": derivation_check(key, keyed),
        "disguised": [round(value, 2) for value in disguised],
    }


KINDS: tuple[tuple[dict[str, Any], tuple[int, int, int]], ...] = (
    ({"kind": "GaussianNoise", "deviation": 2}, (3, 4, 4)),
    ({"kind": "MatchedNoise", "mean_change": 8}, (3, 12, 12)),
    ({"kind": "MatchedNoise", "mean_change": 2.5, "fresh": True}, (3, 12, 12)),
    ({"kind": "GaussianBlur", "sigma": 1.5}, (3, 6, 8)),
    ({"kind": "Pixelation", "blocks": 3}, (1, 6, 8)),
    ({"kind": "FaceBox", "share": 0.5}, (1, 6, 8)),
    ({"kind": "EyeBar"}, (1, 8, 8)),
    ({"kind": "KSamePhotos", "k": 2}, (1, 4, 4)),
    ({"kind": "Contours", "share": 0.2}, (3, 6, 6)),
)
"""Cases of kinds that no second program recomputes; those of public networks are in ``recipes.json``."""
EXAMPLE: tuple[int, int, int] = (3, 16, 16)
"""Shape of the photos that examples of a kind take."""


def kinds_in(described: Any) -> set[str]:  # noqa: ANN401
    """Names of all kinds that a description, or several, speak of."""
    if isinstance(described, list | tuple):
        return set().union(*(kinds_in(each) for each in described))
    if not isinstance(described, dict):
        return set()
    inner = set().union(*(kinds_in(each) for each in described.values()))
    return inner | ({described["kind"]} if "kind" in described else set())


def of_examples(known: set[str]) -> list[tuple[dict[str, Any], tuple[int, int, int]]]:
    """Cases of kinds of the table that no case is written for: their examples."""
    new = [kind for kind in EVERY_DISGUISE if kind.__name__ not in known]
    return [(example.describe(), EXAMPLE) for kind in new for example in kind.examples()]


def of_recipes() -> list[dict[str, Any]]:
    """The derivation check alone, at the recipes' own sizes: of what follows an encoder, and of the whole."""
    rows = []
    for recipe in RECIPES:
        if recipe.cloak is None:
            rows.append(_checked(recipe.disguise, recipe.shape if recipe.encoder is None else FEATURES))
    for recipe in RECIPES:
        if recipe.cloak is not None or recipe.encoder is not None:
            with suppress(UsageError):  # networks that the studies train do not come with the package
                rows.append(_checked(recipe.whole(), recipe.shape))
    return rows


def _checked(disguise: Disguise, shape: tuple[int, int, int]) -> dict[str, Any]:
    key = Key.from_secret(SECRETS[0])
    check = derivation_check(key, disguise.with_key(key, shape))
    return {"shape": list(shape), "description": disguise.describe(), "check": check}


def write_all(folder: Path) -> None:
    small = [vector(*case, secret) for secret in SECRETS for case in CASES]
    recipes = of_recipes()
    more = of_examples(kinds_in([CASES, KINDS, recipes]))
    kinds = [vector(*case, secret) for secret in SECRETS for case in (*KINDS, *more)]
    for name, vectors in (("small", small), ("recipes", recipes), ("kinds", kinds)):
        lines = ",\n".join(json.dumps(each) for each in vectors)
        (folder / f"{name}.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    write_all(HERE)

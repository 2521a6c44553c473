"""What an attacker reads from the public description of a disguise of tokens (``Disguise.describe``)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from masquerade.attacks.structure import TOKENS, outside, parts_of
from masquerade.errors import NotApplicable, UnreadStructure

TokenMap = Literal["gaussian", "orthogonal", "network"]
Rows = Tensor
"""Numbers of images, int64 ``(n,)``."""


@dataclass(frozen=True)
class TokenRecipe:
    """A chain on tokens, flattened to what attacks ask about.

    Args:
        permuted: Whether tokens change places, in a secret order that is the same for all images of a key.
        token_map: What every token goes through: a secret matrix, a secret network, or nothing (None).
        noise_after: Largest value of uniform noise added after that.
        keys: Number of keys, each for a share of the images.
        told: How an image states its key, if there are several.
    """

    permuted: bool = False
    token_map: TokenMap | None = None
    noise_after: float = 0.0
    keys: int = 1
    told: Literal["planes", "slots"] = "planes"

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "TokenRecipe":
        """Read a description; what happens before a public encoder, and the encoder, do not matter here.

        Args:
            description: Plain data, ``{"kind": ..., ...}``, chains nested under ``parts``.

        Raises:
            NotApplicable: If it is another family, which other attacks were made for.
            UnreadStructure: If a part is unknown, or does the same with tokens as another.
        """
        facts: dict[str, Any] = {}
        for part in parts_of(description):
            if part.get("kind") == "Encode":
                facts = {}
                continue
            found = _facts(part, after_map="token_map" in facts)
            if found is None:
                raise outside(description, TOKENS, "disguises made of tokens")
            if found.keys() & facts.keys():
                raise UnreadStructure(
                    "the attacks on tokens read each kind of part once",
                    value=part["kind"],
                    place="the recipe",
                )
            facts |= found
        return cls(**facts)

    @property
    def linear(self) -> bool:
        """Whether every token is multiplied by a matrix, if anything."""
        return self.token_map in (None, "gaussian", "orthogonal")

    def tokens(self, disguised: Tensor) -> Tensor:
        """Disguised maps of one key ``(n, d, h, w)`` as tokens, float32 ``(n, t, d)``, the noise's mean off."""
        return tokens_of(disguised) - self.noise_after / 2

    def by_key(self, disguised: Tensor) -> Iterator[tuple[int, Rows, Tensor]]:
        """Which images are under the same key: the key's number, their rows, and their maps alone.

        Raises:
            NotApplicable: If the maps have no room for what states the key.
        """
        if self.keys == 1:
            yield 0, torch.arange(len(disguised)), disguised
            return
        channels, spare = disguised.shape[1] - self.keys, disguised.shape[1] % self.keys
        if (self.told == "planes" and channels < 1) or (self.told == "slots" and spare):
            raise NotApplicable("released maps do not state their key", value=tuple(disguised.shape[1:]))
        each = channels if self.told == "planes" else disguised.shape[1] // self.keys
        shares = disguised[:, -self.keys :] if self.told == "planes" else disguised.abs()
        chosen = shares.reshape(len(disguised), self.keys, -1).sum(2).argmax(1)
        for key in range(self.keys):
            rows = (chosen == key).nonzero().flatten()
            start = 0 if self.told == "planes" else key * each
            yield key, rows, disguised[rows, start : start + each]


def tokens_of(maps: Tensor) -> Tensor:
    """Positions as tokens: ``(n, d, h, w)`` to float32 ``(n, h w, d)``, in reading order."""
    return maps.float().flatten(2).transpose(1, 2)


def _facts(part: Mapping[str, Any], after_map: bool) -> dict[str, Any] | None:
    match part.get("kind"):
        case "TokenMatrix":
            return {"token_map": part["matrix"]}
        case "TokenNetwork":
            return {"token_map": "network"}
        case "BlockPermutation" if part["block"] in (1, [1, 1], (1, 1)):
            return {"permuted": True}
        case "ManyKeys":
            return {"keys": int(part["keys"]), "told": part["told"]}
        case "Noise":
            return {"noise_after": float(part["level"])} if after_map else {}
        case _:
            return None

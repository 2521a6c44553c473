"""What somebody gets who listens to obfuscated features and trains nothing; and how much of the noise is constant."""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.encoders.constant_noise import constant_share
from masquerade.encoders.noise_encoder import NoiseEncoder, token_norm
from masquerade.training.xnn_d.adversarial import Faces
from masquerade.training.xnn_d.pair import obfuscated

LITTLE: Final = 0.5
"""Of the way from a guess to what a listener gets without noise: past it the noise hides little."""


@final
@dataclass(frozen=True)
class ListenerScores:
    """Rank-1 identification of intercepted features among clean ones, by cosine, each photo's own left out.

    Args:
        photos: Photos that it was measured on, of people with two or more.
        raw: Share named rightly, features as they are.
        centred: The same, the mean of each side taken off.
        clean: The better of the two without noise.
        chance: What a guess gets.
        constant: Share of the noise's energy that is the same for everybody; None without noise.
        held_back: Whether the people were kept back from the training.
    """

    photos: int
    raw: float
    centred: float
    clean: float
    chance: float
    constant: float | None
    held_back: bool

    @property
    def best(self) -> float:
        """The better of the two comparisons."""
        return max(self.raw, self.centred)

    @property
    def hides_little(self) -> bool:
        """Whether the listener keeps more than half of what there was to get beyond a guess."""
        return self.best - self.chance > LITTLE * max(self.clean - self.chance, 0.0)


def listening(noise: NoiseEncoder, faces: Faces, *, held_back: bool) -> ListenerScores | None:
    """Measure a noise by what it leaves to somebody who compares; None if no two photos are of one person.

    Args:
        noise: The trained noise encoder.
        faces: People to measure with.
        held_back: Whether they were kept back from the training.
    """
    people = faces.labels
    same = people[:, None] == people[None]
    same.fill_diagonal_(False)
    counted = same.any(1)
    if not bool(counted.any()) or bool(same[counted].sum(1).max() == len(people) - 1):
        return None
    clean, seen = token_norm(faces.features).flatten(1), obfuscated(noise, faces).flatten(1)
    centred = clean - clean.mean(0)
    without = max(_rank1(clean, clean, same), _rank1(centred, centred, same))
    return ListenerScores(
        photos=int(counted.sum()),
        raw=_rank1(seen, clean, same),
        centred=_rank1(seen - seen.mean(0), centred, same),
        clean=without,
        chance=float((same[counted].sum(1) / (len(people) - 1)).mean()),
        constant=None if torch.equal(seen, clean) else constant_share(seen - clean, people),
        held_back=held_back,
    )


def _rank1(seen: Tensor, clean: Tensor, same: Tensor) -> float:
    """Share of rows whose nearest clean map, their own left out, is of the same person."""
    cosines = functional.normalize(seen) @ functional.normalize(clean).T
    nearest = cosines.fill_diagonal_(-torch.inf).argmax(1)
    return float(same[torch.arange(len(same)), nearest][same.any(1)].float().mean())

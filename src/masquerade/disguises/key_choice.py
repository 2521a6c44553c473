"""One of several secret halves for each photo: drawn by the key and the photo, and applied to its own photos alone."""

from collections.abc import Sequence

import torch
from torch import Tensor

from masquerade.disguises.base import Keyed
from masquerade.keys import KeyStream


def chosen_by(choices: KeyStream, nonces: list[bytes], count: int) -> Tensor:
    """Which of ``count`` is each photo's, all equally likely, int64 ``(n,)``.

    Args:
        choices: The owner's stream.
        nonces: 16 bytes for each photo.
        count: How many there are to choose among.
    """
    fields = torch.from_numpy(choices.fields(nonces, 1)[:, 0])
    return (fields.double() * count).long()


def by_turns(
    keyed: Sequence[Keyed], chosen: Tensor, images: Tensor, nonces: list[bytes]
) -> list[tuple[Tensor, Tensor]]:
    """What each secret half makes of the photos that are its own.

    Args:
        keyed: The secret halves.
        chosen: Which of them is each photo's, ``(n,)``.
        images: Checked photos ``(n, c, h, w)``.
        nonces: 16 bytes for each photo.

    Returns:
        For each secret half the rows of its photos, and the result of these.
    """
    found = []
    for number, each in enumerate(keyed):
        rows = (chosen == number).nonzero()[:, 0]
        some = [nonces[row] for row in rows.tolist()] if each.needs_nonces else None
        made = (
            each.disguise(images[rows].contiguous(), some) if len(rows) else torch.zeros(0, *each.out_shape)
        )
        found.append((rows, made))
    return found

"""A generator of torch's whose whole state comes from the key, where torch takes no numbers drawn elsewhere."""

from typing import Final

import numpy as np
import torch
from torch import Generator

from masquerade.keys import KeyStream

_WORDS: Final = 624
_BEFORE: Final = 3
"""64-bit words of torch's state before the Mersenne Twister's own: seed, position, next."""


def generator_of(stream: KeyStream) -> Generator:
    """A generator on the processor with 624 words of the stream as its state.

    A seed would leave of the key no more than the 32 bits that torch takes of it.
    """
    generator = Generator()
    state = generator.get_state()  # its position is that of a state not drawn from; its words are replaced
    words = stream.integers(1 << 32, _WORDS)
    state.view(torch.int64)[_BEFORE : _BEFORE + _WORDS] = torch.from_numpy(words.astype(np.int64))
    generator.set_state(state)
    return generator

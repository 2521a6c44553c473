"""What the small scenes share."""

from typing import Final

import torch

from masquerade.disguises import (
    Chain,
)

PEOPLE: Final = torch.arange(400) // 10
"""Who is on each of the built-in faces."""
BARE: Final = Chain()

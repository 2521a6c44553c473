"""No photo worse than stated: a cloak is made weaker, photo by photo, until it is similar enough."""

from typing import Final

import torch
from torch import Tensor

from masquerade.disguises.cloaks.tanh_space import whole_levels
from masquerade.networks.cloaks.ssim import InnerSSIM

_HALVINGS: Final = 7


def similar_enough(photos: Tensor, cloaked: Tensor, bound: float, floor: float) -> Tensor:
    """Cloaked photos of a structural similarity of ``floor`` at least, with as much of the cloak as that allows.

    Args:
        photos: float32 ``(n, 3, h, w)``, values 0 to 255, 11 pixels a side or more.
        cloaked: The same photos cloaked, of whole grey levels.
        bound: Most that a pixel may change, in grey levels.
        floor: From 0 to 1.

    Returns:
        float32 ``(n, 3, h, w)``, whole grey levels; untouched photos where nothing else is similar enough.
    """
    similarity = InnerSSIM(photos)
    if bool((similarity.values(cloaked) >= floor).all()):
        return cloaked
    change, share = cloaked - photos, torch.zeros(len(photos), 1, 1, 1)
    best = photos.round() if bool((photos != photos.round()).any()) else photos.clone()
    for halving in range(_HALVINGS + 1):
        tried = (share + 0.5**halving).clamp(max=1)
        found = whole_levels(photos + tried * change, photos, bound)
        enough = (similarity.values(found) >= floor)[:, None, None, None]
        share = torch.where(enough, tried, share)
        best = torch.where(enough, found, best)
    return best

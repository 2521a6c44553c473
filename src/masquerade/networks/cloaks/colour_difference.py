"""CIEDE2000 (CIE 142-2001): how different two colours look, 1 being about what an eye just notices side by side.

Formulas and their traps: Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes".
"""

from math import pi
from typing import Final

import torch
from torch import Tensor

_TO_XYZ: Final = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
"""sRGB (IEC 61966-2-1), its white that of D65."""
_WHITE: Final = (0.95047, 1.0, 1.08883)
_EPSILON: Final = 216 / 24389
_KAPPA: Final = 24389 / 27
_TURN: Final = 2 * pi
_GREY: Final = 25.0**7


def colour_difference(images: Tensor, originals: Tensor) -> Tensor:
    """Differences, pixel by pixel, between photos in sRGB.

    Args:
        images: ``(n, 3, h, w)``, values 0 to 255.
        originals: Of the same shape.

    Returns:
        float64 ``(n, h, w)``, from 0.
    """
    return lab_difference(lab(images), lab(originals))


def lab(images: Tensor) -> Tensor:
    """Photos ``(n, 3, h, w)`` in sRGB, 0 to 255, as CIELAB, float64 of the same shape."""
    levels = images.double() / 255
    linear = torch.where(levels > 0.04045, ((levels + 0.055) / 1.055) ** 2.4, levels / 12.92)
    white = torch.tensor(_WHITE, dtype=torch.float64).view(3, 1, 1)
    xyz = torch.einsum("dc,nchw->ndhw", torch.tensor(_TO_XYZ, dtype=torch.float64), linear) / white
    cubes = torch.where(xyz > _EPSILON, xyz.clamp(min=_EPSILON) ** (1 / 3), (_KAPPA * xyz + 16) / 116)
    x, y, z = cubes.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def lab_difference(one: Tensor, other: Tensor) -> Tensor:
    """Differences ``(n, ...)`` of colours ``(n, 3, ...)`` in CIELAB."""
    (light1, a1, b1), (light2, a2, b2) = one.unbind(1), other.unbind(1)
    mean = (torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2
    stretch = 1 + 0.5 * (1 - _near_grey(mean))
    chroma1, chroma2 = torch.hypot(stretch * a1, b1), torch.hypot(stretch * a2, b2)
    hue1, hue2 = (torch.atan2(b, stretch * a) % _TURN for a, b in ((a1, b1), (a2, b2)))
    coloured = chroma1 * chroma2 > 0
    between = torch.where(coloured, (hue2 - hue1 + pi) % _TURN - pi, 0.0)
    hue = torch.where(coloured, (hue1 + between / 2) % _TURN, hue1 + hue2)
    light, chroma = (light1 + light2) / 2, (chroma1 + chroma2) / 2
    by_light = (light2 - light1) / (1 + 0.015 * (light - 50) ** 2 / torch.sqrt(20 + (light - 50) ** 2))
    by_chroma = (chroma2 - chroma1) / (1 + 0.045 * chroma)
    by_hue = 2 * torch.sqrt(chroma1 * chroma2) * torch.sin(between / 2) / (1 + 0.015 * chroma * _weight(hue))
    turned = _rotation(hue, chroma) * by_chroma * by_hue
    return (by_light**2 + by_chroma**2 + by_hue**2 + turned).clamp(min=0).sqrt()


def _near_grey(chroma: Tensor) -> Tensor:
    """0 for greys, near 1 for strong colours."""
    return torch.sqrt(chroma**7 / (chroma**7 + _GREY))


def _weight(hue: Tensor) -> Tensor:
    found = torch.ones_like(hue)
    for share, times, shift in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63)):
        found += share * torch.cos(times * hue + shift * pi / 180)
    return found


def _rotation(hue: Tensor, chroma: Tensor) -> Tensor:
    """Blues: where chroma and hue are not told apart as elsewhere."""
    angle = 30 * torch.exp(-(((hue * 180 / pi - 275) / 25) ** 2))
    return -torch.sin(2 * angle * pi / 180) * 2 * _near_grey(chroma)

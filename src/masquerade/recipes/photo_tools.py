"""What people do to photos by hand or with a tool, on aligned faces of 112 pixels a side; none has a key."""

from typing import Final

from masquerade.disguises import (
    Contours,
    Disguise,
    EyeBar,
    FaceBox,
    GaussianBlur,
    KSamePhotos,
    Pixelation,
)
from masquerade.recipes.base import Recipe

_ALIKE: Final = "Anyone can do the same to other photos of the people, and compare like with like."
_BESIDE: Final = "What lies beside it stays: hair, ears, clothes, background."


def _tool(name: str, title: str, disguise: Disguise, source: str, advice: str) -> Recipe:
    return Recipe(name, title, disguise, 112, 112, "RGB", "resnet18", "laptop-resnet18", source, advice)


PHOTO_TOOLS: Final[tuple[Recipe, ...]] = (
    _tool("blur", "Gaussian blur of sigma 8 pixels", GaussianBlur(8.0), "common practice", _ALIKE),
    _tool("pixelation", "8 x 8 squares of one colour each", Pixelation(8), "common practice", _ALIKE),
    _tool("black-box", "a black box over the face", FaceBox(), "common practice", _BESIDE),
    _tool("eye-bar", "a black bar over the eyes", EyeBar(), "common practice", _BESIDE),
    _tool(
        "k-same-photos",
        "means of five photos that are alike",
        KSamePhotos(5),
        "Newton, Sweeney and Malin 2005, Preserving Privacy by De-identifying Face Images",
        "It averages photos of one call, so it is for studies and cannot be written photo by photo. "
        "Several photos of a person may be averaged with each other alone.",
    ),
    _tool("contours", "contours as white lines on black", Contours(), "ours", _ALIKE),
)
"""Blur, pixelation, black box, bar over the eyes, k-same and contours."""

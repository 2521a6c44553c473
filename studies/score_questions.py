"""What people ask of cloaks: studies/score_questions.py DATA [CLOAK ...].

The photos and scores are those of score_recogniser_cloak.py. Each cloak is looked at as it is, once more under
the same key (should I cloak twice?), and after JPEG, a reduced copy and a blur (does a screenshot undo it?).
"alike" is the mean cosine of two published photos of one user (do all my photos look like one person?), and of
two users.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from score_recogniser_cloak import Faces, cloaked, faces, score
from torch import Tensor

from masquerade.attacks.cloaks.purification import purified
from masquerade.encoders.dlib_recogniser import DlibRecogniser
from masquerade.encoders.recogniser import Recogniser, open_recogniser
from masquerade.recipes import recipe

CLOAKS = ("hyperobf-one-pass", "recogniser-cloak")
HANDLINGS = ("jpeg", "resize", "blur")


def versions_of(name: str, photos: Faces) -> list[tuple[str, Tensor]]:
    """The published photos under one cloak, handled in several ways."""
    disguise = recipe(name).whole()
    once = cloaked(disguise, photos)
    twice = cloaked(disguise, replace(photos, published=once))
    handled = [(f"{name}, then {how}", purified(once, how, None)) for how in HANDLINGS]
    return [(name, once), (f"{name}, twice", twice), *handled]


@torch.no_grad()
def alike(recogniser: Recogniser, photos: Faces, images: Tensor) -> str:
    """Mean cosines of two published photos, of one user and of two."""
    vectors = recogniser.embed(images)
    same = photos.users[:, None] == photos.users[None]
    apart = same & ~torch.eye(len(same), dtype=torch.bool)
    cosines = vectors @ vectors.T
    return f"alike {float(cosines[apart].mean()):.3f} (two users {float(cosines[~same].mean()):.3f})"


def main() -> None:
    """Cloak, handle, look, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data", type=Path)
    asked.add_argument("cloaks", nargs="*", default=CLOAKS)
    args = asked.parse_args()
    photos = faces(args.data)
    versions = [("clean", photos.published.float())]
    versions += [each for name in args.cloaks for each in versions_of(name, photos)]
    for recogniser in (open_recogniser("sface"), DlibRecogniser()):
        for (_, images), line in zip(versions, score(recogniser, photos, versions), strict=True):
            print(f"{line} | {alike(recogniser, photos, images)}", flush=True)


if __name__ == "__main__":
    main()

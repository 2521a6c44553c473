"""Draw what attackers rebuild under every defence: best, median and worst, with the photos above.

    python studies/crafter_pictures.py [STUDY] [OUT] [--data DATA] [--runs RUNS] [--profile PROFILE]

By default of the built-in faces, crafter_orl, to docs/pictures/crafter.jpg. Pictures of others belong
into no repository: name a place outside.
"""

import argparse
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from masquerade.audit.runner import Audit
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.studies import study_named

MARGIN, HEADING, QUALITY = 8, 14, 90
Pictures = dict[str, dict[str, Tensor]]


def sheet(pictures: Pictures) -> Image.Image:
    """A block for each protection and attack, the attacks of a protection side by side.

    Args:
        pictures: By ``protection: attack``, rows ``original`` and ``recovered``, ``(3, 3, side, side)`` of 0 to 255.
    """
    arms = list(dict.fromkeys(title.split(": ")[0] for title in pictures))
    attacks = list(dict.fromkeys(title.split(": ")[1] for title in pictures))
    side = next(iter(pictures.values()))["original"].shape[3]
    width, height = 3 * side + MARGIN, 2 * side + 2 * HEADING + MARGIN
    drawn = Image.new("RGB", (width * len(attacks), height * len(arms)), "white")
    pen = ImageDraw.Draw(drawn)
    for title, rows in pictures.items():
        arm, attack = title.split(": ")
        x, y = attacks.index(attack) * width, arms.index(arm) * height
        if not x:
            pen.text((x, y), arm, fill="black")
        pen.text((x, y + HEADING), attack, fill="grey")
        for number, row in enumerate(("original", "recovered")):
            drawn.paste(_strip(rows[row]), (x, y + 2 * HEADING + number * side))
    return drawn


def _strip(images: Tensor) -> Image.Image:
    pixels = images.round().clamp(0, 255).to(torch.uint8).permute(2, 0, 3, 1).flatten(1, 2)
    return Image.fromarray(pixels.contiguous().numpy())


def main() -> None:
    """Run what of the study is not there yet, and draw it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("study", type=study_named, nargs="?", default="crafter_orl")
    asked.add_argument("out", type=Path, nargs="?", default=Path("docs/pictures/crafter.jpg"))
    asked.add_argument("--data", type=Path)
    asked.add_argument("--runs", type=Path)
    asked.add_argument("--profile", choices=("quick", "laptop", "paper"), default="laptop")
    args = asked.parse_args()
    audit = Audit(load_study(args.study).at(args.profile), args.data, args.runs, print, "")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    sheet(audit.run().pictures).save(args.out, quality=QUALITY)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()

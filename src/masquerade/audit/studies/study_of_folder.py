"""A study file for somebody's own photos, to begin with."""

import json
from pathlib import Path
from typing import Final

from masquerade.errors import StudyError

_FEWEST: Final = 3
"""People: two of the owner's, one whom the attacker knows."""


def study_of_folder(folder: Path) -> str:
    """The text of a study that audits the photos in a folder of person folders, under our recipe and under none.

    Raises:
        StudyError: If there are too few folders in it.
    """
    people = sum(path.is_dir() and not path.name.startswith(".") for path in folder.iterdir())
    if people < _FEWEST:
        raise StudyError(
            "too few people",
            value=f"{people} folders of people",
            place=folder,
            remedy=f"An audit of photos wants a folder for each of at least {_FEWEST} people.",
        )
    owners = max(2, people * 2 // 3)
    return f"""\
name = "own"
title = "What an attacker learns from our photos"
source = "our own photos"

[data]
source = "folder"
path = {json.dumps(str(folder.resolve()))}
height = 32
width = 32
mode = "RGB"
classes = {owners}  # people whose photos are disguised; the attacker knows the other {people - owners}

[training]
preset = "laptop-resnet18"

[[arms]]
name = "unprotected"
recipe = "none"

[[arms]]
name = "blocks-noise"
recipe = "blocks-noise"
training = {{ preset = "laptop-block-net" }}

[[attacks]]
name = "moments"
metric = "linkage"

[[attacks]]
name = "gram_fingerprint"
metric = "linkage"
"""

"""``audit`` of one of masquerade's own protections on a folder of photos, without a study file."""

from collections.abc import Sequence
from pathlib import Path

import torch

from masquerade.api.audit_pairs import Place, audited, together_in_memory
from masquerade.api.auditing import Progress, audit, say_by
from masquerade.api.report import Report
from masquerade.audit.folders.pairing import PhotoPair, named_photos
from masquerade.audit.folders.reading import PairsRead
from masquerade.audit.folders.sampled import MOST_PAIRS, sampled
from masquerade.audit.folders.scene import SIDE
from masquerade.audit.studies.study import Profile
from masquerade.disguises import Disguise
from masquerade.disguises.base import Keyed
from masquerade.disguises.baselines.any_tool import AnyTool
from masquerade.errors import UsageError
from masquerade.faces.reading import FaceHandling, way_of
from masquerade.keys import Key
from masquerade.recipes import recipe


def audit_by_name(
    photos: Place,
    protection: str,
    *,
    people: Place | None = None,
    faces: FaceHandling = "auto",
    profile: Profile = "quick",
    seeds: Sequence[int] = (0,),
    cache_dir: Place | None = None,
    progress: Progress = True,
) -> Report:
    """Audit a protection on photos of a folder.

    One that gives a picture for a picture and has no key, such as a blur, is attacked as any tool is that can be asked;
    any other by the attacks that read what it is made of, as ``audit`` does.

    Args:
        photos: Photos, in a folder for each person, or loose.
        protection: Name of a recipe.
        people: A CSV of path and person, instead of person folders.
        faces: "auto" finds the face on each photo; "as-is" takes photos for aligned faces.
        profile: As for ``audit``.
        seeds: As for ``audit``.
        cache_dir: As for ``audit``.
        progress: As for ``audit``.

    Raises:
        UsageError: If there is no such protection, or too few photos can be read.
    """
    whole = recipe(protection).whole()
    if not whole.in_order():
        raise UsageError(
            "no protection to audit", value=protection, place="--protection", remedy="Name another."
        )
    root, say = Path(photos), say_by(progress)
    names, notices = named_photos(root, None if people is None else Path(people))
    for line in notices:
        say(line)
    every = [PhotoPair(name, root / name, root / name, person) for name, person in names]
    taken = sampled(every, *MOST_PAIRS[profile])
    read = PairsRead(SIDE, SIDE, way_of(faces), look=False).read(taken, lambda done: None)
    for line in read.rejected[:5]:
        say(line)
    images = read.arrays()[0]
    if len(images) < 2:
        raise UsageError(
            "fewer than two photos that could be read", value="; ".join(read.rejected[:3]), place="photos"
        )
    named = names[0][1] is not None
    keyed = _without_key(whole, (3, SIDE, SIDE))
    if keyed is None:
        if not named:
            raise UsageError(
                "nobody says who is on the photos",
                place="photos",
                remedy="Put each person's photos into a folder, or give --people.",
            )
        cache = None if cache_dir is None else Path(cache_dir)
        kept = _with_two(images, read.people)
        return audit(
            *kept,
            protections=("none", protection),
            profile=profile,
            seeds=seeds,
            cache_dir=cache,
            progress=progress,
        )
    protected = torch.cat([keyed(part) for part in torch.split(images, 64)])
    together = together_in_memory(images, protected, read.people, named=named, misfits=read.rejected)
    return audited(together, profile, seeds, cache_dir, progress, AnyTool().asking(keyed), protection)


def _without_key(whole: Disguise, shape: tuple[int, int, int]) -> Keyed | None:
    """A protection at work that has no key and gives pictures; None for any other."""
    if whole.keyed_by_secret or whole.takes_long or whole.features_of is not None:
        return None
    keyed = whole.with_key(Key.generate(), shape)
    return keyed if keyed.out_shape == shape and not keyed.wants_public else None


def _with_two(images: torch.Tensor, people: list[str]) -> tuple[torch.Tensor, list[str]]:
    """Photos of people who have two or more."""
    rows = [row for row, person in enumerate(people) if people.count(person) > 1]
    return images[torch.tensor(rows, dtype=torch.int64)], [people[row] for row in rows]

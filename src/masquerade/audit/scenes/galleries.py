"""Whose named photos an attacker holds: those of the people in a release, and of others who are not in it."""

import torch
from torch import Tensor

from masquerade.attacks.base import Labelled
from masquerade.audit.scenes.scene import Scene
from masquerade.audit.studies.study import AttackSpec
from masquerade.data.image_set import ImageSet
from masquerade.errors import StudyError


def gallery_sight(
    scene: Scene, attack: AttackSpec, victims: ImageSet, rest: ImageSet
) -> tuple[Labelled, dict[str, Tensor]]:
    """Named photos, and where some are of decoys the truth about who is in the release.

    Args:
        scene: Who has which images.
        attack: The attack's section of the study.
        victims: What is released to the attacker.
        rest: What else is in the set under attack.

    Returns:
        The gallery, the people of the release numbered as theirs and decoys after them; ``members`` and
        ``candidate_identities`` by those numbers, or nothing without decoys.

    Raises:
        StudyError: If fewer other people are known than decoys are asked for.
    """
    known = rest if attack.gallery == "rest" else scene.train if attack.target == "test" else scene.test
    if not attack.decoys:
        return Labelled(known.images.float(), known.labels), {}
    decoys = _decoys(scene, attack, victims)
    images = torch.cat([known.images, decoys.images]).float()
    labels = torch.cat([known.labels, decoys.labels + len(known.names)])
    people = torch.unique(labels)
    members = torch.isin(people, victims.labels)
    return Labelled(images, labels), {"members": members, "candidate_identities": people}


def _decoys(scene: Scene, attack: AttackSpec, victims: ImageSet) -> ImageSet:
    """Those with most photos among people who are not in the release."""
    sources = [scene.outsiders, scene.train if scene.unseen else None, scene.public]
    for others in sources:
        if others is None or set(others.names) & set(victims.names):
            continue
        photos = torch.bincount(others.labels, minlength=len(others.names))
        order = photos.argsort(descending=True, stable=True)[: attack.decoys]
        if len(order) == attack.decoys and int(photos[order].min()) > 0:
            return others.renumbered(order)
    raise StudyError(
        "too few people who are not in the release",
        value=f"{attack.decoys} decoys",
        place=f"attack {attack.title}",
        remedy="Ask for fewer, or for outsiders in the study's data.",
    )

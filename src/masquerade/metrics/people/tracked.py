"""Tracking: whom recognisers that learnt from cloaked photos name on photos met later (HyperObf, section 5.1).

One minus ``tracked`` is the protection rate of the literature.
"""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from masquerade.errors import NotMeasurable
from masquerade.guesses import Guess, Tracking
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import share_by_person
from masquerade.metrics.expecting import expect, known


def tracked(guess: Guess, truth: Truth) -> Score:
    """Share of a user's clean photos met later that the user's tracker names as the user; mean over users.

    Every user counts alike, however many photos there are. Chance is 1/(b + 1) for b bystanders. Users without
    a tracker (named -1) are left out.

    Raises:
        NotMeasurable: If the guess tracks nobody, or no user has such a photo.
    """
    return _of_users(guess, truth, "tracked", cloaked=False)


def tracked_cloaked(guess: Guess, truth: Truth) -> Score:
    """As ``tracked``, on photos that the user cloaked.

    Raises:
        NotMeasurable: As ``tracked``.
    """
    return _of_users(guess, truth, "tracked_cloaked", cloaked=True)


def tracked_others(guess: Guess, truth: Truth) -> Score:
    """Share of the bystanders' photos met later that trackers name rightly; mean over bystanders.

    A tracker that sees its user everywhere is told from one that recognises people by this.

    Raises:
        NotMeasurable: If the guess tracks nobody, or no bystander is met.
    """
    named, people, _ = _parts(guess, truth, "tracked_others")
    users = len(named)
    made = named[(named >= 0).all(1)]
    met = torch.unique(people[people >= users])
    if not len(met) or not len(made):
        raise _nobody("tracked_others")
    hits = [float((made[:, people == person] == person - users).double().mean()) for person in met]
    return _score("tracked_others", hits, met, int((people >= users).sum()), _bystanders(people, users))


def _of_users(guess: Guess, truth: Truth, name: str, *, cloaked: bool) -> Score:
    named, people, worn = _parts(guess, truth, name)
    users = len(named)
    bystanders = _bystanders(people, users)
    hits, who, photos = [], [], 0
    for user in range(users):
        met = (people == user) & (worn == cloaked)
        if bool(met.any()) and int(named[user].min()) >= 0:
            hits.append(float((named[user, met] == bystanders).double().mean()))
            who.append(user)
            photos += int(met.sum())
    if not hits:
        raise _nobody(name)
    return _score(name, hits, torch.tensor(who), photos, bystanders)


def _parts(guess: Guess, truth: Truth, name: str) -> tuple[Tensor, Tensor, Tensor]:
    named = expect(guess, Tracking, name).named
    people = known(truth.sighting_identities, "sighting_identities", name)
    worn = known(truth.sighting_cloaked, "sighting_cloaked", name)
    return named, people, worn


def _bystanders(people: Tensor, users: int) -> int:
    """How many bystanders there are, each of whom is met."""
    return max(0, int(people.max()) + 1 - users)


def _score(name: str, hits: list[float], people: Tensor, photos: int, bystanders: int) -> Score:
    values = np.array(hits)
    return replace(share_by_person(name, values, people.numpy(), 1 / (bystanders + 1)), n=photos)


def _nobody(name: str) -> NotMeasurable:
    return NotMeasurable(
        f"{name} needs photos met later of people with a tracker",
        value="none",
        place="the truth",
        remedy="Keep photos of each tracked user and bystander for later.",
    )

"""What noise on a task's answers lets anybody learn, beside what attackers learn."""

from typing import Final

import numpy as np
import torch

from masquerade.attacks.base import Disguising
from masquerade.audit.scenes.scene import Scene
from masquerade.crafting.trained import TrainedSplit
from masquerade.disguises import Disguise
from masquerade.disguises.features.split_encode import SplitEncode
from masquerade.keys import Key
from masquerade.metrics import Score
from masquerade.metrics.people.naming_bound import these_candidates, worst_case

_SEED: Final = 9


def naming_bounds(
    scene: Scene, disguise: Disguise, split: TrainedSplit, released: Disguising
) -> dict[str, Score]:
    """The bound on every attacker, and the best that somebody can do who holds the very photos of the test.

    Nothing where the disguise declares no noise on features in a ball.

    Args:
        scene: A study of features.
        disguise: The protection.
        split: The network whose features it gives, before noise.
        released: Photos to what is released.
    """
    deviation, test = disguise.noise_in_ball, scene.test
    if deviation is None:
        return {}
    bare = SplitEncode(split).with_key(Key.generate(), test.shape) if deviation else released
    people = len(torch.unique(test.labels))
    most = worst_case(people, deviation)
    codes = bare(test.images).flatten(1)
    return {
        "bound": Score("naming_bound", most, 1 / people, most, most, len(test), people),
        "candidates": these_candidates(codes, test.labels, deviation, np.random.default_rng(_SEED)),
    }

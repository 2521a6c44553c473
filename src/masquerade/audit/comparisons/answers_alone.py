"""What the task's answers alone tell of identity: the least that leaks where a cloud is to know all of them.

The logits of an unprotected photo are all that leaves; Crafter and its like send features that tell them, and more.
"""

from typing import Final

import torch
from torch import Tensor

from masquerade.attacks.naming import by_best
from masquerade.attacks.within_people import whitening_map, within_covariance
from masquerade.audit.scenes.features import feature_scores
from masquerade.audit.scenes.scene import Scene
from masquerade.crafting.trained import TrainedSplit
from masquerade.disguises.features.split_encode import SplitEncode
from masquerade.guesses import Labels
from masquerade.keys import Key
from masquerade.metrics import Score, identification
from masquerade.metrics.base import Truth
from masquerade.training.crafter.attributes import attribute_logits

BEST: Final = 3
"""Photos of each person that a probe is compared with: the most similar ones, their cosines averaged."""
PUBLIC: Final = 2000
_RIDGE: Final = 0.05
_PART: Final = 64


def answers_alone(scene: Scene, split: TrainedSplit) -> dict[str, Score]:
    """Utility of the unprotected answers, and the share of test photos whose person they name.

    The attacker holds other photos of the same people (``scene.train``) and public people's, and has the public
    network. Answers are brought to the same spread within public people; a probe is the person whose three most
    similar photos have the greatest mean cosine.

    Args:
        scene: A study of features: ``train`` are the photos that the private people are known by.
        split: The network whose answers they are.
    """
    plain = SplitEncode(split).with_key(Key.generate(), scene.test.shape)

    def answers(images: Tensor) -> Tensor:
        parts = torch.split(images, _PART)
        return torch.cat([attribute_logits(split.network, plain(part)) for part in parts]).double()

    public = scene.public.take(torch.arange(min(PUBLIC, len(scene.public))))
    mean, whiten = _within(answers(public.images), public.labels)
    known, seen = ((answers(photos) - mean) @ whiten for photos in (scene.train.images, scene.test.images))
    guess = Labels(by_best(seen, known, scene.train.labels, BEST))
    truth = Truth(scene.test.images, scene.test.labels)
    used = feature_scores(scene, plain(scene.test.images), split)["utility"]
    return {"utility": used, "identification": identification(guess, truth)}


def _within(answers: Tensor, people: Tensor) -> tuple[Tensor, Tensor]:
    """Mean of public answers, and a matrix that gives them the same spread within people in all directions."""
    spread = within_covariance(answers - answers.mean(0), torch.unique(people, return_inverse=True)[1])
    spread.diagonal().add_(_RIDGE * spread.diagonal().mean())
    return answers.mean(0), whitening_map(spread)

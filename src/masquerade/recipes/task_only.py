"""What leaves instead of features: the task's answers in a few numbers, and means of public features."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from masquerade.disguises import Chain, Disguise, KSame, TaskAnswers
from masquerade.recipes.base import Recipe
from masquerade.recipes.deferred import Cloak, Opened

_SPLIT: Final[dict[str, Opened]] = {"split": "split-1"}
_ANSWERS: Final[dict[str, Opened]] = {**_SPLIT, "answers": "answers-1"}
_FINGERPRINT: Final = "Without noise a code is a fingerprint of its photo; docs/guide/task-only.md."


def _recipe(
    name: str,
    title: str,
    kind: type[Disguise],
    networks: dict[str, Opened],
    advice: str,
    own: Mapping[str, Any] = MappingProxyType({}),
) -> Recipe:
    training = ("mlp", "laptop-mlp") if kind is TaskAnswers else ("resnet18", "laptop-resnet18")
    return Recipe(
        name, title, Chain(), 64, 64, "RGB", *training, "ours", advice, cloak=Cloak(kind, networks, own)
    )


TASK_ONLY: Final[tuple[Recipe, ...]] = (
    _recipe(
        "task-only",
        "the task's answers in 4 numbers of 4 bits",
        TaskAnswers,
        _ANSWERS,
        f"Answers tell of people what they tell. {_FINGERPRINT}",
    ),
    _recipe(
        "task-only-thin",
        "the task's answers in 4 numbers of 4 bits, by one matrix after the encoder",
        TaskAnswers,
        _ANSWERS,
        f"Answers tell of people what they tell. {_FINGERPRINT}",
        {"thin": True},
    ),
    _recipe(
        "task-only-noise",
        "the task's answers in 2 numbers of 4 bits under normal noise of deviation 0.8, with a bound",
        TaskAnswers,
        _ANSWERS,
        "Noise costs much of the task; k different photos of a person count as the deviation over the root of k.",
        {"numbers": 2, "deviation": 0.8},
    ),
    _recipe(
        "k-same",
        "the mean of the 30 nearest features of faces that a generator draws",
        KSame,
        {**_SPLIT, "bank": "faces-1"},
        "Which faces are nearest tells people apart; a bank of public people's features costs less of the task.",
    ),
)
"""Ours: less than features."""

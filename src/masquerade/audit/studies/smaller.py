"""A study made smaller, as a profile says it: shorter trainings, fewer photos, lesser attacks."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from masquerade.attacks import EVERY_ATTACK
from masquerade.errors import UsageError
from masquerade.recipes import recipe
from masquerade.training.presets import PRESETS

if TYPE_CHECKING:
    from masquerade.audit.studies.study import ArmSpec, AttackSpec, ProfileSpec, TrainingSpec


def shorter(training: "TrainingSpec | None", epochs: int | None) -> "TrainingSpec | None":
    """A training of at most so many passes; one that is counted in steps stays as it is."""
    known = PRESETS.get(training.preset) if training else None
    if training is None or epochs is None or known is None:
        return training
    passes = training.change.get("epochs", known.epochs)
    if passes is None or passes <= epochs:
        return training
    return training.model_copy(update={"change": {**training.change, "epochs": epochs}})


def smaller_arm(arm: "ArmSpec", profile: "ProfileSpec") -> "ArmSpec":
    """An arm of at most as many photos and passes as a profile says, and changed by it where the recipe can be."""
    update: dict[str, Any] = {"training": shorter(arm.training, profile.epochs)}
    if profile.photos is not None and arm.photos is not None:
        update["photos"] = min(arm.photos, profile.photos)
    if profile.change and arm.recipe is not None:
        with suppress(UsageError):  # a recipe without such a parameter
            recipe(arm.recipe).changed(profile.change)
            update["change"] = {**arm.change, **profile.change}
    return arm.model_copy(update=update)


def smaller_attack(attack: "AttackSpec", most: Mapping[str, int]) -> "AttackSpec":
    """An attack whose options are at most as large as a profile says, those of an attack inside it too."""
    return attack.model_copy(update={"options": _bounded(attack.name, attack.options, most)})


def _bounded(name: str, options: Mapping[str, Any], most: Mapping[str, int]) -> dict[str, Any]:
    kind = next((known for known in EVERY_ATTACK if known.name == name), None)
    own = {field.name: options.get(field.name, field.default) for field in fields(kind)} if kind else {}  # type: ignore[arg-type]
    smaller = {
        option: bound
        for option, bound in most.items()
        if isinstance(own.get(option), int) and own[option] > bound
    }
    within = {
        option: {
            "name": value["name"],
            **_bounded(value["name"], {k: v for k, v in value.items() if k != "name"}, most),
        }
        for option, value in options.items()
        if isinstance(value, dict) and "name" in value
    }
    return {**options, **within, **smaller}

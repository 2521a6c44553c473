"""The arms and attacks of an audit that is asked for in Python: by name, or as objects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from masquerade.attacks import attack_named
from masquerade.attacks.base import Attack, Sight
from masquerade.audit.studies.generic import names_of_generic
from masquerade.audit.studies.given import GivenArm
from masquerade.audit.studies.study import ArmSpec, AttackSpec, Profile, TrainingSpec
from masquerade.audit.studies.study_text import read_toml
from masquerade.audit.trial import disguise_of, secret_kinds
from masquerade.disguises import Disguise
from masquerade.disguises.base import Shape
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.recipes import Recipe, recipe
from masquerade.training import preset
from masquerade.training.defaults import settings_for
from masquerade.training.presets import PRESETS

AUTO: Final = "auto"
_SHARED: Final = Path(__file__).parents[1] / "studies" / "attacks"
_PAIRS: Final = 16
"""Leaked pairs of an attack that needs some and does not say how many."""
_EXAMINERS: Final = frozenset({"examiner_clean", "examiner_fresh"})
"""Attacks of the studies that read no structure, and name people on any images."""


def arm_of(protection: object, shape: Shape, side: int | None) -> ArmSpec:
    """An arm for a protection.

    Args:
        protection: A recipe's name, a recipe, a disguise, or an object that has a ``recipe``.
        shape: Channels, height and width of the images as they are given.
        side: Rows and columns that images are brought to; None leaves them, for a recipe where its own size is theirs.

    Raises:
        UsageError: If it is none of these, or cannot be keyed for such images.
    """
    if isinstance(protection, Disguise):
        return _arm_of_disguise(protection, shape)
    known = recipe_of(protection)
    if known is None:
        raise UsageError(
            "no protection",
            value=f"{type(protection).__name__}: {str(protection)[:60]}",
            place="protections",
            remedy="Give names as `masquerade list recipes` has them, mq.Protection objects, or disguises.",
        )
    training = TrainingSpec(preset=known.training, network=known.network)
    if isinstance(protection, str):
        return ArmSpec(name=protection, title=protection, recipe=protection, side=side, training=training)
    whole = known.whole()
    arm = ArmSpec(name=known.name, title=known.name, disguise=whole.describe(), side=side, training=training)
    return arm.with_given(GivenArm(whole))


def recipe_of(protection: object) -> Recipe | None:
    """The recipe that a protection is or has; None for one that has none.

    Raises:
        UsageError: If there is no recipe of such a name.
    """
    if isinstance(protection, str):
        return recipe(protection)
    found = protection if isinstance(protection, Recipe) else getattr(protection, "recipe", None)
    return found if isinstance(found, Recipe) else None


def _arm_of_disguise(disguise: Disguise, shape: Shape) -> ArmSpec:
    name = type(disguise).__name__
    keyed = disguise.with_key(Key.generate(), shape)
    arm = ArmSpec(
        name=name, title=name, disguise=disguise.describe(), training=training_for(disguise, keyed.out_shape)
    )
    return arm.with_given(GivenArm(disguise))


def training_for(disguise: Disguise, shape: Shape) -> TrainingSpec:
    """How the cloud trains on what a disguise gives, images of such a shape."""
    settings = settings_for(disguise.describe(), shape)
    name = f"laptop-{settings.network}"
    known = name if name in PRESETS else "laptop-resnet18"
    options = dict(settings.options)
    return TrainingSpec(
        preset=known,
        network=settings.network,
        options={} if options == dict(preset(known).options) else options,
    )


def attacks_for(
    arms: Sequence[ArmSpec], attacks: object, metrics: object, profile: Profile
) -> tuple[list[AttackSpec], list[ArmSpec]]:
    """The sections of attacks, beside those that need no recipe; and the arms, each with the names of its own.

    Args:
        arms: The arms.
        attacks: "auto", or names and attacks.
        metrics: "auto", or names of metrics that every attack is scored by besides its own.
        profile: At "quick" no attack of "auto" asks for a model.

    Raises:
        UsageError: If an attack is neither.
        StudyError: If there is no attack of a name.
    """
    if attacks != AUTO:
        specs = _named(attacks, metrics)
        return specs, list(arms)
    found: dict[str, AttackSpec] = {}
    fitted = []
    for arm in arms:
        own = {spec.title: spec for spec in _fitting(arm, metrics, profile)}
        found |= own
        fitted.append(arm if not secret_kinds(arm) else arm.model_copy(update={"attacks": list(own)}))
    return list(found.values()), fitted


def _fitting(arm: ArmSpec, metrics: object, profile: Profile) -> Iterable[AttackSpec]:
    """Sections of the studies' attacks that read what an arm is made of."""
    kinds, whole = set(secret_kinds(arm)), disguise_of(arm)
    if not kinds or whole.features_of is not None:
        return
    after_encoder = whole.public_prefix()[0] is not None
    for section in _sections("xnn" if after_encoder else "disguised_nets"):
        attack = attack_named(section["name"], section.get("options", {}))
        examines = attack.name in _EXAMINERS and not after_encoder
        asks_for_model = bool({Sight.MODEL, Sight.TEACHER} & attack.needs)
        if "auxiliary" in section or (asks_for_model and profile == "quick"):
            continue
        if attack.reads & kinds or examines:
            yield _with_metrics(AttackSpec.model_validate(_on_released(section)), metrics)


def _on_released(section: Mapping[str, Any]) -> dict[str, Any]:
    """A section as it is run here, where ``train`` is released: studies of unseen people release their ``test``."""
    said = {name: value for name, value in section.items() if name != "seeds"}
    return said if str(said["name"]).startswith("examiner") else {**said, "target": "train"}


@cache
def _sections(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(read_toml(_SHARED / f"{name}.toml")["attacks"])


def _named(attacks: object, metrics: object) -> list[AttackSpec]:
    if isinstance(attacks, (str, Attack)) or not isinstance(attacks, Iterable):
        attacks = [attacks]
    found: list[AttackSpec] = []
    for each in attacks:
        if isinstance(each, str) and each in names_of_generic():
            continue  # run in any case
        spec = _with_metrics(_section_of(each), metrics)
        alike = sum(spec.name == other.name for other in found)
        found.append(spec.model_copy(update={"label": f"{spec.title} {alike + 1}"}) if alike else spec)
    return found


def _section_of(attack: object) -> AttackSpec:
    if isinstance(attack, str):
        for section in (*_sections("disguised_nets"), *_sections("xnn")):
            if section.get("label", section["name"]) == attack and "auxiliary" not in section:
                return AttackSpec.model_validate(_on_released(section))
        return _plain_section(attack_named(attack, {}), {})
    if isinstance(attack, Attack):
        return _plain_section(attack, _options(attack)).with_given(attack)
    raise UsageError(
        "no attack",
        value=f"{type(attack).__name__}: {str(attack)[:60]}",
        place="attacks",
        remedy="Give names as `masquerade list attacks` has them, or attacks.",
    )


def _plain_section(attack: Attack, options: dict[str, Any]) -> AttackSpec:
    pairs = _PAIRS if Sight.PAIRS in attack.needs else None
    return AttackSpec(name=attack.name, metric=attack.control.metric, options=options, pairs=pairs)


def _options(attack: Attack) -> dict[str, Any]:
    """The attack's options as plain data, which determine its numbers."""
    named = {field.name: getattr(attack, field.name) for field in fields(attack)}  # type: ignore[arg-type]
    return {
        name: value if isinstance(value, (bool, int, float, str)) else repr(value)
        for name, value in named.items()
    }


def _with_metrics(spec: AttackSpec, metrics: object) -> AttackSpec:
    if metrics == AUTO:
        return spec
    asked = [metrics] if isinstance(metrics, str) else list(metrics) if isinstance(metrics, Iterable) else []
    return spec.model_copy(update={"others": [name for name in asked if name != spec.metric]})

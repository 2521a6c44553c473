"""Whether a study can run: all that is wrong with it, or missing, is said before hours are spent on its first arms."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from masquerade.attacks.base import Sight
from masquerade.audit.run_attack import make_attack
from masquerade.audit.scenes.scene import Scene
from masquerade.audit.studies.generic import names_of_generic
from masquerade.audit.studies.option_files import names_of_files
from masquerade.audit.studies.study import ArmSpec, AttackSpec, DataSpec, Resolved, Study, TrainingSpec
from masquerade.audit.studies.study_file import all_wrong
from masquerade.audit.trial import disguise_held, disguise_of, settings_of
from masquerade.errors import MasqueradeError, MissingNetworks, StudyError, did_you_mean
from masquerade.metrics import EVERY_METRIC
from masquerade.recipes import recipe
from masquerade.recipes.deferred import Cloak

_OF_OTHERS: Final = {Sight.PUBLIC, Sight.TEACHER}
"""What an attacker is shown of people who are not the owner's."""


def require_sound(study: Resolved) -> None:
    """Check all that can be checked without data.

    Args:
        study: The study at its profile.

    Raises:
        StudyError: If it names what does not exist; the message has every such place.
        MissingNetworks: If files of networks are not here; it names all of them.
    """
    if mistakes := [*_of_data(study.data), *_of_study(study.study), *_of_arms(study), *_of_attacks(study)]:
        raise all_wrong(mistakes, study.study.name)
    if missing := sorted(name for name in _files(study) if not Path(name).is_file()):
        raise MissingNetworks(
            "networks that the study names are not here",
            value=", ".join(missing),
            place=study.study.name,
            remedy="`make studies/models` trains those of masquerade's own studies; of others, name the file.",
        )


def require_attackers(study: Resolved, scene: Scene) -> None:
    """Check that somebody is left for the attacker to know.

    Raises:
        StudyError: If all people are the owner's, and an attack needs others.
    """
    wanting = [
        attack.title
        for attack in study.attacks
        if not attack.auxiliary and (_OF_OTHERS & {*make_attack(attack).needs, *attack.shows})
    ]
    if wanting and not len(scene.public):
        people = len(scene.train.names)
        raise StudyError(
            "`classes` must be smaller than the number of people: the attacker knows nobody",
            value=f"{people} people, all of them the owner's; wanted by {', '.join(wanting)}",
            place="data.classes",
            remedy="Make it smaller, or name another population in `auxiliary`.",
        )


def _of_data(data: DataSpec) -> Iterator[str]:
    yield from (f"data: {each}" for each in data.contradictions())


def _of_study(study: Study) -> Iterator[str]:
    titles = {attack.title for attack in study.attacks} | (names_of_generic() if study.generic else set())
    arms = {arm.name for arm in study.arms}
    for curve in study.curves:
        yield from _unknown(f"curve {curve.title}", "attack", [curve.attack], titles)
    for arm in study.arms:
        yield from _unknown(f"arm {arm.name}", "attack", arm.attacks or [], titles)
    for name, profile in study.profiles.items():
        yield from _unknown(f"profiles.{name}.without_arms", "arm", profile.without_arms, arms)
        yield from _unknown(f"profiles.{name}.without_attacks", "attack", profile.without_attacks, titles)
        yield from _training(f"profiles.{name}.training", profile.training)


def _of_arms(study: Resolved) -> Iterator[str]:
    yield from _training("training", study.training)
    for arm in study.arms:
        yield from _training(f"arm {arm.name}", arm.training)
        if all(Path(name).is_file() for name in _files_of(arm)):
            yield from _failing(f"arm {arm.name}", lambda arm=arm: disguise_of(arm))  # type: ignore[misc]


def _of_attacks(study: Resolved) -> Iterator[str]:
    for attack in study.attacks:
        place = f"attack {attack.title}"
        yield from _unknown(place, "metric", [attack.metric, *attack.others], EVERY_METRIC)
        yield from _unknown(f"{place}, shows", "sight", attack.shows, [sight.value for sight in Sight])
        yield from _failing(place, lambda attack=attack: make_attack(attack))  # type: ignore[misc]
        if isinstance(attack.control, str):
            yield from _failing(place, lambda name=attack.control: recipe(name))  # type: ignore[misc]
        if attack.fresh is not None and not _missing_of(attack):
            yield from _failing(place, lambda held=attack.fresh: disguise_held(held))  # type: ignore[misc]


def _training(place: str, training: TrainingSpec | None) -> Iterator[str]:
    if training is not None:
        yield from _failing(place, lambda: settings_of(training))


def _unknown(place: str, kind: str, said: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    names = list(known)
    for name in said:
        if name not in names:
            yield f"{place}: no such {kind}: {name}. {did_you_mean(name, names)}".rstrip(" .")


def _failing(place: str, make: Callable[[], object]) -> Iterator[str]:
    try:
        make()
    except MasqueradeError as error:
        yield f"{place}: {str(error).rstrip('.')}"
    except ValidationError as error:
        for each in error.errors(include_url=False):
            yield f"{place}: {'.'.join(map(str, each['loc']))}: {each['msg']}"


def _files(study: Resolved) -> set[str]:
    """Every file of a network that the study names."""
    of_arms = {name for arm in study.arms for name in _files_of(arm)}
    return of_arms | {name for attack in study.attacks for name in _files_of_attack(attack)}


def _files_of(arm: ArmSpec) -> set[str]:
    named = {*names_of_files(arm.change), *names_of_files([arm.encoder, arm.encoded_by])}
    return named | _files_of_recipe(arm.recipe, arm.change)


def _files_of_attack(attack: AttackSpec) -> set[str]:
    named = set(names_of_files(attack.options))
    if attack.fresh is None:
        return named
    return named | _files_of_recipe(attack.fresh.recipe, attack.fresh.change)


def _missing_of(attack: AttackSpec) -> list[str]:
    return [name for name in _files_of_attack(attack) if not Path(name).is_file()]


def _files_of_recipe(name: str | None, change: dict[str, object]) -> set[str]:
    try:
        cloak = recipe(name).changed(change).cloak if name else None
    except MasqueradeError:
        return set()  # said where it is opened
    return set(_of_cloak(cloak))


def _of_cloak(cloak: Cloak | None) -> Iterator[str]:
    if cloak is not None:
        yield from names_of_files(list(cloak.networks.values()))
        yield from _of_cloak(cloak.before)

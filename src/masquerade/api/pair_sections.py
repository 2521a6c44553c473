"""The attacks that an audit of photos and protected pictures runs, as sections of its study."""

from collections.abc import Iterator
from typing import Final

from masquerade.audit.studies.study import AttackSpec, Profile
from masquerade.encoders.recogniser import open_recogniser
from masquerade.errors import MasqueradeError

_FIRST: Final = ("sface", "resnet-public")
"""Recognisers, the better first; one of them is always here."""


def examiners(profile: Profile) -> tuple[str, ...]:
    """Names of the recognisers that pictures are shown to, those of them that are installed."""
    wanted = _FIRST if profile == "quick" else (*_FIRST, "dlib")
    found = [name for name in wanted if _opens(name)]
    return tuple(name for name in found if name != "resnet-public") or ("resnet-public",)


def sections(*, named: bool, files: bool, profile: Profile) -> list[AttackSpec]:
    """Sections for an audit.

    Args:
        named: Whether people are known who have two photos; without, only photos can be asked for.
        files: Whether files are there, and not pixels alone.
        profile: How much is run.
    """
    return [*(_of_people(profile) if named else ()), *_of_photos(profile, files)]


def _of_people(profile: Profile) -> Iterator[AttackSpec]:
    first, *_ = seers = examiners(profile)
    for seer in seers:
        yield _naming("recogniser_on_clean", f"{seer} against clean photos", recogniser=seer)
        yield _naming("recogniser_alike", f"{seer} against photos protected alike", recogniser=seer)
    yield _naming("parrot", "recogniser taught on protected photos of others", recogniser=first)
    steps = 20 if profile == "quick" else 400
    yield _naming("learned_restoration", "restored as others' photos teach", recogniser=first, steps=steps)
    yield _naming("colours", "colours alone", control=False)
    yield _naming("surroundings", "hair, clothes and background", control=False)


def _of_photos(profile: Profile, files: bool) -> Iterator[AttackSpec]:
    first, *_ = examiners(profile)
    yield _linking("recogniser_same_photo", f"{first} against the same photos", recogniser=first)
    yield AttackSpec(name="invariant_linkage", metric="linkage", candidates="owner", control=False)
    if files:
        yield AttackSpec(
            name="file_traces",
            label="size and marks of the files",
            metric="linkage",
            candidates="owner",
            control=False,
        )


def _naming(name: str, label: str, *, control: bool = True, **options: object) -> AttackSpec:
    return AttackSpec(name=name, label=label, options=options, metric="identification", control=control)


def _linking(name: str, label: str, **options: object) -> AttackSpec:
    return AttackSpec(name=name, label=label, options=options, metric="linkage", candidates="owner")


def _opens(name: str) -> bool:
    try:
        open_recogniser(name)
    except MasqueradeError:
        return False
    return True

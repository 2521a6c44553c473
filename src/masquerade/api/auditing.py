"""``audit``: attacks on protections of images in memory, by the engine of the command of that name."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import torch

from masquerade.api.arrays import Scale, photos
from masquerade.api.audit_parts import AUTO, arm_of, attacks_for, recipe_of
from masquerade.api.labels import numbered
from masquerade.api.report import Report
from masquerade.audit.runner import Audit
from masquerade.audit.scenes.given import given_scene
from masquerade.audit.scenes.scene import Scene
from masquerade.audit.studies.data_spec import DataSpec
from masquerade.audit.studies.study import ArmSpec, Profile, ProfileSpec, Resolved, Study
from masquerade.data.image_set import ImageSet
from masquerade.errors import UsageError
from masquerade.recipes import Recipe
from masquerade.report import PictureGrid

Progress = bool | Callable[[str], None]
"""True writes a line to standard error whenever a piece begins; a function takes these lines."""
_FEWEST: Final = 3
"""People: two of the owner's, one whom the attacker knows."""
_QUICK_PUBLIC, _QUICK_IMAGES, _QUICK_EPOCHS, _QUICK_STEPS = 300, 150, 2, 20
_HOURS: Final = (
    "what more images and time give attacks and trainings, and curves over budgets: see profile laptop"
)


def audit(
    X: Any,  # noqa: ANN401 - containers of several libraries
    y: Any = None,  # noqa: ANN401 - labels of any kind
    *,
    protections: Sequence[object] | None = None,
    protected: Any = None,  # noqa: ANN401 - as X
    attacks: object = AUTO,
    metrics: object = AUTO,
    public: tuple[Any, Any] | None = None,
    scale: Scale | None = None,
    seeds: Sequence[int] = (0,),
    profile: Profile = "quick",
    cache_dir: str | Path | None = None,
    progress: Progress = True,
) -> Report:
    """Attack protections of your images, and measure what a model learns from what is released.

    With ``protected``, what any tool made of the photos is attacked instead: an array beside ``X``, or a folder beside
    a folder, as ``audit_folders`` does, which takes more options.

    Each protection is drawn under keys that the audit makes up: it measures the protection, not your key or what you
    released (``audit_released`` does). Attacks that need no recipe run on each, whatever ``attacks`` says.

    Args:
        X: Photos: an array, a tensor or PIL images, as ``photos`` of a protection are.
        y: The person on each: numbers, text or any other hashable. Everybody needs two photos.
        protected: What somebody else's tool made of ``X``, row by row; or a folder, where ``X`` is one.
        protections: Names of recipes ("none" is what others are compared with), protections and disguises.
        attacks: Names and attacks; "auto" takes those of the studies that read what a protection is made of.
        metrics: Names of metrics that each attack is scored by besides its own; "auto" takes those of the studies.
        public: Photos of other people, whom the attacker knows, and their labels. None keeps a third of the people of
            ``X`` for that: those with fewest photos.
        scale: What black and white are in floating photos: "0-1" or "0-255".
        seeds: Repetitions, each with a key and a training of its own.
        profile: "quick" is a first look, of minutes; "laptop" and "paper" take as long as the studies.
        cache_dir: Where finished pieces are kept, so that the same call goes on where it was stopped. They hold
            features and recovered photos. By itself a folder that is removed in the end.
        progress: Whether progress is written to standard error, or a function that takes its lines.

    Raises:
        UsageError: If images, labels or names do not fit.
        StudyError: If there are too few people or photos.
    """
    if protected is not None:
        return _of_any_tool(X, y, protected, protections, scale, profile, seeds, cache_dir, progress)
    if protections is None or y is None:
        raise UsageError(
            "nothing to audit",
            place="protections",
            remedy='Say protections=("none", "blocks-noise") and who is on the photos, or protected.',
        )
    private = photos_of_people(X, y, scale, "X")
    others = None if public is None else photos_of_people(*public, scale, "public")
    arms, channels = arms_of(protections, private.shape)
    private, others = in_colours(private, channels), None if others is None else in_colours(others, channels)
    spec = _data(private, others)
    study = study_of(arms, attacks, metrics, spec, profile, seeds, not_tested=NOT_TESTED)
    resolved = resolved_at(study, profile)
    scene = given_scene(resolved.data, private, others)
    return run(resolved, scene, cache_dir, progress, f'masquerade.audit(X, y, ..., profile="{profile}")')


def _of_any_tool(
    X: Any,  # noqa: ANN401 - as audit
    y: Any,  # noqa: ANN401 - as audit
    protected: Any,  # noqa: ANN401 - as audit
    protections: Sequence[object] | None,
    scale: Scale | None,
    profile: Profile,
    seeds: Sequence[int],
    cache_dir: str | Path | None,
    progress: Progress,
) -> Report:
    from masquerade.api.audit_pairs import (
        audit_arrays,
        audit_folders,
    )  # here, since that module needs this one

    if protections is not None:
        raise UsageError(
            "protected pictures beside protections", place="protected", remedy="Give one of the two."
        )
    kept: dict[str, Any] = {"profile": profile, "seeds": seeds, "cache_dir": cache_dir, "progress": progress}
    if isinstance(X, (str, Path)):
        return audit_folders(X, protected, people=y, **kept)
    return audit_arrays(X, y, protected, scale=scale, **kept)


NOT_TESTED: Final = (
    "other images and other people than those given",
    "your own key and what you really released: see masquerade.audit_released",
    "attackers who change what is trained on or asked",
)


def photos_of_people(X: Any, y: Any, scale: Scale | None, place: str) -> ImageSet:  # noqa: ANN401 - as above
    """Photos with the person on each.

    Raises:
        UsageError: If they do not fit together.
    """
    images = photos(X, scale=scale, place=place).images
    labels, numbers = numbered(y)
    if len(numbers) != len(images):
        raise UsageError(
            "images and labels do not belong together",
            value=f"{len(images)} images, {len(numbers)} labels",
            place=place,
            remedy="Give one label for each image.",
        )
    if images.dtype != torch.uint8:
        images = images.round().clamp(0, 255).to(torch.uint8)
    return ImageSet(images, numbers, tuple(map(str, labels.names)))


def arms_of(protections: Sequence[object], shape: tuple[int, int, int]) -> tuple[list[ArmSpec], int]:
    """An arm for each protection, and the channels that all of them take.

    Photos are brought to the size of a recipe, as the command ``disguise`` does. What is unprotected has that size
    too, if all recipes agree.

    Raises:
        UsageError: If there is none, or two are called alike.
    """
    if isinstance(protections, str) or not isinstance(protections, Sequence) or not protections:
        raise UsageError(
            "no list of protections",
            value=str(protections)[:60],
            place="protections",
            remedy='Give several: ("none", "blocks-noise").',
        )
    known = [recipe_of(each) for each in protections]
    sides = {each.height for each in known if each is not None and each.name != "none"}
    colours = any(each is not None and each.mode == "RGB" and _is_fixed(each) for each in known)
    channels = 3 if colours else shape[0]
    common = sides.pop() if len(sides) == 1 and None not in known else None
    arms = [
        arm_of(given, (channels, *shape[1:]), _side(found, common, shape))
        for given, found in zip(protections, known, strict=True)
    ]
    return _told_apart(arms), channels


def _told_apart(arms: Sequence[ArmSpec]) -> list[ArmSpec]:
    """The arms, those of one name numbered."""
    found: list[ArmSpec] = []
    for arm in arms:
        alike = sum(each.title == arm.title for each in found)
        name = f"{arm.name} {alike + 1}"
        found.append(arm.model_copy(update={"name": name}) if alike else arm)
    return found


def _is_fixed(known: Recipe) -> bool:
    """Whether a recipe's public networks take colour photos of one size."""
    return known.encoder is not None or known.cloak is not None


def _side(known: Recipe | None, common: int | None, shape: tuple[int, int, int]) -> int | None:
    if known is None or shape[1:] == (known.height, known.width):
        return None
    if known.name == "none":
        return None if common is None or shape[1:] == (common, common) else common
    if known.height != known.width:
        raise UsageError(
            "images of another size than the protection takes",
            value=f"{shape[1]} x {shape[2]}, expected {known.height} x {known.width}",
            place=f"X, protection {known.name}",
            remedy="Resize the images, or choose the size of the protection.",
        )
    return known.height


def in_colours(images: ImageSet, channels: int) -> ImageSet:
    """Grey images in three equal channels, where so many are wanted."""
    if images.shape[0] == channels:
        return images
    if images.shape[0] != 1:
        found = f"{images.shape[0]} channels, expected {channels}"
        raise UsageError("images in other colours", value=found, place="public")
    return ImageSet(images.images.expand(-1, channels, -1, -1).contiguous(), images.labels, images.names)


def _data(private: ImageSet, public: ImageSet | None) -> DataSpec:
    people = len(private.names)
    if people < (_FEWEST if public is None else 2):
        raise UsageError(
            "too few people",
            value=f"{people} in X",
            place="y",
            remedy=f"Give photos of {_FEWEST} people or more, of whom the attacker knows a third; or of 2, and public.",
        )
    if public is not None and public.shape != private.shape:
        found = f"{public.shape}, expected {private.shape}"
        raise UsageError("public images of another shape", value=found, place="public")
    classes = max(2, people * 2 // 3) if public is None else None
    return DataSpec(
        source="arrays",
        height=private.shape[1],
        width=private.shape[2],
        mode="RGB" if private.shape[0] == 3 else "L",
        min_images=2,
        classes=classes,
        given=digest_of(private, public),
    )


def digest_of(*parts: ImageSet | None) -> str:
    """SHA-256 over all pixels and labels that were given, hexadecimal."""
    return sha256(" ".join("none" if part is None else part.digest for part in parts).encode()).hexdigest()


def study_of(
    arms: Sequence[ArmSpec],
    attacks: object,
    metrics: object,
    data: DataSpec,
    profile: Profile,
    seeds: Sequence[int],
    *,
    not_tested: Sequence[str],
    images: int | None = None,
) -> Study:
    """The study that an audit in Python is."""
    specs, fitted = attacks_for(arms, attacks, metrics, profile)
    quick = profile == "quick"
    return Study(
        name="audit",
        title="What an attacker learns from these images",
        source="arrays, by masquerade.audit",
        data=data,
        arms=fitted,
        attacks=specs,
        not_tested=[*not_tested, *([_HOURS] if quick else [])],
        profiles={profile: _quick(seeds) if quick else ProfileSpec(seeds=list(seeds))},
    )


def _quick(seeds: Sequence[int]) -> ProfileSpec:
    return ProfileSpec(
        seeds=list(seeds),
        epochs=_QUICK_EPOCHS,
        images=_QUICK_IMAGES,
        data={"public": _QUICK_PUBLIC},
        at_most={"steps": _QUICK_STEPS},
    )


def resolved_at(study: Study, profile: Profile) -> Resolved:
    """The study as it is run; at "quick" without the curves over budgets."""
    resolved = study.at(profile)
    if profile == "quick":
        resolved.curves = []
    return resolved


def run(
    study: Resolved, scene: Scene, cache_dir: str | Path | None, progress: Progress, command: str
) -> Report:
    """Run a study on given images."""
    with pieces_in(cache_dir) as folder:
        done = Audit(study, None, folder, say_by(progress), command, scene).run()
    return Report(done.report, [PictureGrid.of(title, images) for title, images in done.pictures.items()])


def say_by(progress: Progress) -> Callable[[str], None]:
    """What takes lines of progress."""
    if callable(progress):
        return progress
    return (lambda line: print(line, file=sys.stderr)) if progress else (lambda line: None)


@contextmanager
def pieces_in(cache_dir: str | Path | None) -> Iterator[Path]:
    """The folder of finished pieces: the caller's, or one that nobody else may read and that is removed."""
    if cache_dir is not None:
        folder = Path(cache_dir)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield folder
        return
    with TemporaryDirectory(prefix="masquerade-audit-") as made:
        yield Path(made)

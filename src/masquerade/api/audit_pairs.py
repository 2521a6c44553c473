"""``audit`` of what somebody else's tool made of photos: two folders, two arrays, or a command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, final

from torch import Tensor

from masquerade.api.arrays import Scale
from masquerade.api.auditing import Progress, photos_of_people, pieces_in, say_by
from masquerade.api.pair_sections import sections
from masquerade.api.report import Report
from masquerade.audit.folders.pairing import By, PhotoPair, named_photos, paired
from masquerade.audit.folders.reading import PairsRead
from masquerade.audit.folders.sampled import MOST_PAIRS, sampled
from masquerade.audit.folders.scene import SIDE, Divided, digest_of_pairs, divided
from masquerade.audit.folders.tool import SECONDS, CommandTool, made_by
from masquerade.audit.results import FolderFacts, Missed
from masquerade.audit.runner import Audit
from masquerade.audit.studies.data_spec import DataSpec
from masquerade.audit.studies.given import GivenArm
from masquerade.audit.studies.study import ArmSpec, Profile, ProfileSpec, Study
from masquerade.disguises.baselines.any_tool import AnyTool
from masquerade.errors import UsageError
from masquerade.faces.reading import FaceHandling, way_of

Place = str | PathLike[str]
_NOT_TESTED: Final = (
    "people, photos and settings of the tool other than these",
    "an attacker who knows more than the pictures: a second camera, the place, the day, who was there",
    "recognisers stronger than those named here",
)
_NO_TOOL: Final = "only what the tool made is here: nobody could ask it for photos of his choice"


@final
@dataclass(frozen=True)
class Together:
    """Photos and pictures that belong together, ready to be audited, and what a report says of them."""

    parts: Divided
    spec: DataSpec
    facts: FolderFacts


def audit_folders(
    photos: Place,
    protected: Place,
    *,
    people: Place | None = None,
    pair: By | None = None,
    faces: FaceHandling = "auto",
    profile: Profile = "quick",
    seeds: Sequence[int] = (0,),
    cache_dir: Place | None = None,
    progress: Progress = True,
) -> Report:
    """Audit what any tool made of photos: who could be named on its pictures, and which it did not protect.

    Args:
        photos: Photos, in a folder for each person, or loose.
        protected: What the tool made of them.
        people: A CSV of path and person, instead of person folders. Without names every photo is its own person.
        pair: "path", "content" or "position"; by itself path where any fits, else content.
        faces: "auto" finds the face on each photo; "as-is" takes photos and pictures for aligned faces.
        profile: "quick" attacks 2,000 pairs at most; "laptop" 6,000, with longer trainings.
        seeds: Repetitions of the attacks.
        cache_dir: Where finished pieces are kept, so that the same call goes on where it was stopped.
        progress: Whether progress is written to standard error, or a function that takes its lines.

    Raises:
        UsageError: If the folders do not fit together.
        StudyError: If fewer than two photos can be read.
    """
    say = say_by(progress)
    together = read_together(
        Path(photos),
        Path(protected),
        None if people is None else Path(people),
        pair,
        way_of(faces),
        profile,
        say,
    )
    return audited(together, profile, seeds, cache_dir, progress)


def read_together(
    photos: Path,
    protected: Path,
    people: Path | None,
    pair: By | None,
    faces: FaceHandling,
    profile: Profile,
    say: Callable[[str], None],
) -> Together:
    """Read two folders."""
    found = paired(photos, protected, people, pair)
    for line in (*found.notices, *found.misfits[:5]):
        say(line)
    taken = sampled(found.pairs, *MOST_PAIRS[profile])
    read = PairsRead(SIDE, SIDE, faces)
    every = max(1, len(taken) // 10)
    read.read(taken, lambda done: say(f"read {done} of {len(taken)} pairs") if done % every == 0 else None)
    if len(taken) < len(found.pairs):
        read.look_for_copies(found.pairs)
    return _together(
        read, len(found.pairs), found.by, [*found.misfits, *read.rejected], found.pairs[0].person is not None
    )


def audit_command(
    photos: Place,
    command: str,
    *,
    people: Place | None = None,
    faces: FaceHandling = "auto",
    seconds: float = SECONDS,
    profile: Profile = "quick",
    seeds: Sequence[int] = (0,),
    cache_dir: Place | None = None,
    progress: Progress = True,
) -> Report:
    """Audit a tool as a black box: it is run on photos, and asked for photos of the attacker's choice.

    Args:
        photos: As for ``audit_folders``.
        command: The tool's command, with ``{in}`` and ``{out}`` for files; run without a shell, once for each photo.
        people: As for ``audit_folders``.
        faces: As for ``audit_folders``.
        seconds: How long it may take for one photo.
        profile: As for ``audit_folders``.
        seeds: As for ``audit_folders``.
        cache_dir: As for ``audit_folders``.
        progress: As for ``audit_folders``.

    Raises:
        UsageError: If the command cannot be run, or makes fewer than two pictures.
    """
    say = say_by(progress)
    tool = CommandTool(command, seconds)
    root = Path(photos)
    names, notices = named_photos(root, None if people is None else Path(people))
    for line in notices:
        say(line)
    every = [PhotoPair(name, root / name, root / name, person) for name, person in names]
    taken = sampled(every, *MOST_PAIRS[profile])
    step = max(1, len(taken) // 10)
    with TemporaryDirectory(prefix="masquerade-pictures-") as folder:
        pairs, failed = made_by(
            tool,
            [(pair.name, pair.photo, pair.person) for pair in taken],
            Path(folder),
            lambda done: (
                say(f"the tool was run on {done} of {len(taken)} photos") if done % step == 0 else None
            ),
        )
        for line in failed[:5]:
            say(line)
        read = PairsRead(SIDE, SIDE, way_of(faces)).read(pairs, lambda done: None)
    together = _together(read, len(pairs), "command", [*failed, *read.rejected], names[0][1] is not None)
    return audited(together, profile, seeds, cache_dir, progress, AnyTool().asking(tool.ask))


def _together(read: PairsRead, pairs: int, by: str, misfits: list[str], named: bool) -> Together:
    one, other = read.arrays()
    if len(one) < 2:
        raise UsageError(
            "fewer than two pairs that could be read",
            value="; ".join(misfits[:3]) or len(one),
            place="photos",
            remedy="With aligned faces say --faces as-is.",
        )
    spec = _spec(digest_of_pairs(one, other, read.people), (3, SIDE, SIDE))
    parts = divided(spec, one, other, read.people, read.files, named=named)
    return Together(parts, spec, _facts(parts, pairs, by, len(one), misfits, read.missed()))


def _facts(
    parts: Divided, pairs: int, by: str, read: int, misfits: list[str], missed: list[Missed]
) -> FolderFacts:
    return FolderFacts(
        pairs=pairs,
        by=by,
        read=read,
        people=parts.scene.facts.people,
        named=parts.named,
        misfits=misfits,
        missed=missed,
        notes=list(parts.notes),
    )


def audit_arrays(
    X: Any,  # noqa: ANN401 - containers of several libraries
    y: Any,  # noqa: ANN401 - labels of any kind
    protected: Any,  # noqa: ANN401 - as X
    *,
    scale: Scale | None = None,
    profile: Profile = "quick",
    seeds: Sequence[int] = (0,),
    cache_dir: Place | None = None,
    progress: Progress = True,
) -> Report:
    """As ``audit_folders``, on photos and pictures in memory: aligned faces, row by row."""
    labels = list(range(len(X))) if y is None else y
    one, other = (
        photos_of_people(part, labels, scale, place) for part, place in ((X, "X"), (protected, "protected"))
    )
    if one.images.shape != other.images.shape:
        raise UsageError(
            "protected images of another shape",
            value=f"{tuple(other.images.shape)}, expected {tuple(one.images.shape)}",
            place="protected",
            remedy="Give one picture for each photo, of the same size.",
        )
    people = [one.names[label] for label in one.labels.tolist()]
    same = [row for row in range(len(one)) if bool((one.images[row] == other.images[row]).all())]
    missed = Missed(
        kind="unchanged",
        what="pictures are the photo, as it was",
        count=len(same),
        of=len(one),
        paths=[f"row {row}" for row in same[:20]],
    )
    together = together_in_memory(one.images, other.images, people, named=y is not None, missed=[missed])
    return audited(together, profile, seeds, cache_dir, progress)


def together_in_memory(
    photos: Tensor,
    protected: Tensor,
    people: list[str],
    *,
    named: bool,
    missed: Sequence[Missed] = (),
    misfits: Sequence[str] = (),
) -> Together:
    """Photos and pictures in memory, row by row.

    Raises:
        StudyError: If there are fewer than two.
    """
    channels, height, width = photos.shape[1:]
    spec = _spec(digest_of_pairs(photos, protected, people), (channels, height, width))
    parts = divided(spec, photos, protected, people, [], named=named)
    facts = _facts(parts, len(photos), "position", len(photos), list(misfits), list(missed))
    return Together(parts, spec, facts)


def audited(
    together: Together,
    profile: Profile,
    seeds: Sequence[int],
    cache_dir: Place | None,
    progress: Progress,
    tool: AnyTool | None = None,
    name: str = "protected",
) -> Report:
    """Run the attacks on pairs, and say first what was not protected at all.

    Args:
        together: The pairs.
        profile: How much is run.
        seeds: Repetitions.
        cache_dir: Where finished pieces are kept.
        progress: Who is told.
        tool: The tool, where it can be asked.
        name: What the report calls the protection.
    """
    facts, parts = together.facts, together.parts
    disguise = AnyTool() if tool is None else tool
    arm = ArmSpec(
        name=name,
        title="As protected" if name == "protected" else name,
        disguise=disguise.describe(),
        protected=True,
    ).with_given(GivenArm(disguise, parts.released))
    study = Study(
        name="audit",
        title="Who can be named on protected pictures",
        source="arrays, by masquerade.audit",
        data=together.spec,
        arms=[ArmSpec(name="none", title="Unprotected photos", recipe="none"), arm],
        attacks=sections(named=parts.named, files=parts.released.files is not None, profile=profile),
        findings=said(facts),
        not_tested=[*facts.notes, *_NOT_TESTED],
        generic=tool is not None,
        without_generic="" if tool is not None else _NO_TOOL,
        profiles={profile: ProfileSpec(seeds=list(seeds))},
    )
    resolved = study.at(profile)
    resolved.curves = []
    with pieces_in(None if cache_dir is None else Path(cache_dir)) as folder:
        done = Audit(resolved, None, folder, say_by(progress), "masquerade audit", parts.scene).run()
    return Report(done.report.model_copy(update={"folders": facts}))


def said(facts: FolderFacts) -> list[str]:
    """What was not protected at all, and what is missing, a sentence each: the commonest leaks come first."""
    lines = [f"Not protected: {each.count} of {each.of} {each.what}." for each in facts.missed if each.count]
    if not lines and facts.missed:
        lines.append("No picture was found that the tool left unprotected.")
    lines.append(f"{facts.pairs} pairs of photo and picture, found by {facts.by}; {facts.read} are attacked.")
    if facts.misfits:
        lines.append(
            f"{len(facts.misfits)} files are not in it: they have no partner, no face, or cannot be read."
        )
    return lines


def _spec(given: str, shape: tuple[int, int, int]) -> DataSpec:
    channels, height, width = shape
    return DataSpec(
        source="arrays",
        height=height,
        width=width,
        mode="RGB" if channels == 3 else "L",
        min_images=1,
        given=given,
    )

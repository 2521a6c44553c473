"""``audit_released``: attacks on the very bytes that an owner releases, and not on a protection drawn anew."""

from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any, Final

import torch

from masquerade.api.arrays import Scale
from masquerade.api.audit_parts import AUTO, arm_of, training_for
from masquerade.api.auditing import Progress, digest_of, photos_of_people, resolved_at, run, study_of
from masquerade.api.classifier import Classifier
from masquerade.api.report import Report
from masquerade.audit.scenes.given import released_scene
from masquerade.audit.studies.data_spec import DataSpec
from masquerade.audit.studies.given import GivenArm, Released
from masquerade.audit.studies.study import ArmSpec, Profile
from masquerade.data import builtin, folders
from masquerade.data.image_set import ImageSet
from masquerade.data.intake import Mode
from masquerade.data.splits import within_identity
from masquerade.errors import UsageError
from masquerade.faces.reading import PhotoReader, way_of
from masquerade.keys import Key, KeyFile
from masquerade.networks import Network
from masquerade.owner.records import Records
from masquerade.owner.released_rows import ReleasedRows, match_rows

Place = str | PathLike[str]
_KNOWN: Final = 0.3
"""Share of each person's released photos that the attacker holds by name, and does not attack."""
_SEED: Final = 0
_NOT_TESTED: Final = (
    "other keys, and the same key on other photos: see masquerade.audit",
    "other releases of the same photos, which an attacker could hold beside this one",
    "attackers who change what is trained on or asked",
    "people with one released photo: there is none of them that the attacker could know by name",
)
_NO_MODEL: Final = "the model that you hand out: give it as model"
_THE_MODEL: Final = "what the model answers, but by attacks that you name: such as model_membership"


def audit_released(
    folder: Place,
    *,
    key: Key | KeyFile | Place,
    photos: Place,
    model: Classifier | Place | None = None,
    records: Place | None = None,
    people: Place | None = None,
    public: tuple[Any, Any] | Place | None = None,
    scale: Scale | None = None,
    attacks: object = AUTO,
    metrics: object = AUTO,
    seeds: tuple[int, ...] = (0,),
    profile: Profile = "quick",
    cache_dir: Place | None = None,
    progress: Progress = True,
) -> Report:
    """Attack what you really release: this folder, under your key, of your photos, and your model.

    It runs where the key is, since only its owner can tell which photo is behind which image. The folder is checked
    first, byte by byte. Of each person the attacker knows three photos in ten by name; the others are attacked.

    Args:
        folder: The released folder, as ``masquerade disguise`` wrote it.
        key: The key: a ``KeyFile``, or the path of its file; a ``Key`` where ``records`` is given.
        photos: The photos that were disguised, as they were.
        model: What was trained on the folder: a ``Classifier``, or its file. Attacks that ask a model ask this one.
        records: The owner's records; by itself the folder beside the key file.
        people: The table of who is on each photo, if photos were disguised by one.
        public: Photos of other people, whom the attacker knows: a folder of person folders, or images and labels. None
            takes the built-in ORL faces.
        scale: What black and white are in floating public photos.
        attacks: As for ``audit``.
        metrics: As for ``audit``.
        seeds: Repetitions of the attacks; the key and the release stay what they are.
        profile: As for ``audit``.
        cache_dir: As for ``audit``.
        progress: As for ``audit``.

    Raises:
        DamagedRelease: If a file of the folder is not as it was written.
        WrongKey: If it was disguised with another key.
        SourceChanged: If the photos are not those that were disguised.
        UsageError: If something else does not fit.
    """
    opened, kept = _key(key, records)
    rows = match_rows(Path(folder), Path(photos), opened, kept, None if people is None else Path(people))
    network = None if model is None else _network(model, rows)
    others = _public(public, rows, scale)
    arm, train, test = _arm(rows, opened, network)
    spec = _data(rows, others, network)
    arms = [arm_of("none", rows.photos.shape, None), arm]
    untested = [*_NOT_TESTED, _NO_MODEL if model is None else _THE_MODEL]
    study = study_of(arms, attacks, metrics, spec, profile, seeds, not_tested=untested)
    study = study.model_copy(
        update={"title": "What an attacker learns from this release", "training": arms[0].training}
    )
    resolved = resolved_at(study, profile)
    scene = released_scene(resolved.data, train, test, others)
    return run(
        resolved,
        scene,
        None if cache_dir is None else Path(cache_dir),
        progress,
        f'masquerade.audit_released(..., profile="{profile}")',
    )


def _key(key: Key | KeyFile | Place, records: Place | None) -> tuple[Key, Records]:
    """The key, and the records beside its file."""
    if isinstance(key, Key):
        if records is None:
            raise UsageError(
                "a key whose file is not known, and no records",
                place="key",
                remedy="Give the path of the key file, mq.KeyFile(path), or records.",
            )
        return key, Records(Path(records))
    handle = key if isinstance(key, KeyFile) else KeyFile(key)
    return handle.load(), Records.beside(handle.path) if records is None else Records(Path(records))


def _network(model: Classifier | Place, rows: ReleasedRows) -> Network:
    opened = model if isinstance(model, Classifier) else Classifier.load(Path(model))
    card = opened.card
    if card.shape != rows.manifest.stored_shape or card.dataset_id not in ("", rows.manifest.dataset_id):
        raise UsageError(
            "a model of another data set",
            value=f"it takes {card.shape}, the data set holds {rows.manifest.stored_shape}",
            place="model",
            remedy="Give the model that was trained on this folder.",
        )
    return opened.module


def _public(given: tuple[Any, Any] | Place | None, rows: ReleasedRows, scale: Scale | None) -> ImageSet:
    """Photos of other people as the release's photos are read; those that are the release's own are left out."""
    c, h, w = rows.photos.shape
    mode: Mode = "RGB" if c == 3 else "L"
    if isinstance(given, tuple):
        found = photos_of_people(*given, scale, "public")
    elif given is None:
        found = builtin.orl(h, w)
    else:
        read = PhotoReader(h, w, mode, way_of(rows.manifest.faces))
        found = folders.load(Path(given), h, w, mode, read=read).images
    if found.shape[0] == 1 and c == 3:
        found = ImageSet(found.images.expand(-1, 3, -1, -1).contiguous(), found.labels, found.names)
    if found.shape != rows.photos.shape:
        raise UsageError(
            "public images of another shape",
            value=f"{found.shape}, expected {rows.photos.shape}",
            place="public",
        )
    own = {_digest(image) for image in rows.photos.images}
    new = torch.tensor(
        [row for row, image in enumerate(found.images) if _digest(image) not in own], dtype=torch.int64
    )
    kept = found.take(new)
    return kept.renumbered(torch.unique(kept.labels))


def _digest(image: torch.Tensor) -> bytes:
    return sha256(image.contiguous().numpy().tobytes()).digest()


def _arm(rows: ReleasedRows, key: Key, model: Network | None) -> tuple[ArmSpec, ImageSet, ImageSet]:
    """The release as an arm, its photos under attack, and those that the attacker knows by name."""
    counts = torch.bincount(rows.photos.labels, minlength=rows.manifest.classes)
    several = (counts[rows.photos.labels] > 1).nonzero().flatten()
    if len(torch.unique(rows.photos.labels[several])) < 2:
        raise UsageError(
            "fewer than two people with two released photos each: nobody can be told apart",
            value=len(torch.unique(rows.photos.labels[several])),
            place="photos",
        )
    mine = rows.photos.take(several)
    attacked, known = within_identity(mine.labels, _KNOWN, _SEED)
    train, test = mine.take(attacked), mine.take(known)
    shape = rows.manifest.stored_shape
    released = Released(key, rows.released[several[attacked]], rows.released[several[known]], model)
    arm = ArmSpec(
        name=rows.manifest.recipe,
        title=f"{rows.manifest.recipe}, as released",
        disguise=rows.disguise.describe(),
        training=training_for(rows.disguise, shape),
        protected=True,
    )
    return arm.with_given(GivenArm(rows.disguise, released)), train, test


def _data(rows: ReleasedRows, public: ImageSet, model: Network | None) -> DataSpec:
    c, h, w = rows.photos.shape
    of_model = sha256()
    for name, values in sorted(model.state_dict().items()) if model is not None else ():
        of_model.update(name.encode() + values.detach().cpu().contiguous().numpy().tobytes())
    parts = (
        digest_of(rows.photos, public),
        of_model.hexdigest(),
        sha256(rows.manifest.to_bytes()).hexdigest(),
    )
    return DataSpec(
        source="arrays",
        height=h,
        width=w,
        mode="RGB" if c == 3 else "L",
        given=sha256(" ".join(parts).encode()).hexdigest(),
    )

"""``mq.audit_released``: the attacks see the very bytes that were released, under the owner's own key."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

import masquerade as mq
from masquerade.attacks.base import Attack, Control, Sight, View
from masquerade.data import builtin
from masquerade.errors import DamagedRelease, SourceChanged, UsageError, WrongKey
from masquerade.guesses import Guess, Ranking
from masquerade.keys import Key
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.owner.released_rows import match_rows
from masquerade.recipes import recipe

PEOPLE = 6
SEEN: list[tuple[Tensor, Tensor, Tensor]] = []


@dataclass(frozen=True)
class Witness(Attack):
    """Writes down what it is shown, and guesses at random."""

    name: ClassVar[str] = "witness"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES, Sight.PAIRS, Sight.MODEL})
    control: ClassVar[Control] = Control("none", "linkage", 0.0, "by hand")

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Random similarities."""
        assert view.candidates is not None
        assert view.pairs is not None
        assert view.model is not None
        SEEN.append((view.released, view.pairs.disguised, view.model(view.released)))
        return Ranking(torch.from_numpy(rng.random((len(view.released), len(view.candidates)))))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``photos`` of six people, ``owner.key``, and ``released`` under it."""
    root = tmp_path_factory.mktemp("release")
    builtin.write_folders(root / "everybody")
    (root / "photos").mkdir()
    for person in sorted((root / "everybody").iterdir())[:PEOPLE]:
        person.rename(root / "photos" / person.name)
    key = Key.generate()
    key.save(root / "owner.key")
    records = Records.beside(root / "owner.key")
    disguise_folder(
        root / "photos",
        root / "released",
        key,
        records,
        recipe("control-rows4"),
        accept_broken=True,
        workers=1,
    )
    return root


@pytest.fixture
def no_generic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the attacks that every audit runs besides, which take a minute."""
    monkeypatch.setattr("masquerade.audit.studies.study.generic_part", lambda *_: ([], []))


@pytest.mark.usefixtures("no_generic")
def test_the_attacks_see_the_very_bytes_and_the_model(folder: Path) -> None:
    SEEN.clear()
    Z, y = mq.ReleasedDataset(folder / "released").to_arrays()
    model = mq.train(Z, y, network="small-cnn", epochs=1)
    report = mq.audit_released(
        folder / "released",
        key=folder / "owner.key",
        photos=folder / "photos",
        public=folder / "everybody",
        model=model,
        attacks=[Witness()],
        progress=False,
    )
    stored = {row.tobytes() for row in Z}
    shown = [seen for seen in SEEN if {row.numpy().tobytes() for row in seen[0]} <= stored]
    assert shown, "the release is attacked, not a recipe drawn anew"
    for released, leaked, answers in shown:
        assert {row.numpy().tobytes() for row in leaked} <= stored
        assert np.allclose(answers.numpy(), model.predict_proba(released.numpy()), atol=1e-5)
    linked = [row for row in report["control-rows4"].leaks if row.attack == "witness"]
    assert linked[0].value is not None
    assert linked[0].value < 0.3, "it guesses"
    assert report["control-rows4"].utility is None, "the model has seen every photo"
    assert any("other keys" in each for each in report.not_tested)


def test_every_image_finds_its_photo(folder: Path) -> None:
    key, records = Key.load(folder / "owner.key"), Records.beside(folder / "owner.key")
    rows = match_rows(folder / "released", folder / "photos", key, records)
    assert (rows.photos.names, len(rows.photos)) == (
        records.load(rows.manifest.dataset_id).people,
        10 * PEOPLE,
    )
    faces = builtin.orl(32, 32)
    first = {image.numpy().tobytes() for image in faces.images[faces.labels < PEOPLE]}
    assert {image[:1].numpy().tobytes() for image in rows.photos.images} == first
    again = recipe("control-rows4").whole().with_key(key, (3, 32, 32))(rows.photos.images)
    assert torch.allclose(again, rows.released, rtol=1e-2, atol=1)


def _damage(folder: Path, _: Path) -> None:
    shard = folder / "released" / "part-00000.safetensors"
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.write_bytes(bytes(data))


def _other_key(folder: Path, _: Path) -> None:
    (folder / "owner.key").unlink()
    Key.generate().save(folder / "owner.key")


def _without_records(folder: Path, elsewhere: Path) -> None:
    (folder / "owner.records").rename(elsewhere)


def _other_photo(folder: Path, _: Path) -> None:
    (folder / "photos" / "s01" / "01.png").unlink()


def _other_person(folder: Path, elsewhere: Path) -> None:
    (folder / "photos" / "s02").rename(elsewhere)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (_damage, DamagedRelease),
        (_other_key, WrongKey),
        (_without_records, UsageError),
        (_other_photo, SourceChanged),
        (_other_person, SourceChanged),
    ],
)
def test_what_does_not_belong_together_is_refused(
    folder: Path, tmp_path: Path, change: Callable[[Path, Path], None], error: type[Exception]
) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("everybody"))
    change(copy, tmp_path / "elsewhere")
    with pytest.raises(error):
        mq.audit_released(copy / "released", key=copy / "owner.key", photos=copy / "photos", progress=False)


def test_a_key_without_its_file_wants_the_records(folder: Path) -> None:
    key = Key.load(folder / "owner.key")
    with pytest.raises(UsageError, match="no records"):
        mq.audit_released(folder / "released", key=key, photos=folder / "photos", progress=False)

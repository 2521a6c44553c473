"""The owner of a sealed gallery: people come, are named, and go; nobody else can tell who is in it."""

import os
from pathlib import Path

import numpy as np
import pytest

from masquerade.errors import (
    CorruptKey,
    DamagedCiphertext,
    EmptyGallery,
    ForeignCiphertext,
    JobBusy,
    PeopleAlike,
    UsageError,
    WrongKey,
)
from masquerade.files.lock import only_process
from masquerade.keys import Key
from masquerade.owner.key_backup import back_up, restore
from masquerade.owner.records import Records
from masquerade.owner.sealed.creating import create
from masquerade.owner.sealed.opening import Opener
from masquerade.owner.sealed.owned import OwnedGallery
from masquerade.owner.sealed.publishing import changing
from masquerade.owner.sealed.removing import remove_person
from masquerade.owner.sealed.resealing import reseal
from masquerade.owner.sealed.state import State
from masquerade.owner.sealed.templates import of_vectors
from masquerade.sealed.match import CloudGallery, match
from masquerade.sealed.probe import Camera
from masquerade.sealed.verify import verify
from released_examples import tree
from sealed_owner_examples import Sealed, new_gallery, photos_of, somebody, stranger, take_in

PEOPLE = 30


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    made = new_gallery(tmp_path)
    assert take_in(made, [somebody(n) for n in range(PEOPLE)]) == PEOPLE
    return made


def test_people_are_named_and_strangers_are_unknown(sealed: Sealed) -> None:
    camera, cloud, opener = Camera.load(sealed.public), CloudGallery(sealed.public), Opener(sealed.owned())

    def asked(vector: np.ndarray) -> str:
        return opener.person(match(cloud, camera.probe(vector)))

    assert [asked(photos_of(n, 1)[0]) for n in range(PEOPLE)] == [f"person {n}" for n in range(PEOPLE)]
    assert sum(asked(stranger(n)) == "unknown" for n in range(30)) >= 28
    unknown = sealed.owned().record.unknown
    assert unknown
    assert unknown.fnir == 0
    assert unknown.mates == 4 * PEOPLE
    assert verify(sealed.public) == []


def test_somebody_who_comes_later_changes_one_block_and_no_other(sealed: Sealed) -> None:
    assert take_in(sealed, [somebody(n) for n in range(130)]) == 100
    before = tree(sealed.public)
    assert len([name for name in before if name.startswith("block")]) == 2
    assert take_in(sealed, [somebody(200)]) == 1
    after = tree(sealed.public)
    changed = {name for name in before if before[name] != after.get(name)}
    assert sorted(name.split("-")[0] for name in changed) == ["block", "manifest.json"]
    assert sealed.ask(photos_of(200, 1)[0]) == "person 200"
    assert sealed.ask(photos_of(129, 1)[0]) == "person 129"


def test_somebody_who_leaves_is_unknown_and_the_other_blocks_stay(sealed: Sealed) -> None:
    take_in(sealed, [somebody(n) for n in range(140)])
    before = tree(sealed.public)
    assert remove_person(*sealed, "person 3") == 139
    after = tree(sealed.public)
    assert len({name for name in after if before.get(name) != after[name]} - {"manifest.json"}) == 1
    assert sealed.ask(photos_of(3, 1)[0]) == "unknown"
    assert sealed.ask(photos_of(4, 1)[0]) == "person 4"
    with pytest.raises(UsageError, match="nobody of that name"):
        remove_person(*sealed, "person 3")
    with changing(*sealed) as gallery:
        assert len(State(gallery).vectors) == 139


def test_when_the_last_one_leaves_the_gallery_is_empty(tmp_path: Path) -> None:
    sealed = new_gallery(tmp_path)
    with pytest.raises(EmptyGallery):
        Opener(sealed.owned())
    take_in(sealed, [somebody(0)])
    assert sealed.ask(photos_of(0, 1)[0]) == "person 0"
    assert remove_person(*sealed, "person 0") == 0
    assert verify(sealed.public) == []
    for use in (lambda: CloudGallery(sealed.public), lambda: Opener(sealed.owned())):
        with pytest.raises(EmptyGallery):
            use()


def test_sealed_anew_nothing_from_before_is_of_use(sealed: Sealed) -> None:
    before, vector = tree(sealed.public), photos_of(5, 1)[0]
    probe = Camera.load(sealed.public).probe(vector)
    answer = match(CloudGallery(sealed.public), probe)
    assert Opener(sealed.owned()).person(answer) == "person 5"
    reseal(*sealed)
    assert not set(before) & set(tree(sealed.public)) - {"manifest.json"}
    assert sealed.ask(vector) == "person 5"
    with pytest.raises(ForeignCiphertext, match="another key"):
        match(CloudGallery(sealed.public), probe)
    with pytest.raises(ForeignCiphertext, match="another key"):
        Opener(sealed.owned()).person(answer)
    assert verify(sealed.public) == []


def test_a_gallery_that_grew_is_laid_out_anew(sealed: Sealed) -> None:
    for last in (60, 200):
        take_in(sealed, [somebody(n) for n in range(last)])
    assert len(sealed.owned().record.blocks) == 2
    record = reseal(*sealed)
    assert {person.name for block in record.blocks for person in block.people} == sealed.names()
    assert sealed.ask(photos_of(150, 1)[0]) == "person 150"


def test_another_key_and_another_owner_are_refused(sealed: Sealed, tmp_path: Path) -> None:
    with pytest.raises(WrongKey):
        OwnedGallery.open(sealed.folder, Key.generate(), sealed.records)
    with pytest.raises(UsageError, match="no record"):
        OwnedGallery.open(sealed.folder, sealed.key, Records(tmp_path / "elsewhere"))
    with pytest.raises(UsageError, match="not a sealed gallery"):
        OwnedGallery.open(tmp_path, sealed.key, sealed.records)
    path = sealed.owned().path
    data = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(CorruptKey):
        sealed.owned()


def test_neither_part_shows_a_name_a_vector_or_the_secret_key(sealed: Sealed) -> None:
    owned = sealed.owned()
    secrets = [owned.secret.reveal()[200:232], b"person 7", somebody(7).vector.astype(np.int8).tobytes()[:24]]
    for path in (*sealed.folder.rglob("*"), *sealed.records.folder.rglob("*")):
        assert path.is_dir() or not any(secret in path.read_bytes() for secret in secrets)
    assert "Secret(...)" in repr(owned.secret)
    assert "SecretKey(...)" in repr(owned.opened())


def test_a_camera_needs_two_files_and_neither_people_nor_other_keys(sealed: Sealed, tmp_path: Path) -> None:
    (tmp_path / "camera").mkdir()
    manifest = sealed.owned().record.public
    for name in ("manifest.json", manifest.keys["encryption"].name):
        (tmp_path / "camera" / name).write_bytes((sealed.public / name).read_bytes())
    probe = Camera.load(tmp_path / "camera").probe(photos_of(4, 1)[0])
    assert Opener(sealed.owned()).person(match(CloudGallery(sealed.public), probe), probe) == "person 4"


def test_the_backup_of_a_key_holds_its_galleries(sealed: Sealed, tmp_path: Path) -> None:
    back_up(tmp_path / "owner.key", sealed.key, "a passphrase", tmp_path / "backup")
    restore(tmp_path / "backup", "a passphrase", tmp_path / "new" / "owner.key")
    elsewhere = Sealed(sealed.folder, sealed.key, Records.beside(tmp_path / "new" / "owner.key"))
    assert elsewhere.ask(photos_of(2, 1)[0]) == "person 2"


def test_two_people_who_are_not_told_apart_are_named_by_the_error(sealed: Sealed) -> None:
    double = of_vectors("a double", "0" * 64, photos_of(9, 6)[1:])
    with pytest.raises(PeopleAlike, match="a double and person 9"):
        take_in(sealed, [double])
    assert "a double" not in sealed.names()
    take_in(sealed, [double], accept_alike=True)
    assert sealed.ask(photos_of(9, 1)[0]) in {"a double", "person 9"}
    twin = of_vectors("a twin", "0" * 64, photos_of(9, 5)[1:])
    take_in(sealed, [twin], accept_alike=True)
    with pytest.raises(PeopleAlike, match="equally alike: person 9 and a twin"):
        sealed.ask(photos_of(9, 5)[1:].mean(0) / np.linalg.norm(photos_of(9, 5)[1:].mean(0)))


def test_one_process_at_a_time(sealed: Sealed) -> None:
    with only_process(sealed.owned().path, "elsewhere"), pytest.raises(JobBusy):
        take_in(sealed, [somebody(99)])


def test_what_is_missing_or_changed_is_found_before_anything_is_written(sealed: Sealed) -> None:
    block = next(sealed.public.glob("block-*"))
    data = block.read_bytes()
    block.write_bytes(data[:5000] + bytes([data[5000] ^ 1]) + data[5001:])
    with pytest.raises(DamagedCiphertext, match="checksum"):
        take_in(sealed, [somebody(99)])
    block.unlink()
    with pytest.raises(DamagedCiphertext, match="a file of the public part is missing"):
        take_in(sealed, [somebody(99)])


def test_a_new_gallery_stands_on_nothing_that_is_there(sealed: Sealed, tmp_path: Path) -> None:
    key_file = tmp_path / "owner.key"
    with pytest.raises(UsageError, match="something is there"):
        create(sealed.folder, key_file, sealed.key, faces="as-is")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.jpg").touch()
    with pytest.raises(UsageError, match="something is there"):
        create(tmp_path / "mine", key_file, sealed.key, faces="as-is")
    os.unlink(sealed.folder / "gallery.json")  # noqa: PTH108 - as if it had been killed before its last step
    create(sealed.folder, key_file, sealed.key, faces="as-is")
    assert sealed.names() == set()
    assert verify(sealed.public) == []

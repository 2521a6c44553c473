"""Photos into a sealed gallery: who is taken in, what is turned away, and jobs that were stopped."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from masquerade.data import builtin
from masquerade.encoders.recogniser import open_recogniser
from masquerade.errors import OtherRecogniser, PhotoRejected, UsageError
from masquerade.keys import Key
from masquerade.owner.records import Records
from masquerade.owner.sealed import enrolling
from masquerade.owner.sealed.creating import create
from masquerade.owner.sealed.enrolling import Enrolled, enrol_folder
from masquerade.owner.sealed.opening import Opener
from masquerade.owner.sealed.owned import OwnedGallery
from masquerade.sealed.faces import FaceVectors
from masquerade.sealed.match import CloudGallery, match
from masquerade.sealed.probe import Camera
from masquerade.shipped_weights import shipped_weights

PEOPLE = 6
PHOTOS = 4


@pytest.fixture(scope="module")
def every_face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("orl")
    builtin.write_folders(root)
    return root


@pytest.fixture
def photos(every_face: Path, tmp_path: Path) -> Path:
    """Six people to be enrolled with four photos each, and five others as strangers with two each."""
    for person in sorted(every_face.iterdir())[: PEOPLE + 5]:
        number = int(person.name[1:])
        room, count = ("photos", PHOTOS) if number <= PEOPLE else ("strangers", 2)
        (tmp_path / room / person.name).mkdir(parents=True)
        for photo in sorted(person.iterdir())[:count]:
            shutil.copy(photo, tmp_path / room / person.name)
    return tmp_path / "photos"


class Owner:
    def __init__(self, root: Path, **how: str) -> None:
        self.key = Key.generate()
        self.key.save(root / "owner.key")
        self.root, self.folder, self.records = root, root / "gallery", Records.beside(root / "owner.key")
        create(self.folder, root / "owner.key", self.key, faces="as-is", **how)

    def enrol(self, photos: Path, **how: float) -> Enrolled:
        strangers = self.root / "strangers"
        return enrol_folder(self.folder, self.key, self.records, photos, strangers=strangers, **how)

    def who(self, *photos: Path) -> list[str]:
        public = self.folder / "public"
        camera, cloud = Camera.load(public), CloudGallery(public)
        opener = Opener(OwnedGallery.open(self.folder, self.key, self.records))
        vectors = FaceVectors.of(public, camera.manifest).of_photos(
            [photo.read_bytes() for photo in photos], list(map(str, photos))
        )
        return [opener.person(match(cloud, camera.probe(vector))) for vector in vectors]


def test_people_are_found_on_other_photos(photos: Path, every_face: Path, tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    done = owner.enrol(photos)
    assert (done.people, done.before, done.all, done.turned_away) == (PEOPLE, 0, PEOPLE, ())
    shown = [every_face / f"s{n:02}" / "10.png" for n in (*range(1, PEOPLE + 1), 20, 21, 22)]
    assert owner.who(*shown) == ["s01", "s02", "s03", "s04", "s05", "s06", *["unknown"] * 3]


def test_a_file_s_recogniser_goes_to_the_cameras(photos: Path, every_face: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    shutil.copy(shipped_weights("encoders/weights/resnet-public.safetensors"), file)
    owner = Owner(tmp_path, recogniser=str(file))
    assert owner.enrol(photos).all == PEOPLE
    file.unlink()
    assert owner.who(every_face / "s03" / "09.png") == ["s03"]
    public = owner.folder / "public"
    with pytest.raises(OtherRecogniser):
        FaceVectors.of(
            public, Camera.load(public).manifest.model_copy(update={"recogniser_digest": "0" * 64})
        )
    with pytest.raises(OtherRecogniser):
        Camera.load(public).probe(open_recogniser("sface").embed(np_faces()).double().numpy()[0])


def np_faces():  # noqa: ANN201
    return builtin.orl().images[:1].expand(-1, 3, -1, -1)


def test_bad_photos_and_people_without_photos_are_told(photos: Path, tmp_path: Path) -> None:
    (photos / "s01" / "00.png").write_bytes(b"no picture")
    (photos / "zoe").mkdir()
    (photos / "zoe" / "1.jpg").write_bytes(b"")
    owner = Owner(tmp_path)
    done = owner.enrol(photos)
    assert done.without == ("zoe",)
    assert sorted(str(each.rejection) for each in done.turned_away) == ["empty-file", "not-an-image"]
    again = owner.enrol(photos, fpir=0.5)
    assert (again.people, again.before, again.without) == (0, PEOPLE, ("zoe",))
    assert "50.00% of strangers' photos" in again.unknown


def test_somebody_with_other_photos_is_not_taken_in_twice(photos: Path, tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    owner.enrol(photos)
    (photos / "s02" / "01.png").unlink()
    with pytest.raises(UsageError, match="in the gallery already, with other photos: s02"):
        owner.enrol(photos)


def test_nobody_and_the_name_of_strangers_are_refused(photos: Path, tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    (photos / "s01").rename(photos / "unknown")
    with pytest.raises(UsageError, match="the name that stands for strangers"):
        owner.enrol(photos)
    (tmp_path / "bad" / "ana").mkdir(parents=True)
    (tmp_path / "bad" / "ana" / "1.jpg").write_bytes(b"no picture")
    (tmp_path / "bad" / "bob").mkdir()
    (tmp_path / "bad" / "bob" / "1.jpg").write_bytes(b"no picture")
    with pytest.raises(UsageError, match="none of the photos can be taken in"):
        owner.enrol(tmp_path / "bad")


def test_a_job_that_was_stopped_goes_on_with_who_is_missing(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, told = Owner(tmp_path), []
    monkeypatch.setattr("masquerade.owner.sealed.state.room", lambda layout: 2)

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enrol_folder(
            owner.folder, owner.key, owner.records, photos, strangers=tmp_path / "strangers", progress=stop
        )
    read = []
    real = enrolling.templates
    monkeypatch.setattr(enrolling, "templates", lambda *a: (read.append(a[2]), real(*a))[1])
    done = owner.enrol(photos)
    assert told == [(2, 6), (4, 6)]
    assert (done.people, done.before, done.all, done.blocks) == (2, 4, 6, 3)
    assert read == [[4, 5]], "nobody who is in is read again"


def test_a_camera_turns_bad_photos_away(photos: Path, tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    faces = FaceVectors.of(owner.folder / "public", Camera.load(owner.folder / "public").manifest)
    with pytest.raises(PhotoRejected):
        faces.of_photos([b"no picture"], ["a photo"])
    assert np.allclose(np.linalg.norm(faces.of_photos([next(photos.rglob("*.png")).read_bytes()], [""])), 1)

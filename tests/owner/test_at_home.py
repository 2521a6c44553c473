"""Recognition at home: fitted without a key, kept in a file, and never of another network, people or gallery."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from encoder_examples import tiny_encoder
from masquerade.cli.app import run
from masquerade.data import builtin
from masquerade.encoders import encoder_bytes
from masquerade.errors import ModelError, PhotoRejected, UsageError
from masquerade.files.kinds import Kind, kind_of
from masquerade.files.tensors import packed, read_text
from masquerade.owner.at_home.fitting import fit_home
from masquerade.owner.at_home.model_file import KIND, HomeCard, read_home
from masquerade.owner.at_home.networks import network_beside
from masquerade.owner.at_home.recogniser import HomeRecogniser
from masquerade.owner.gallery import Gallery, GalleryMatch
from masquerade.training.encoders.pretrain import training_card
from masquerade.training.encoders.settings import SIZES


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six friends with four photos each, two more photos of each, and photos of 14 others."""
    room = tmp_path_factory.mktemp("room")
    builtin.write_folders(room / "all")
    for number, person in enumerate(sorted((room / "all").iterdir())[:20]):
        for photo in sorted(person.iterdir())[: 6 if number < 6 else 2]:
            part = "others" if number >= 6 else "visitors" if photo.name > "04.png" else "friends"
            (room / part / person.name).mkdir(parents=True, exist_ok=True)
            (room / part / person.name / photo.name).write_bytes(photo.read_bytes())
    fit_home(room / "model", faces="as-is")
    return room


def people_of(folder: Path) -> list[tuple[str, Path]]:
    return [(photo.parent.name, photo) for photo in sorted(folder.rglob("*.png"))]


def tiny_file(path: Path) -> Path:
    tiny = tiny_encoder()
    path.write_bytes(encoder_bytes(tiny.network, training_card("tiny", tiny.network, SIZES["small"], 0, 1)))
    return path


def test_friends_are_named_and_others_are_unknown(room: Path) -> None:
    home = HomeRecogniser.open(room / "model")
    gallery, rejected = Gallery.enrol(home, people_of(room / "friends"))
    assert rejected == []
    unknown = gallery.open_set(home, 0.01, room / "others")
    assert unknown.fnir is not None
    assert unknown.fnir <= 0.1
    shown = people_of(room / "visitors")
    found = list(gallery.identify(home, [path for _, path in shown], unknown))
    assert (
        sum(
            isinstance(each, GalleryMatch) and each.person == name
            for each, (name, _) in zip(found, shown, strict=True)
        )
        >= 11
    )
    strange = list(gallery.identify(home, [path for _, path in people_of(room / "others")], unknown))
    assert sum(isinstance(each, GalleryMatch) and each.person != "unknown" for each in strange) <= 1


def test_a_gallery_is_of_one_model(room: Path, tmp_path: Path) -> None:
    home = HomeRecogniser.open(room / "model")
    gallery, _ = Gallery.enrol(home, people_of(room / "friends"))
    gallery.save(tmp_path / "gallery")
    assert Gallery.read(tmp_path / "gallery", home).card == gallery.card
    fit_home(tmp_path / "other", room / "friends", faces="as-is")
    with pytest.raises(ModelError, match="another model"):
        Gallery.read(tmp_path / "gallery", HomeRecogniser.open(tmp_path / "other"))


def test_what_is_chosen_without_being_told(room: Path, tmp_path: Path) -> None:
    card = read_home(room / "model")[1]
    assert (card.network, card.features, card.method, card.source) == ("sface", "vector", "as-is", "nothing")
    few = fit_home(tmp_path / "few", room / "friends", faces="as-is").card
    assert (few.features, few.method, few.photos, few.people) == ("vector", "whitening", 24, 6)
    tiny = str(tiny_file(tmp_path / "tiny"))
    public = fit_home(tmp_path / "public", network=tiny, faces="as-is").card
    assert (public.features, public.method, public.source) == ("maps", "whitening", "built-in faces")
    asked = fit_home(tmp_path / "asked", room / "friends", method="discriminants", faces="as-is").card
    assert (asked.method, asked.size) == ("discriminants", 6)


def test_the_same_vectors_come_out_of_the_file(room: Path, tmp_path: Path) -> None:
    (photo, *_) = people_of(room / "visitors")
    fit_home(tmp_path / "model", room / "friends", faces="as-is")
    read, card = read_home(tmp_path / "model")
    assert read.size == card.size
    one, two = (next(iter(HomeRecogniser.open(tmp_path / "model").vectors([photo[1]]))) for _ in range(2))
    assert not isinstance(one, PhotoRejected)
    assert not isinstance(two, PhotoRejected)
    assert torch.equal(one.vector, two.vector)
    assert torch.isclose(one.vector.norm(), torch.tensor(1.0))


def test_the_file_holds_no_name_and_is_the_owners_alone(room: Path, tmp_path: Path) -> None:
    fit_home(tmp_path / "model", room / "friends", faces="as-is")
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o600
    assert kind_of(tmp_path / "model") is Kind.HOME
    assert b"s01" not in (tmp_path / "model").read_bytes()
    assert set(load_file(tmp_path / "model")) == {"mean", "matrix"}


def test_a_network_out_of_a_file_lies_beside_the_model(room: Path, tmp_path: Path) -> None:
    tiny = tiny_file(tmp_path / "tiny")
    fit_home(tmp_path / "model", room / "friends", network=str(tiny), faces="as-is")
    tiny.unlink()
    read_home(tmp_path / "model")
    beside = network_beside(tmp_path / "model")
    other = tiny_encoder(seed=1)
    beside.write_bytes(
        encoder_bytes(other.network, training_card("tiny", other.network, SIZES["small"], 0, 1))
    )
    with pytest.raises(ModelError, match="another network than the one"):
        read_home(tmp_path / "model")
    beside.unlink()
    with pytest.raises(ModelError, match="no such encoder"):
        read_home(tmp_path / "model")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": "dlib"}, "no vector of its own"),
        ({"network": "elsewhere"}, "no vector of its own"),
        ({"digest": "0" * 64}, "another network"),
        ({"size": 64, "taken": 64}, "another size"),
        ({"size": 64}, "its own size"),
        ({"method": "whitening"}, "missing or left over"),
        ({"taken": 1 << 24, "size": 2, "method": "whitening"}, "impossible size"),
        ({"version": 2}, "newer"),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    room: Path, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    card = HomeCard.model_validate_json(read_text(room / "model", KIND))
    said = HomeCard.model_construct(**(card.model_dump() | change))
    (tmp_path / "model").write_bytes(packed({}, KIND, said.model_dump_json()))
    with pytest.raises(ModelError, match=words):
        read_home(tmp_path / "model")


def test_what_makes_no_sense_is_refused(room: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is learnt"):
        fit_home(tmp_path / "m", room / "friends", method="as-is", faces="as-is")
    with pytest.raises(UsageError, match="badly"):
        fit_home(tmp_path / "m", features="maps", method="as-is", faces="as-is")
    with pytest.raises(UsageError, match="no vector of its own"):
        fit_home(tmp_path / "m", network="vit-small", features="vector", faces="as-is")
    for name in ("ann", "bob"):
        (tmp_path / "empty" / name).mkdir(parents=True)
        (tmp_path / "empty" / name / "1.png").write_bytes(b"no picture")
    with pytest.raises(UsageError, match="none of the photos"):
        fit_home(tmp_path / "m", tmp_path / "empty", faces="as-is")
    assert not (tmp_path / "m").exists()


def test_people_it_learnt_from_are_no_strangers(room: Path, tmp_path: Path) -> None:
    tiny = str(tiny_file(tmp_path / "tiny"))
    fit_home(tmp_path / "model", network=tiny, faces="as-is")
    home = HomeRecogniser.open(tmp_path / "model")
    vectors = torch.nn.functional.normalize(torch.rand(3, read_home(tmp_path / "model")[1].size))
    assert home.stranger_cosines(vectors, ())[1] == 0
    assert home.stranger_cosines(vectors, (), room / "others")[1] == 14


def test_the_command_says_what_is_missing(
    room: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["recogniser", "fit", "-o", str(tmp_path / "m")]) == 1
    assert "--public" in capsys.readouterr().err
    assert run(["recogniser", "fit", str(room / "friends"), "--public", "-o", str(tmp_path / "m")]) == 1
    assert "both" in capsys.readouterr().err

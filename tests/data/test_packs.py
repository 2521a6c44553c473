import io
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from masquerade.data import packs
from masquerade.data.intake import Mode
from masquerade.errors import StudyError, UsageError

PEOPLE = ("ben", "Åsa", "Ann", "carl")
IDENTITY = np.array([2, 0, 0, 1, 0, 1, 3, 2], np.int16)


def jpeg(value: int, side: int = 16) -> bytes:
    noise = np.random.default_rng(value).integers(0, 256, (side, side, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG")
    return file.getvalue()


def joined(files: list[bytes]) -> dict[str, NDArray[np.generic]]:
    ends = np.cumsum([0, *map(len, files)])
    return {"jpeg": np.frombuffer(b"".join(files), np.uint8), "offsets": ends}


def write_lfw(root: Path, **changed: NDArray[np.generic]) -> Path:
    names = np.array([f"{PEOPLE[person]}_{row:04}" for row, person in enumerate(IDENTITY)])
    pack = joined([jpeg(row) for row in range(len(IDENTITY))])
    fields = {**pack, "identity": IDENTITY, "names": np.array(PEOPLE), "filename": names, **changed}
    np.savez(root / "lfw_112.npz", **fields)  # type: ignore[arg-type]
    return root


def write_lfw_folders(root: Path) -> Path:
    for row, person in enumerate(IDENTITY):
        path = root / "lfw" / PEOPLE[person] / f"{PEOPLE[person]}_{row:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(row))
    return root


def write_digits(root: Path, **changed: NDArray[np.generic]) -> Path:
    rng = np.random.default_rng(3)
    fields = {}
    for part, count in (("train", 30), ("test", 20)):
        fields[f"x_{part}"] = rng.integers(0, 256, (count, 28, 28), np.uint8)
        fields[f"y_{part}"] = rng.integers(0, 10, count, np.uint8)
    fields |= changed
    np.savez(root / "mnist.npz", **fields)  # type: ignore[arg-type]
    np.savez(root / "fashion_mnist_test.npz", **{k: v for k, v in fields.items() if "test" in k})  # type: ignore[arg-type]
    return root


def test_data_root_is_the_argument_or_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(packs.DATA_VARIABLE, str(tmp_path))
    assert packs.data_root(None) == tmp_path
    (tmp_path / "given").mkdir()
    assert packs.data_root(tmp_path / "given") == tmp_path / "given"


def test_without_a_data_root_both_ways_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(packs.DATA_VARIABLE, raising=False)
    with pytest.raises(StudyError, match="--data or the environment variable MASQUERADE_DATA"):
        packs.data_root(None)
    with pytest.raises(StudyError, match="no such data folder"):
        packs.data_root(tmp_path / "absent")
    monkeypatch.setenv(packs.DATA_VARIABLE, str(tmp_path / "absent"))
    with pytest.raises(StudyError, match="in MASQUERADE_DATA"):
        packs.data_root()


def test_digits_and_clothes(tmp_path: Path) -> None:
    write_digits(tmp_path)
    train, test, clothes = (
        packs.mnist(tmp_path, "train"),
        packs.mnist(tmp_path, "test"),
        packs.fashion_mnist(tmp_path),
    )
    assert (len(train), train.shape, train.names[7]) == (30, (1, 28, 28), "7")
    assert (len(test), clothes.names[9]) == (20, "Ankle boot")
    assert train.images.dtype == torch.uint8
    assert train.labels.dtype == torch.int64
    assert torch.equal(test.images, clothes.images)


def test_cifar10(tmp_path: Path) -> None:
    files = joined([jpeg(row, 32) for row in range(6)])
    fields = {f"{name}_{part}": array for name, array in files.items() for part in ("train", "test")}
    labels = np.arange(6, dtype=np.uint8)
    np.savez(
        tmp_path / "cifar10_subset_jpeg.npz",
        **fields,
        y_train=labels,
        y_test=labels,
        classes=np.array(list("abcdef")),
    )  # type: ignore[arg-type]
    images = packs.cifar10(tmp_path, "test")
    assert images.shape == (3, 32, 32)
    assert images.names == tuple("abcdef")
    assert images.labels.tolist() == list(range(6))
    plain = np.asarray(Image.open(io.BytesIO(jpeg(4, 32))))
    assert (images.images[4].permute(1, 2, 0).numpy() == plain).all()


@pytest.mark.parametrize("min_images", [1, 2, 3])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_lfw_from_folders_and_from_the_pack_is_the_same(tmp_path: Path, min_images: int, mode: Mode) -> None:
    packed = packs.lfw(write_lfw(tmp_path), 8, 8, mode, min_images)
    unpacked = packs.lfw(write_lfw_folders(tmp_path), 8, 8, mode, min_images)
    assert packed.digest == unpacked.digest
    assert packed.names == unpacked.names
    assert len(packed.names) == {1: 4, 2: 3, 3: 1}[min_images]


def test_celeba_people_are_numbered(tmp_path: Path) -> None:
    files = joined([jpeg(row) for row in range(4)])
    np.savez(
        tmp_path / "celeba_150ids_112.npz",
        **files,  # type: ignore[arg-type]
        identity=np.array([1, 0, 1, 0], np.int16),
        celeba_identity=np.array([77, 5]),
        filename=np.array(["4.png", "3.jpg", "2.jpg", "1.jpg"]),
    )
    images = packs.celeba(tmp_path, 16, 16)
    assert images.names == ("celeba_5", "celeba_77")
    plain = np.asarray(Image.open(io.BytesIO(jpeg(2))))  # "2.jpg" comes before "4.jpg"
    assert (images.images[0].permute(1, 2, 0).numpy() == plain).all()


def test_nobody_with_enough_images(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 50"):
        packs.lfw(write_lfw(tmp_path), 8, 8, "L", 50)


def test_missing_files_are_named(tmp_path: Path) -> None:
    for name, read in (
        ("mnist.npz", lambda: packs.mnist(tmp_path, "train")),
        ("fashion_mnist_test.npz", lambda: packs.fashion_mnist(tmp_path)),
        ("cifar10_subset_jpeg.npz", lambda: packs.cifar10(tmp_path, "test")),
        ("lfw_112.npz", lambda: packs.lfw(tmp_path, 8, 8)),
        ("celeba_150ids_112.npz", lambda: packs.celeba(tmp_path, 8, 8)),
    ):
        with pytest.raises(StudyError, match=name.replace(".", r"\.")) as caught:
            read()
        assert "--data" in caught.value.remedy


@pytest.mark.parametrize(
    "changed",
    [
        {"identity": IDENTITY[:-1]},
        {"identity": IDENTITY + 1},
        {"identity": IDENTITY.astype(float)},
        {"offsets": np.array([0, 5, 3])},
        {"offsets": np.zeros(0, int)},
        {"offsets": np.zeros(9, int)},
        {"jpeg": np.zeros(10)},
        {"names": np.array([{"an": "object"}])},
        {"filename": np.array(["a"])},
    ],
)
def test_damaged_faces(tmp_path: Path, changed: dict[str, NDArray[np.generic]]) -> None:
    with pytest.raises(StudyError, match="damaged"):
        packs.lfw(write_lfw(tmp_path, **changed), 8, 8)


def test_a_damaged_photo_in_a_pack_or_folder(tmp_path: Path) -> None:
    files = [jpeg(row) for row in range(len(IDENTITY))]
    files[5] = files[5][:-30]
    with pytest.raises(StudyError, match="photo 5 is truncated"):
        packs.lfw(write_lfw(tmp_path, **joined(files)), 8, 8)
    path = next((write_lfw_folders(tmp_path) / "lfw" / "ben").iterdir())
    path.write_bytes(b"broken")
    with pytest.raises(StudyError, match="1 photos"):
        packs.lfw(tmp_path, 8, 8)


@pytest.mark.parametrize(
    "changed",
    [
        {"x_test": np.zeros((20, 28, 28))},
        {"x_test": np.zeros((20, 27, 28), np.uint8)},
        {"y_test": np.full(20, 10)},
        {"y_test": np.full(20, -1)},
        {"y_test": np.zeros(19, int)},
    ],
)
def test_damaged_digits(tmp_path: Path, changed: dict[str, NDArray[np.generic]]) -> None:
    with pytest.raises(StudyError, match="damaged"):
        packs.mnist(write_digits(tmp_path, **changed), "test")


def test_damaged_archives_raise_study_errors_only(tmp_path: Path) -> None:
    whole = (write_digits(tmp_path) / "mnist.npz").read_bytes()
    rng = np.random.default_rng(8)
    for trial in range(60):
        damaged = bytearray(whole)
        if trial % 2:
            damaged = damaged[: rng.integers(0, len(whole))]
        else:
            start = int(rng.integers(0, len(whole) - 64))
            damaged[start : start + 64] = rng.bytes(64)
        (tmp_path / "mnist.npz").write_bytes(damaged)
        try:
            packs.mnist(tmp_path, "test")
        except StudyError as error:
            assert "damaged" in str(error)  # noqa: PT017 - damage to the other part goes unseen


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "mnist.npz", x_test=np.array([print], dtype=object))
    with pytest.raises(StudyError, match="x_test cannot be read"):
        packs.mnist(tmp_path, "test")

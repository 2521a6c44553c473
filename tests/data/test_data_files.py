"""Tables as spreadsheets write them, and files of data that are built to do harm."""

import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from masquerade.data import attribute_table
from masquerade.data.attribute_table import read_attribute_table
from masquerade.data.npz import Npz
from masquerade.errors import StudyError, UsageError

PLAIN = "file,glasses,hat\nAnna/Ä 1.jpg,1,-1\nBen/2.jpg,0,1\n"
WRITTEN = {
    "plain": PLAIN.encode(),
    "byte-order mark": PLAIN.encode("utf-8-sig"),
    "Excel": PLAIN.replace("\n", "\r\n").encode("utf-8-sig"),
    "Excel in Europe": PLAIN.replace(",", ";").replace("\n", "\r\n").encode("utf-8-sig"),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "old Macintosh": PLAIN.replace("\n", "\r").encode(),
    "quoted": PLAIN.replace("Anna/Ä 1.jpg", '"Anna/Ä 1.jpg"').encode(),
    "no last line end": PLAIN.rstrip().encode(),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_tables_are_read_whatever_program_wrote_them(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(WRITTEN[kind])
    table = read_attribute_table(path)
    assert table.names == ("glasses", "hat")
    assert table.rows == {"Anna/Ä 1.jpg": (True, False), "Ben/2.jpg": (False, True)}


@pytest.mark.parametrize(
    "content", [PLAIN.encode("utf-16"), PLAIN.encode("latin-1"), b'file,a\n"x', b"file," + b"a" * 200_000]
)
def test_tables_that_cannot_be_read_are_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"cannot be read: .* in .*t\.csv"):
        read_attribute_table(path)


def test_a_table_larger_than_any_real_one_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.truncate(attribute_table.LARGEST + 1)
    with pytest.raises(UsageError, match=r"larger than 67,108,864 bytes"):
        read_attribute_table(path)


def archive(path: Path, content: bytes) -> Npz:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("x.npy", content)
    return Npz(path)


def test_an_archive_that_unpacks_to_far_more_than_it_holds_is_refused_by_its_header(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.save(file, np.zeros(80_000_000, np.uint8))
    bomb = archive(tmp_path / "bomb.npz", file.getvalue())
    del file
    tracemalloc.start()
    with pytest.raises(StudyError, match=r"x has 80,000,128 bytes, more than 100 times its file"):
        bomb["x"]
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert archive(
        tmp_path / "a.npz", npy(b"{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }") + b"abc"
    )["x"].tolist() == [97, 98, 99]


def npy(header: bytes) -> bytes:
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header


@pytest.mark.parametrize(
    "header",
    [b"(" * 5000, b"[" * 9000, b"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", b'"""', b"\xff"],
)
def test_an_archive_with_a_hostile_header_is_damaged(header: bytes, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="x cannot be read"):
        archive(tmp_path / "a.npz", npy(header) + b"abc")["x"]


def test_an_archive_that_claims_more_than_there_is_is_damaged(tmp_path: Path) -> None:
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (3000000000,), }"
    with pytest.raises(StudyError, match="x cannot be read"):
        archive(tmp_path / "a.npz", npy(header) + b"abc")["x"]

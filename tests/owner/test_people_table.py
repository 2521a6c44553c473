"""A flat folder of photos, with a table of who is on them."""

from pathlib import Path

import pytest
from test_owner_recognising import model

from masquerade.cli.app import run
from masquerade.data.people_table import survey_by_table
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.released import ReleasedDataset
from owner_examples import KEY, RECIPE, photo


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """Six photos, some in a folder that is no person's."""
    for number in range(6):
        path = tmp_path / "flat" / ("2023 trip" if number > 3 else "") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        photo(number).save(path)
    return tmp_path / "flat"


def table(path: Path, *lines: str, mark: str = "") -> Path:
    path.write_text(mark + "\n".join(lines) + "\n", "utf-8")
    return path


LINES = ("path,person", "0.png,Zoë", "1.png,ann", "2.png,ann", "2023 trip/4.png,Zoë", "gone.png,ann")


@pytest.mark.parametrize("kind", ["plain", "Excel", "Windows"])
def test_people_come_from_the_table_however_it_was_saved(flat: Path, tmp_path: Path, kind: str) -> None:
    lines = LINES if kind != "Excel" else [line.replace(",", ";") for line in LINES]
    if kind == "Windows":
        lines = [line.replace("/", "\\") for line in lines]
    found = survey_by_table(flat, table(tmp_path / "t.csv", *lines, mark="\ufeff" if kind == "Excel" else ""))
    assert [(each.person, each.name) for each in found.photos] == [
        *(("Zoë", "0.png"), ("Zoë", "2023 trip/4.png"), ("ann", "1.png"), ("ann", "2.png")),
    ]
    assert all(each.path.is_file() for each in found.photos)
    assert found.notices == (
        "passed over, no row in the table: 2023 trip/5.png, 3.png",
        "rows without a photo: gone.png",
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("file,person", "0.png,a"), "columns are wrong.*path,person"),
        (("path,person", "0.png"), "not a path and a person.*line 2"),
        (("path,person", "0.png,"), "not a path and a person"),
        (("path,person", "0.png,a", "0.png,b"), "two people.*line 3"),
        (("path,person", "0.png,a", "1.png,a"), "name 1 people; at least 2"),
        (("path,person", "../flat/0.png,a", "/etc/passwd,b"), "name 0 people"),
    ],
)
def test_what_is_wrong_in_a_table_is_named(
    flat: Path, tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        survey_by_table(flat, table(tmp_path / "t.csv", *lines))


def test_a_missing_table_is_named(flat: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        survey_by_table(flat, tmp_path / "t.csv")


def test_who_is_who_decides_the_data_set(flat: Path, tmp_path: Path) -> None:
    records = Records.beside(tmp_path / "owner.key")
    ids = set()
    for number, lines in enumerate([LINES, (*LINES[:2], "1.png,Zoë", *LINES[3:])]):
        people = table(tmp_path / f"{number}.csv", *lines)
        done = disguise_folder(
            flat, tmp_path / str(number), KEY, records, RECIPE, accept_broken=True, people=people
        )
        assert sorted(records.load(done.dataset_id).people) == ["Zoë", "ann"]
        assert done.images == 4
        ids.add(done.dataset_id)
    assert len(ids) == 2


def test_a_flat_folder_is_released_and_enrolled(
    flat: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Key.generate().save(tmp_path / "owner.key")
    people = ["--people", str(table(tmp_path / "t.csv", *LINES)), "--key", str(tmp_path / "owner.key")]
    out = str(tmp_path / "out")
    assert run(["disguise", str(flat), "-o", out, *people, "--accept-broken"]) == 0
    assert "released 4 images of 2 people" in capsys.readouterr().out
    path = model(ReleasedDataset(tmp_path / "out"), tmp_path / "model", classes=2)
    assert run(["predict", str(path), str(flat), *people, "--enrol", str(tmp_path / "gallery")]) == 0
    printed = capsys.readouterr()
    assert "enrolled 2 people from 4 photos" in printed.out
    assert "rows without a photo: gone.png" in printed.err

"""What a key remembers of its releases, and warns of."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from masquerade.owner import released_before
from masquerade.owner.disguise_folder import DisguiseSummary, disguise_folder
from masquerade.owner.records import DatasetRecord, Records
from owner_examples import KEY, OTHER_KEY, RECIPE, person_folders, small_recipe


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "owner.records")


def run(root: Path, records: Records, out: str, **options: object) -> DisguiseSummary:
    photos = root / "photos"
    if not photos.exists():
        person_folders(photos, people=2, each=3)
    given = {"key": KEY, "recipe": RECIPE, "accept_broken": True, "workers": 1} | options
    return disguise_folder(photos, root / out, records=records, **given)  # type: ignore[arg-type]


def test_a_second_release_under_other_parameters_is_warned_of(tmp_path: Path, records: Records) -> None:
    assert run(tmp_path, records, "first").warnings == ()
    assert run(tmp_path, records, "same again").warnings == ()
    louder = run(tmp_path, records, "louder", recipe=small_recipe(50), dry_run=True)
    assert [words.split(":")[0] for words in louder.warnings] == [
        "this key has released 6 images under other parameters before (small)"
    ]
    assert run(tmp_path, records, "louder", recipe=small_recipe(50)).warnings == louder.warnings
    assert run(tmp_path, records, "other key", key=OTHER_KEY, recipe=small_recipe(90)).warnings == ()


def test_a_number_written_otherwise_is_no_other_parameter(tmp_path: Path, records: Records) -> None:
    run(tmp_path, records, "first")
    assert run(tmp_path, records, "second", recipe=small_recipe(10.0)).warnings == ()


def test_images_under_one_key_are_counted_over_all_its_releases(
    tmp_path: Path, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(released_before, "MOST_IMAGES", 8)
    assert run(tmp_path, records, "first").warnings == ()
    person_folders(tmp_path / "photos" / "more", people=1, each=1)
    (tmp_path / "photos" / "more" / "person-00").rename(tmp_path / "photos" / "person-09")
    (tmp_path / "photos" / "more").rmdir()
    (warning,) = run(tmp_path, records, "second").warnings
    assert warning.startswith("13 images under one key and one recipe")


def test_records_hold_no_more_names_than_before(tmp_path: Path, records: Records) -> None:
    summary = run(tmp_path, records, "first")
    kept = json.loads((records.folder / f"{summary.dataset_id}.json").read_text())
    assert kept["key_fingerprint"] == KEY.fingerprint
    assert "photo-00" not in json.dumps(kept)


def test_records_of_version_1_are_read_and_counted_as_this_keys(tmp_path: Path, records: Records) -> None:
    summary = run(tmp_path, records, "first")
    path = records.folder / f"{summary.dataset_id}.json"
    fields = json.loads(path.read_text())
    del fields["key_fingerprint"]
    path.write_text(json.dumps(fields | {"version": 1}))
    assert records.load(summary.dataset_id).key_fingerprint == ""
    assert len(run(tmp_path, records, "louder", recipe=small_recipe(50)).warnings) == 1


def test_a_damaged_record_stops_no_release(tmp_path: Path, records: Records) -> None:
    records.prepare()
    (records.folder / f"{'a' * 32}.json").write_text("{")
    (records.folder / "notes.json").write_text("[]")
    assert run(tmp_path, records, "first").warnings == ()


def test_crafted_features_have_no_numbers_in_common_to_be_counted(records: Records) -> None:
    records.prepare()
    record = DatasetRecord("b" * 32, "crafter", 8, 8, "L", "float32", {"kind": "Crafter"}, ("a",), (5000,))
    records.save(record)
    assert released_before.warnings(records, "c" * 32, "d" * 32, {"kind": "Crafter"}, 10) == ()
    matrices = replace(record, disguise={"kind": "BlockMatrix"})
    records.save(matrices)
    assert len(released_before.warnings(records, "c" * 32, "d" * 32, {"kind": "BlockMatrix"}, 10)) == 1

"""The owner's job: what it releases, what it refuses, and that it always releases the same."""

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from masquerade.data.intake import decode
from masquerade.disguises import BlockMatrix, Chain
from masquerade.errors import SourceChanged, UsageError
from masquerade.owner.disguise_folder import DisguiseSummary, disguise_folder
from masquerade.owner.records import Records
from masquerade.recipes import Recipe, measured
from masquerade.recipes import recipe as recipe_named
from masquerade.recipes.measured import MeasuredVerdict, parameters_digest, verdict_on
from masquerade.released import Manifest, ReleasedDataset, verify
from masquerade.released.verdict import HELD, Verdict
from masquerade.released.writer import ReleaseWriter
from owner_examples import KEY, OTHER_KEY, RECIPE, person_folders, photo, small_recipe
from released_examples import tree


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return person_folders(tmp_path / "photos")


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records.beside(tmp_path / "owner.key")


def run(photos: Path, records: Records, out: str = "out", **options: object) -> DisguiseSummary:
    settings = {
        "key": KEY,
        "recipe": RECIPE,
        "shard_images": 6,
        "workers": 2,
        "accept_broken": True,
    } | options
    return disguise_folder(photos, photos.parent / out, records=records, **settings)  # type: ignore[arg-type]


def released(photos: Path, out: str = "out") -> dict[str, bytes]:
    return tree(photos.parent / out)


def test_every_photo_is_released_once_under_its_persons_label(photos: Path, records: Records) -> None:
    summary = run(photos, records)
    assert (summary.images, summary.photos, summary.people, summary.shards) == (20, 20, 4, 4)
    assert verify(summary.folder) == []
    images, labels = ReleasedDataset(summary.folder).load_all()
    people = records.load(summary.dataset_id).people
    keyed = RECIPE.disguise.with_key(KEY, (3, 16, 16))
    left = list(zip(images, labels.tolist(), strict=True))
    for path in sorted(photos.rglob("*.png")):
        expected = keyed(torch.from_numpy(decode(path, 16, 16, "RGB"))[None])[0].half().float()
        match = [i for i, (image, _) in enumerate(left) if torch.equal(image, expected)]
        assert len(match) == 1
        assert people[left.pop(match[0])[1]] == path.parent.name
    assert left == []


def test_labels_and_order_are_shuffled_by_the_key(tmp_path: Path) -> None:
    photos = person_folders(tmp_path / "photos", people=12, each=4)
    seen = []
    for name, key in (("a", KEY), ("b", OTHER_KEY)):
        records = Records(tmp_path / f"records-{name}")
        summary = run(photos, records, name, key=key)
        labels = ReleasedDataset(summary.folder).labels.tolist()
        people = records.load(summary.dataset_id).people
        order = [people[label] for label in labels]
        assert sorted(order) == sorted(4 * list(people))
        assert order != sorted(order)
        assert list(people) != sorted(people)
        seen.append((people, order))
    assert seen[0] != seen[1]


def test_the_same_job_gives_the_same_bytes_whatever_the_workers(photos: Path, records: Records) -> None:
    run(photos, records, "one", workers=1)
    shutil.rmtree(records.folder)
    run(photos, records, "many", workers=7)
    assert released(photos, "one") == released(photos, "many")


def test_the_number_of_threads_of_the_caller_changes_nothing_and_is_given_back(
    photos: Path, records: Records
) -> None:
    before = torch.get_num_threads()
    run(photos, records, "one")
    assert torch.get_num_threads() == before
    try:
        torch.set_num_threads(3)
        run(photos, records, "three")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert released(photos, "one") == released(photos, "three")


def test_an_interrupted_job_goes_on_and_leaves_the_same_bytes(photos: Path, records: Records) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, photos: int) -> None:
        if done >= 12:
            raise Stopped

    run(photos, records, "whole")
    told: list[tuple[int, int]] = []
    with pytest.raises(Stopped):
        run(photos, Records(records.folder / "more"), progress=stop)
    assert 0 < len(released(photos)) < 5
    run(photos, Records(records.folder / "more"), progress=lambda *done: told.append(done))
    assert told[0][0] > 12
    assert told[-1] == (20, 20)
    assert released(photos) == released(photos, "whole")


@pytest.mark.parametrize("again", [True, False], ids=["discarding", "going on"])
def test_a_job_that_replaces_another_and_is_stopped_ends_in_its_own_bytes(
    photos: Path, records: Records, again: bool
) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, photos: int) -> None:
        if done >= 12:
            raise Stopped

    louder = small_recipe(40)
    run(photos, Records(records.folder / "other"), "whole", recipe=louder)
    run(photos, records)
    with pytest.raises(Stopped):
        run(photos, records, recipe=louder, overwrite=True, progress=stop)
    run(photos, records, recipe=louder, overwrite=again)
    assert released(photos) == released(photos, "whole")
    assert verify(photos.parent / "out") == []


def test_a_finished_job_is_left_as_it_is(photos: Path, records: Records) -> None:
    first = run(photos, records)
    written = {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    assert run(photos, records) == first
    assert {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()} == written


@pytest.mark.parametrize("change", ["added", "removed", "renamed", "grown", "edited", "replaced"])
def test_changed_photos_are_noticed(photos: Path, records: Records, change: str) -> None:
    run(photos, records)
    before = released(photos)
    path = photos / "person-01" / "photo-002.png"
    about = path.stat()
    if change == "added":
        photo(7).save(photos / "person-01" / "photo-100.png")
    elif change == "removed":
        path.unlink()
    elif change == "renamed":
        path.rename(path.with_name("other.png"))
    elif change == "grown":
        path.write_bytes(path.read_bytes() + b"more")
    else:
        data = bytearray(path.read_bytes())
        data[-20] ^= 1
        path.write_bytes(data)
        if change == "replaced":  # with length and time kept
            os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    with pytest.raises(SourceChanged):
        run(photos, records)
    assert released(photos) == before
    assert run(photos, records, overwrite=True).finished


def test_photos_that_were_only_touched_have_not_changed(photos: Path, records: Records) -> None:
    first = run(photos, records)
    for path in photos.rglob("*.png"):
        path.touch()
    assert run(photos, records) == first


def test_a_moved_folder_of_photos_gives_the_same_bytes(photos: Path, records: Records) -> None:
    run(photos, records, "here")
    moved = shutil.copytree(photos, photos.parent / "deeper" / "elsewhere")
    summary = disguise_folder(
        moved,
        photos.parent / "there",
        KEY,
        Records(photos.parent / "r"),
        RECIPE,
        shard_images=6,
        accept_broken=True,
    )
    assert tree(summary.folder) == released(photos, "here")


def test_each_rejected_photo_is_reported_once_and_the_rest_goes_on(photos: Path, records: Records) -> None:
    bad = ("person-00/photo-001.png", "person-02/photo-004.png")
    (photos / bad[0]).write_bytes(b"")
    (photos / bad[1]).write_bytes((photos / bad[1]).read_bytes()[:200])
    for _ in range(2):
        summary = run(photos, records)
        assert summary.images == 18
        assert sum(summary.rejected.values()) == 2
        lines = summary.rejected_list.read_text().splitlines()
        assert len(lines) == 2
        assert all(name in line for name, line in zip(bad, lines, strict=True))
    assert summary.rejected["empty-file"] == 1
    assert run(photos, records, overwrite=True).rejected == summary.rejected


def test_a_person_without_sound_photo_keeps_a_label_and_is_named(photos: Path, records: Records) -> None:
    for path in (photos / "person-03").iterdir():
        path.write_bytes(b"no image")
    summary = run(photos, records)
    assert summary.without_images == ("person-03",)
    record = records.load(summary.dataset_id)
    assert ReleasedDataset(summary.folder).classes == 4
    assert record.images[record.people.index("person-03")] == 0
    assert sum(record.images) == summary.images == 15


def test_no_sound_photo_at_all_is_refused(photos: Path, records: Records) -> None:
    for path in photos.rglob("*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(UsageError, match="none of the photos"):
        run(photos, records)
    assert not (photos.parent / "out" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("blocks-noise", "stale, .*BROKEN; strongest attack: "),
        ("none", "stale, .*UNPROTECTED"),
        ("small", "not measured"),
    ],
)
def test_what_is_not_known_to_hold_must_be_accepted(
    photos: Path, records: Records, name: str, said: str
) -> None:
    recipe = RECIPE if name == "small" else replace(recipe_named(name), height=16, width=16)
    with pytest.raises(UsageError, match=rf"not known to protect: {name}\. {said}.*--accept-broken"):
        run(photos, records, recipe=recipe, accept_broken=False)
    assert not (photos.parent / "out").exists()
    manifest = Manifest.load(run(photos, records, recipe=recipe, accept_broken=True).folder)
    assert manifest.accepted_broken
    assert manifest.verdict == verdict_on(recipe)


def test_what_was_attacked_and_held_needs_no_acceptance(
    photos: Path, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Verdict(state="measured", grade=HELD, study="made up")
    digest = parameters_digest(RECIPE.whole().describe(), RECIPE.shape)
    monkeypatch.setattr(
        measured, "_every", lambda: (MeasuredVerdict(recipe="small", digest=digest, verdict=held),)
    )
    manifest = Manifest.load(run(photos, records, accept_broken=False).folder)
    assert (manifest.accepted_broken, manifest.verdict) == (False, held)
    with pytest.raises(UsageError, match="stale"):
        run(photos, records, "other", recipe=small_recipe(level=11), accept_broken=False)


def test_a_dry_run_writes_nothing_and_promises_what_comes(photos: Path, records: Records) -> None:
    promised = run(photos, records, dry_run=True)
    assert sorted(path.name for path in photos.parent.iterdir()) == ["photos"]
    done = run(photos, records)
    assert not promised.finished
    assert (promised.dataset_id, promised.images, promised.shards) == (done.dataset_id, 20, 4)
    assert promised.bytes <= done.bytes <= promised.bytes * 1.2


def test_people_with_few_photos_can_be_left_out(photos: Path, records: Records) -> None:
    for path in sorted((photos / "person-00").iterdir())[2:]:
        path.unlink()
    summary = run(photos, records, min_images=3)
    assert (summary.people, summary.images) == (3, 15)
    assert "person-00" not in records.load(summary.dataset_id).people
    with pytest.raises(UsageError, match="nobody has 9 photos"):
        run(photos, records, "other", min_images=9)


def test_small_values_are_stored_in_half_and_large_ones_in_single_precision(
    photos: Path, records: Records
) -> None:
    assert run(photos, records).dtype == "float16"
    large = Chain((BlockMatrix(16, variant="block", matrix="uniform01"),))
    recipe = Recipe("large", "", large, 16, 16, "RGB", "small-cnn", "none", "tests", "")
    summary = run(photos, records, "large", recipe=recipe)
    assert summary.dtype == "float32"
    assert float(ReleasedDataset(summary.folder).load_all()[0].abs().max()) > 65504 / 4


@pytest.mark.parametrize("out", ["photos", "photos/out", "."])
def test_photos_and_released_data_are_kept_apart(photos: Path, records: Records, out: str) -> None:
    with pytest.raises(UsageError, match="in one folder"):
        run(photos, records, out)


def test_the_owners_records_are_kept_out_of_the_released_folder(photos: Path) -> None:
    with pytest.raises(UsageError, match="records"):
        run(photos, Records.beside(photos.parent / "out" / "owner.key"))


def test_records_are_closed_to_others(photos: Path, records: Records) -> None:
    run(photos, records)
    assert records.folder.name == "owner.records"
    assert stat.S_IMODE(records.folder.stat().st_mode) == 0o700
    files = list(records.folder.iterdir())
    assert {path.name.split(".", 1)[1] for path in files} == {
        "json",
        "ledger.lock",
        "ledger.sqlite",
        "rejected.jsonl",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_records_keep_names_that_are_no_unicode(photos: Path, records: Records) -> None:
    strange = "caf\udce9 \u202e\n"
    (photos / "person-00").rename(photos / strange)
    summary = run(photos, records)
    assert strange in records.load(summary.dataset_id).people


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"version": 2, "people": [], "images": []}'])
def test_a_damaged_record_is_named(photos: Path, records: Records, data: bytes) -> None:
    summary = run(photos, records)
    (records.folder / f"{summary.dataset_id}.json").write_bytes(data)
    with pytest.raises(UsageError, match="record of a data set is damaged"):
        records.load(summary.dataset_id)


def test_a_record_comes_before_the_manifest(
    photos: Path, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(writer: ReleaseWriter) -> None:
        raise InterruptedError(str(writer))

    monkeypatch.setattr(ReleaseWriter, "finish", cut_off)
    summary = run(photos, records, dry_run=True)
    with pytest.raises(InterruptedError):
        run(photos, records)
    assert np.sum(records.load(summary.dataset_id).images) == 20

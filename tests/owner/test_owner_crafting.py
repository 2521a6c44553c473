"""The owner's job of Crafter: whole, interrupted, asked twice, and with bad input."""

import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
import torch

import masquerade.owner.batches as batches_module
from crafted_examples import craft_photos, network_files
from masquerade.cli.app import run
from masquerade.disguises import Crafter
from masquerade.errors import CraftingError, ModelError, SeriesDiverged, UsageError, WriteFailed
from masquerade.owner.craft_folder import crafting_recipe
from masquerade.owner.feature_cache import CraftedCache
from masquerade.owner.recognise import PhotoRecogniser
from masquerade.owner.records import Records
from masquerade.released import ReleasedDataset, verify
from masquerade.training import train_released
from masquerade.training.settings import Settings
from owner_examples import KEY, OTHER_KEY, person_folders, photo
from released_examples import tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    person_folders(tmp_path / "photos", people=3, each=4)
    return tmp_path


def features(root: Path, out: str = "out") -> torch.Tensor:
    return ReleasedDataset(root / out).load_all()[0]


def same_sets(some: torch.Tensor, others: torch.Tensor) -> bool:
    """Whether each row of ``some`` stands among ``others``, to the bit."""
    return {row.numpy().tobytes() for row in some} <= {row.numpy().tobytes() for row in others}


def test_photos_become_crafted_features(root: Path) -> None:
    summary = craft_photos(root)
    assert (summary.images, summary.shards, summary.dtype) == (12, 2, "float32")
    assert verify(summary.folder) == []
    assert tuple(features(root).shape[1:]) == (8, 4, 4)
    assert ReleasedDataset(root / "out").manifest.disguise["kind"] == "Crafter"


def test_an_interrupted_job_leaves_the_same_bytes_even_within_a_shard(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    craft_photos(root, out="whole", records="whole.records")
    add, added = CraftedCache.add, []

    def stop(cache: CraftedCache, found: dict[str, torch.Tensor]) -> None:
        add(cache, found)
        added.append(len(found))
        if len(added) in (1, 2):
            raise InterruptedError

    monkeypatch.setattr(CraftedCache, "add", stop)
    for _ in range(2):
        with pytest.raises(InterruptedError):
            craft_photos(root)
        assert not (root / "out" / "manifest.json").exists()
    craft_photos(root)
    assert added == [4, 4, 4]  # no batch was crafted twice
    assert tree(root / "out") == tree(root / "whole")


def test_a_photo_keeps_its_feature_among_other_photos(root: Path) -> None:
    craft_photos(root)
    first = features(root)
    for number in range(2):
        photo(9000 + number).save(root / "photos" / "person-01" / f"more-{number}.png")
    (root / "photos" / "person-00" / "photo-001.png").unlink()
    craft_photos(root, out="again", change={"batch": 3})
    again = features(root, "again")
    assert len(again) == 13
    kept = {row.numpy().tobytes() for row in first} & {row.numpy().tobytes() for row in again}
    assert len(kept) == 11
    craft_photos(root, out="fresh", records="fresh.records")  # without the cache they differ
    assert not same_sets(features(root, "fresh"), again)


def test_the_same_photo_twice_has_one_feature(root: Path) -> None:
    source = root / "photos" / "person-00" / "photo-000.png"
    shutil.copy(source, root / "photos" / "person-00" / "copy.png")
    craft_photos(root)
    found = features(root)
    assert len(found) == 13
    assert len({row.numpy().tobytes() for row in found}) == 12


def test_other_numbers_and_other_keys_are_other_questions(root: Path) -> None:
    cache = root / "cache.sqlite"
    craft_photos(root, cache=cache)
    craft_photos(root, out="other", cache=cache, change={"beta": 2.0})
    assert not same_sets(features(root, "other"), features(root))
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    with sqlite3.connect(cache) as base:
        assert base.execute("SELECT count(*) FROM features").fetchone() == (24,)
    base.close()


def test_a_name_in_the_cache_follows_from_the_key(tmp_path: Path) -> None:
    files = network_files(tmp_path)
    crafter = crafting_recipe(encoder=files["encoder"], generator=files["generator"]).whole()
    assert isinstance(crafter, Crafter)
    image = torch.zeros(3, 16, 16, dtype=torch.uint8)
    names = []
    for key in (KEY, OTHER_KEY):
        keyed = crafter.with_key(key, (3, 16, 16))
        made = batches_module.CraftedBatches(keyed, 4, key, crafter.describe(), tmp_path / "c")
        names.append(made._name(image))
    assert names[0] != names[1]
    assert not (tmp_path / "c").exists()


def test_a_bad_photo_is_reported_once_and_the_rest_goes_on(root: Path) -> None:
    (root / "photos" / "person-01" / "photo-002.png").write_bytes(b"no image")
    summary = craft_photos(root)
    assert summary.images == 11
    assert len(summary.rejected_list.read_text().splitlines()) == 1
    assert craft_photos(root) == summary


def test_a_failing_batch_leaves_what_was_whole(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    craft_photos(root, out="whole", records="whole.records")
    crafted, calls = Crafter.crafted, []

    def fail(how: Crafter, *given: object) -> torch.Tensor:
        calls.append(0)
        if len(calls) == 3:
            raise SeriesDiverged("the series diverges")
        return crafted(how, *given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Crafter, "crafted", fail)
        with pytest.raises(SeriesDiverged, match="the series"):
            craft_photos(root)
    assert [path.name for path in (root / "out").iterdir()] == ["part-00000.safetensors"]
    craft_photos(root)
    assert tree(root / "out") == tree(root / "whole")


def test_a_series_that_diverges_is_named(root: Path) -> None:
    series = {"solver": "neumann", "series": {"alpha": 1e6, "terms": 40}, "inversion": {"steps": 1}}
    with pytest.raises(CraftingError, match="series"):
        craft_photos(root, change=series)
    assert not list((root / "out").iterdir())
    assert not (root / "owner.records" / "crafted.sqlite").exists()


def test_features_that_are_not_finite_are_not_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Crafter, "crafted", lambda _, originals, *__: originals * float("nan"))
    with pytest.raises(CraftingError, match="crafted features are not finite"):
        craft_photos(root)
    assert not (root / "owner.records" / "crafted.sqlite").exists()


def test_a_generator_that_does_not_fit_the_encoder_is_named(root: Path) -> None:
    recipe = crafting_recipe(encoder=network_files(root)["encoder"])  # with the generator of 64x64 pixels
    with pytest.raises(UsageError, match="generator's images are not what the encoder takes"):
        craft_photos(root, recipe=recipe)
    assert not (root / "out").exists()


def test_a_cache_in_the_released_folder_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="cache of crafted features inside"):
        craft_photos(root, cache=root / "out" / "cache.sqlite")
    assert not (root / "out").exists()


def test_a_cache_that_cannot_be_written_is_named(root: Path) -> None:
    with pytest.raises(WriteFailed, match=r"cache\.sqlite"):
        craft_photos(root, cache=root / "nowhere" / "cache.sqlite")
    assert not list((root / "out").iterdir())


@pytest.mark.parametrize("damage", ["text", "foreign", "short", "nan"])
def test_a_damaged_cache_is_named(root: Path, damage: str) -> None:
    cache = root / "cache.sqlite"
    if damage == "text":
        cache.write_text("no database" * 100)
    elif damage == "foreign":
        with sqlite3.connect(cache) as base:
            base.execute("CREATE TABLE other (a)")
        base.close()
    else:
        craft_photos(root, cache=cache)
        value = b"short" if damage == "short" else b"\xff" * (4 * 8 * 4 * 4)
        with sqlite3.connect(cache) as base:
            base.execute("UPDATE features SET value = ?", (value,))
        base.close()
    with pytest.raises(UsageError, match="not a cache of crafted features"):
        craft_photos(root, out="other", cache=cache)
    assert not list((root / "other").iterdir())


def test_networks_given_as_files_are_found_again(root: Path) -> None:
    summary = craft_photos(root)
    settings = Settings.read({"network": "small-cnn", "options": {"width": 2, "hidden": 4}, "epochs": 1})
    train_released(root / "out", root / "model", settings=settings)
    for path in network_files(root).values():
        path.unlink()
    records = Records(root / "owner.records")
    opened = PhotoRecogniser.open(root / "model", KEY, records)
    assert opened.dataset_id == summary.dataset_id
    kept = sorted(path.name.split(".", 1)[1] for path in records.folder.glob("*.safetensors"))
    assert kept == ["generator.safetensors", "split.safetensors"]
    for path in records.folder.glob("*.split.safetensors"):
        path.unlink()
    with pytest.raises((ModelError, UsageError), match="split"):
        PhotoRecogniser.open(root / "model", KEY, records)


def test_the_command(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(root)
    network_files(root)
    assert run(["key", "new", "owner.key"]) == 0
    command = ["craft", "photos", "-o", "released", "--key", "owner.key", "--encoder", "encoder.safetensors"]
    command += [
        "--generator",
        "generator.safetensors",
        "--iterations",
        "1",
        "--batch",
        "2",
        "--min-images",
        "4",
    ]
    for person in ("person-00", "person-01"):
        (root / "photos" / person / "photo-000.png").unlink()
    assert run(command) == 1
    assert "--accept-broken" in capsys.readouterr().err
    command.append("--accept-broken")
    assert run([*command, "--dry-run"]) == 0
    assert not (root / "released").exists()
    assert run(command) == 0
    assert "released 4 images of 1 people as crafter" in capsys.readouterr().out
    assert run([*command[:-1], "--overwrite", "--accept-broken", "--encoder", "nowhere"]) == 1
    assert "no such split network" in capsys.readouterr().err

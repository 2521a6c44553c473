"""The cloud's job over a released folder, and a user's own loop over the same folder."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from masquerade.errors import DamagedRelease, ModelError, UsageError
from masquerade.files.tensors import packed
from masquerade.released import Manifest, ReleasedDataset, verify
from masquerade.released.made_with import here
from masquerade.released.manifest import MANIFEST
from masquerade.released.writer import Plan, Shard, write_release
from masquerade.training import Settings, load_model, preset, probabilities, train_released
from masquerade.training.cloud import card_of, hold_back, train_part_of
from masquerade.training.defaults import fitting_settings, mixed_block
from masquerade.training.sources import InMemory, Rows
from places import ROOT

CLASSES = 4
HOW = Settings(network="mlp", options={"hidden": 32}, epochs=15, batch_size=16, learning_rate=0.05)
DISGUISE = {"kind": "Chain", "parts": [{"kind": "Noise", "level": 10.0}]}


def release(folder: Path, ledger: Path, count: int = 80) -> Manifest:
    """A released data set of noisy bars whose place tells the class, in shards of 30."""
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(count) % CLASSES
    images = torch.rand(count, 1, 8, 8, generator=g) * 100
    for image, label in zip(images, labels.tolist(), strict=True):
        image[:, 2 * label : 2 * label + 2] += 150
    head = Manifest(
        dataset_id="1" * 32,
        recipe="a recipe",
        disguise=DISGUISE,
        key_fingerprint="2" * 32,
        derivation_check="3" * 64,
        image_shape=(1, 8, 8),
        stored_shape=(1, 8, 8),
        dtype="float32",
        classes=CLASSES,
        images=0,
        shards=(),
        masquerade="0",
        accepted_broken=False,
        made_with=here(),
    )
    parts = [slice(start, start + 30) for start in range(0, count, 30)]
    plan = Plan(head, len(parts), "source")
    return write_release(
        folder, plan, lambda n: Shard(images[parts[n]], labels[parts[n]]), ledger / "l.sqlite"
    )


@pytest.fixture
def released(tmp_path: Path) -> Path:
    release(tmp_path / "released", tmp_path)
    return tmp_path / "released"


def test_a_released_folder_becomes_a_model(released: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.safetensors"
    summary = train_released(released, out, settings=HOW)
    assert (summary.images, summary.held_back, summary.classes) == (72, 8, CLASSES)
    assert summary.accuracy is not None
    assert summary.accuracy > 0.8
    assert summary.chance == 0.25
    network, card = load_model(out)
    assert (card.recipe, card.disguise, card.settings) == ("a recipe", DISGUISE, HOW)
    assert (card.dataset_id, card.key_fingerprint, card.derivation_check) == ("1" * 32, "2" * 32, "3" * 64)
    assert card.validation_accuracy == summary.accuracy
    images, labels = ReleasedDataset(released).load_all()
    assert (probabilities(network, images).argmax(1) == labels).float().mean() > 0.9
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "l.lock",
        "l.sqlite",
        "model.safetensors",
        "released",
    ]


class Stopped(Exception):
    """Raised by a progress callback, in place of a power cut."""


def test_an_interrupted_job_goes_on_to_the_same_model(released: Path, tmp_path: Path) -> None:
    how = HOW.model_copy(update={"precision": "float32"})
    train_released(released, tmp_path / "whole", settings=how)

    def stop(done: int, *_: object) -> None:
        if done == 20:
            raise Stopped

    with pytest.raises(Stopped):
        train_released(released, tmp_path / "part", settings=how, progress=stop, checkpoint_seconds=0)
    assert (tmp_path / "part.checkpoint").exists()
    steps: list[int] = []
    train_released(released, tmp_path / "part", settings=how, progress=lambda done, *_: steps.append(done))
    assert steps[0] == 20
    assert (tmp_path / "part").read_bytes() == (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("classes", [10**6, 10**7, 10**12])
def test_a_manifest_cannot_claim_classes_for_nothing(released: Path, tmp_path: Path, classes: int) -> None:
    manifest = Manifest.load(released).model_copy(update={"classes": classes})
    (released / MANIFEST).write_bytes(manifest.to_bytes())
    with pytest.raises((UsageError, DamagedRelease), match=r"more classes than images|classes: Input"):
        train_released(released, tmp_path / "model", settings=HOW)
    if classes > 10**6:
        assert "classes" in str(verify(released)[0])


def test_without_resuming_it_starts_anew(released: Path, tmp_path: Path) -> None:
    (tmp_path / "m.checkpoint").write_bytes(packed({}, "masquerade.checkpoint", "damaged"))
    with pytest.raises(ModelError):
        train_released(released, tmp_path / "m", settings=HOW)
    assert train_released(released, tmp_path / "m", settings=HOW, resume=False).accuracy is not None


def test_a_data_set_larger_than_memory_gives_the_same_model(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = HOW.model_copy(update={"precision": "float32"})
    train_released(released, tmp_path / "memory", settings=how)
    monkeypatch.setattr("masquerade.training.cloud._free_memory", lambda: 0)
    train_released(released, tmp_path / "mapped", settings=how)
    assert (tmp_path / "memory").read_bytes() == (tmp_path / "mapped").read_bytes()


def test_rows_come_in_the_order_asked_for(released: Path) -> None:
    dataset = ReleasedDataset(released)
    images, labels = dataset.load_all()
    taken = torch.tensor([70, 3, 35, 36, 2])
    rows = Rows(dataset, taken)
    wanted = torch.tensor([4, 0, 0, 2])
    assert torch.equal(rows.images(wanted), images[taken[wanted]])
    assert torch.equal(rows.labels, labels[taken])


def test_a_damaged_folder_is_refused_before_training(released: Path, tmp_path: Path) -> None:
    (released / "part-00001.safetensors").write_bytes(b"cut short")
    with pytest.raises(DamagedRelease):
        train_released(released, tmp_path / "m", settings=HOW)


def test_a_tenth_of_each_class_is_held_back() -> None:
    labels = torch.tensor([0] * 40 + [1] * 5 + [2] * 2 + [3])
    train, held = hold_back(labels, 0)
    assert torch.equal(torch.cat([train, held]).sort().values, torch.arange(len(labels)))
    assert torch.bincount(labels[held], minlength=4).tolist() == [4, 1, 1, 0]
    assert not torch.equal(hold_back(labels, 1)[1], held)
    assert torch.equal(hold_back(labels, 0)[1], held)
    assert len(hold_back(torch.arange(5), 0)[1]) == 0
    with pytest.raises(UsageError, match="too few"):
        hold_back(torch.tensor([0]), 0)


def test_settings_follow_from_the_manifest(tmp_path: Path) -> None:
    grey = release(tmp_path / "released", tmp_path)
    assert fitting_settings(grey).network == "small-cnn"
    colour = grey.model_copy(update={"stored_shape": (3, 32, 32)})
    assert fitting_settings(colour).network == "resnet18"
    assert fitting_settings(colour, "mlp").network == "mlp"
    mixed = {"kind": "Chain", "parts": [{"kind": "BlockMatrix", "variant": "block", "block": 4}]}
    rows = {"kind": "BlockMatrix", "variant": "rows", "block": 4}
    assert mixed_block(rows) is None
    assert mixed_block(DISGUISE) is None
    chosen = fitting_settings(colour.model_copy(update={"disguise": mixed}))
    assert (chosen.network, chosen.options["block"]) == ("block-net", 4)
    tokens = {"kind": "Chain", "parts": [{"kind": "BlockPermutation", "block": 1}, {"kind": "TokenMatrix"}]}
    maps = colour.model_copy(update={"disguise": tokens, "stored_shape": (192, 7, 7)})
    assert fitting_settings(maps) == preset("laptop-recnet")
    assert fitting_settings(maps, "mlp").network == "mlp"
    unknown = {"kind": "SomebodyElses"}
    assert fitting_settings(maps.model_copy(update={"disguise": unknown})).network == "recnet"
    numbers = maps.model_copy(update={"disguise": unknown, "stored_shape": (256, 1, 1)})
    assert fitting_settings(numbers).network == "mlp"
    features = maps.model_copy(update={"disguise": unknown, "stored_shape": (32, 16, 16)})
    assert fitting_settings(features).network == "resnet18"
    with pytest.raises(UsageError, match="Did you mean resnet18"):
        fitting_settings(colour, "resnet")


def test_a_plain_pytorch_loop_trains_on_a_released_folder(
    released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = ROOT / "examples" / "plain_pytorch_loop.py"
    spec = importlib.util.spec_from_file_location("plain_pytorch_loop", script)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    assert example.train(released, 15) > 0.9
    assert "epoch 15:" in capsys.readouterr().out


def test_two_processes_train_on_a_released_folder(released: Path) -> None:
    """The example of DDP: started as a user starts it, since its processes import it anew."""
    script = ROOT / "examples" / "ddp_gloo.py"
    done = subprocess.run(
        [sys.executable, str(script), str(released), "15", "2"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    last = re.search(r"epoch 15: ([\d.]+)% of the training images right\n$", done.stdout)
    assert last, done.stdout
    assert float(last[1]) > 90


def test_training_imports_neither_keys_nor_disguises() -> None:
    code = (
        "import sys, masquerade.training, masquerade.networks\n"
        "rooms = {'keys', 'disguises', 'recipes', 'owner'}\n"
        "print([n for n in sys.modules if n.startswith('masquerade.') and n.split('.')[1] in rooms])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_images_without_a_manifest_are_trained_on_by_the_same_engine(released: Path, tmp_path: Path) -> None:
    train_released(released, tmp_path / "model", settings=HOW)
    images, labels = ReleasedDataset(released).load_all()
    done = train_part_of(lambda rows: InMemory(images[rows], labels[rows]), labels, CLASSES, HOW, 0)
    theirs, card = load_model(tmp_path / "model")
    for name, ours in done.network.state_dict().items():
        assert torch.equal(theirs.state_dict()[name], ours.cpu()), name
    assert card_of(done, None).confidences == card.confidences

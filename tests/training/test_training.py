"""The training loop: it learns, repeats itself, goes on where it stopped, and says so when it cannot."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from masquerade.errors import ModelError, TrainingDiverged, UsageError
from masquerade.networks import EVERY_NETWORK, Network
from masquerade.networks.classifiers.recnet import RecNet
from masquerade.progress import TrainingProgress
from masquerade.training import PRESETS, Augmentation, Settings, fit, precision, preset, probabilities
from masquerade.training.encoders.settings import MoCoSettings
from masquerade.training.hyperobf.settings import Fit
from masquerade.training.loop import fit_source
from masquerade.training.precision import resolve_precision
from masquerade.training.schedule import learning_rate
from masquerade.training.settings import batches_in
from masquerade.training.sources import InMemory

CLASSES = 4
OPTIONS = {
    "small-cnn": {"width": 4, "hidden": 32},
    "resnet18": {"width": 4},
    "mlp": {"hidden": 32},
    "block-net": {"block": 4, "width": 16},
}


def pictures(count: int = 96, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Noisy pictures of a bar whose place tells the class, values about 0 to 255."""
    g = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    images = torch.rand(count, 2, 8, 8, generator=g) * 100
    for image, label in zip(images, labels.tolist(), strict=True):
        image[:, 2 * label : 2 * label + 2] += 150
    return images, labels


def settings(network: str = "mlp", **changes: object) -> Settings:
    fields = {"epochs": 6, "batch_size": 32, "learning_rate": 0.05, "precision": "float32"}
    return Settings(network=network, options=OPTIONS[network], **{**fields, **changes})


def weights(network: Network) -> Tensor:
    return torch.cat([t.flatten().double() for t in network.state_dict().values()])


def trained(how: Settings, seed: int = 3, **more: Any) -> Network:  # noqa: ANN401
    images, labels = pictures()
    return fit_source(InMemory(images, labels), how, CLASSES, seed, **more)


@pytest.mark.parametrize("name", [kind.name for kind in EVERY_NETWORK if kind is not RecNet])
def test_every_network_that_sees_places_learns_and_knows_unseen_images(name: str) -> None:
    images, labels = pictures()
    how = settings(name, epochs=15, optimiser="adamw", learning_rate=5e-3, weight_decay=0.01)
    network = fit(images, labels, how, CLASSES, np.random.default_rng(0))
    unseen, truth = pictures(seed=1)
    found = probabilities(network, unseen, batch_size=10)
    assert found.shape == (96, CLASSES)
    torch.testing.assert_close(found.sum(1), torch.ones(96))
    assert (found.argmax(1) == truth).float().mean() > 0.9
    assert not network.training


def test_labels_without_meaning_are_not_learnt() -> None:
    images, labels = pictures()
    shuffled = labels[torch.randperm(96, generator=torch.Generator().manual_seed(0))]
    network = fit(images, shuffled, settings(epochs=15), CLASSES, np.random.default_rng(0))
    unseen, truth = pictures(seed=1)
    assert (probabilities(network, unseen).argmax(1) == truth).float().mean() < 0.5


@pytest.mark.parametrize("optimiser", ["sgd", "rmsprop", "adamw"])
def test_the_same_seed_gives_the_same_weights_and_another_does_not(optimiser: str) -> None:
    how = settings("small-cnn", optimiser=optimiser, learning_rate=1e-3, epochs=2)
    torch.manual_seed(1)
    first = weights(trained(how))
    torch.manual_seed(2)
    assert torch.equal(weights(trained(how)), first)
    assert not torch.equal(weights(trained(how, seed=4)), first)


def test_training_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    trained(settings(epochs=1, augmentation=Augmentation(noise=0.1)))
    assert torch.equal(torch.get_rng_state(), before)


class Stopped(Exception):
    """Raised by a progress callback, in place of a power cut."""


def stop_at(step: int) -> TrainingProgress:
    def progress(done: int, total: int, loss: float, accuracy: float) -> None:
        if done == step:
            raise Stopped

    return progress


@pytest.mark.parametrize("optimiser", ["sgd", "rmsprop", "adamw"])
@pytest.mark.parametrize("stop", [1, 4, 17])
def test_a_stopped_training_ends_with_the_same_weights(tmp_path: Path, optimiser: str, stop: int) -> None:
    how = settings(
        "small-cnn",
        optimiser=optimiser,
        learning_rate=1e-3,
        averaging=0.9,
        augmentation=Augmentation(mixup=0.2),
    )
    whole = weights(trained(how))
    path = tmp_path / "model.checkpoint"
    with pytest.raises(Stopped):
        trained(how, checkpoint=path, checkpoint_seconds=0, progress=stop_at(stop))
    steps = []
    resumed = trained(how, checkpoint=path, progress=lambda done, *_: steps.append(done))
    assert steps == list(range(stop, 19))  # the step that was stopped in is taken again
    assert torch.equal(weights(resumed), whole)


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "model.checkpoint"
    first = weights(trained(settings(), checkpoint=path))
    again = trained(settings(), checkpoint=path, progress=stop_at(18))
    assert torch.equal(weights(again), first)


@pytest.mark.parametrize(
    ("seed", "changes", "differs"), [(4, {}, "seed"), (3, {"learning_rate": 0.01}, "settings")]
)
def test_the_checkpoint_of_another_training_is_refused(
    tmp_path: Path, seed: int, changes: dict[str, Any], differs: str
) -> None:
    path = tmp_path / "model.checkpoint"
    trained(settings(), checkpoint=path)
    with pytest.raises(UsageError, match=f"another training: differs in {differs}"):
        trained(settings(**changes), seed=seed, checkpoint=path)


@pytest.mark.parametrize("cut", [0, 5, 200, -1])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "model.checkpoint"
    trained(settings(), checkpoint=path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ModelError):
        trained(settings(), checkpoint=path)


KILLED = """
    import torch
    from pathlib import Path
    from test_training import settings, trained
    trained(settings("small-cnn", epochs=400), checkpoint=Path({path!r}), checkpoint_seconds=0,
            progress=lambda done, *_: print(done, flush=True))
"""


def test_a_killed_training_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "model.checkpoint"
    code = textwrap.dedent(KILLED).format(path=str(path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as job:
        for line in job.stdout:
            if int(line) >= 7:
                job.send_signal(signal.SIGKILL)
                break
    steps = []
    with pytest.raises(Stopped):
        trained(settings("small-cnn", epochs=400), checkpoint=path, progress=note_then_stop(steps))
    assert steps[0] >= 7


def note_then_stop(steps: list[int]) -> TrainingProgress:
    def progress(done: int, total: int, loss: float, accuracy: float) -> None:
        steps.append(done)
        raise Stopped

    return progress


def test_divergence_is_an_error_that_says_what_to_do() -> None:
    images, labels = pictures()
    how = settings()
    with pytest.raises(TrainingDiverged, match=r"diverged.*Lower learning_rate"):
        fit(images, labels, how, CLASSES, np.random.default_rng(0), transform=lambda x: x * float("inf"))


def test_images_that_hold_no_numbers_are_told_before_training() -> None:
    images, labels = pictures()
    images[5, 0, 0, 0] = float("nan")
    with pytest.raises(UsageError, match="not finite numbers: image 5"):
        fit(images, labels, settings(), CLASSES, np.random.default_rng(0))


def test_a_transform_is_applied_to_every_batch_before_training() -> None:
    images, labels = pictures()
    turned = fit(
        images, labels, settings(epochs=15), CLASSES, np.random.default_rng(0), transform=lambda x: x.flip(2)
    )
    unseen, truth = pictures(seed=1)
    assert (probabilities(turned, unseen.flip(2)).argmax(1) == truth).float().mean() > 0.9
    assert (probabilities(turned, unseen).argmax(1) == truth).float().mean() < 0.5


@pytest.mark.parametrize("kind", ["noise", "mixup", "erase", "shift", "flip", "label_smoothing", "averaging"])
def test_every_augmentation_changes_the_training_and_still_learns(kind: str) -> None:
    value = True if kind == "flip" else 1 if kind == "shift" else 0.2
    changes = (
        {kind: value} if kind in Settings.model_fields else {"augmentation": Augmentation(**{kind: value})}
    )
    plain, changed = trained(settings(epochs=12)), trained(settings(epochs=12, **changes))
    assert not torch.equal(weights(plain), weights(changed))
    unseen, truth = pictures(seed=1)
    if kind != "shift":  # moves the bar, which is the class
        assert (probabilities(changed, unseen).argmax(1) == truth).float().mean() > 0.8


@pytest.mark.parametrize("schedule", ["constant", "steps", "cosine", "one_cycle"])
def test_schedules_start_and_end_where_they_say(schedule: str) -> None:
    how = settings(schedule=schedule, learning_rate=1.0)
    rates = [learning_rate(how, step, 350) for step in range(350)]
    assert max(rates) <= 1.0
    ends = {"constant": 1.0, "steps": 0.01, "cosine": 0.0, "one_cycle": 0.0}
    assert rates[-1] == pytest.approx(ends[schedule], abs=1e-3)
    if schedule == "steps":
        assert [rates.index(r) for r in sorted(set(rates), reverse=True)] == [0, 150, 250]
    warm = settings(schedule=schedule, learning_rate=1.0, warm_up=0.1)
    assert learning_rate(warm, 0, 350) < 0.05


@pytest.mark.parametrize(
    ("images", "size", "batches"), [(96, 32, 3), (97, 32, 3), (98, 32, 4), (2, 32, 1), (31, 32, 1)]
)
def test_a_last_batch_of_one_image_is_left_out(images: int, size: int, batches: int) -> None:
    assert batches_in(images, size) == batches


@pytest.mark.parametrize("changes", [{"epochs": None}, {"steps": 5}])
def test_a_length_is_needed_once(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="either epochs or steps"):
        settings(**changes)


@pytest.mark.parametrize("fields", [{"learning_rat": 1}, {"batch_size": 1}, {"optimiser": "adam"}])
def test_wrong_settings_are_named(fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(fields))}.*learning_rate"):
        Settings.read({"epochs": 1, **fields})


def test_settings_are_frozen_and_go_through_json() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PRESETS["paper-mnist"].steps = 5
    for how in PRESETS.values():
        assert Settings.model_validate_json(how.model_dump_json()) == how
    assert preset("paper-resnet").epochs == 350
    with pytest.raises(UsageError, match="Did you mean paper-mnist"):
        preset("paper-mnits")


@pytest.mark.parametrize("labels", [[0, 4] * 48, [-1, 0] * 48, [0] * 95])
def test_labels_that_do_not_fit_are_refused(labels: list[int]) -> None:
    with pytest.raises(UsageError, match="labels"):
        fit(pictures()[0], torch.tensor(labels), settings(), CLASSES, np.random.default_rng(0))


@pytest.mark.parametrize(("flags", "expected"), [("fpu avx2 amx_bf16", "bfloat16"), ("fpu avx2", "float32")])
def test_precision_follows_from_the_processor_and_only_when_asked(
    flags: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(precision, "_PROCESSOR", tmp_path / "cpuinfo")
    precision._flags.cache_clear()
    processor = torch.device("cpu")
    assert resolve_precision("auto", processor) == expected
    assert resolve_precision("float32", processor) == "float32"
    monkeypatch.setattr(precision, "_PROCESSOR", tmp_path / "nowhere")
    precision._flags.cache_clear()
    assert resolve_precision("auto", processor) == "float32"
    precision._flags.cache_clear()


def test_no_training_chooses_a_precision_by_itself() -> None:
    defaults = (kind.model_fields["precision"].default for kind in (Settings, MoCoSettings, Fit))
    chosen = set(defaults)
    assert chosen | {each.precision for each in PRESETS.values()} <= {"float32", "bfloat16"}
    assert chosen == {"float32"}


def test_bfloat16_learns_and_keeps_its_weights_in_float32() -> None:
    network = trained(settings("resnet18", epochs=10, precision="bfloat16"))
    assert {t.dtype for t in network.state_dict().values()} == {torch.float32, torch.int64}
    unseen, truth = pictures(seed=1)
    assert (probabilities(network, unseen).argmax(1) == truth).float().mean() > 0.9

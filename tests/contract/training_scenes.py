"""A training of a few steps for every kind, on built-in faces, and numbers of what came of it."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import numpy as np
import torch
from torch import Tensor

from feature_attack_examples import split
from feature_examples import TINY, people
from masquerade.data import builtin
from masquerade.networks.resnet import ResNet18, ResNet18Options
from masquerade.training import Settings, fit, probabilities
from masquerade.training.crafter.server_half import CloudHalfSettings, train_cloud_half
from masquerade.training.encoders.fine_tuning import FineTuning, fine_tune, with_classes
from masquerade.training.presets import PRESETS
from masquerade.training.xnn_d import Faces, XNNDSettings, obfuscated, scores_of, train_pair

PEOPLE: Final = 6


@cache
def faces() -> tuple[Tensor, Tensor]:
    """Ten faces of each of six people, 32 x 32, three channels, uint8; and who they are."""
    grey = builtin.orl(32, 32)
    return grey.images[: 10 * PEOPLE].expand(-1, 3, -1, -1).contiguous(), grey.labels[: 10 * PEOPLE]


def _fitted(network: str) -> Callable[[], dict[str, float]]:
    def numbers() -> dict[str, float]:
        known = PRESETS[f"laptop-{network}"].model_dump()
        settings = Settings.read({**known, "epochs": 2, "steps": None, "precision": "float32"})
        images, labels = people(PEOPLE, 10, seed=3, spread=0.4) if network == "recnet" else faces()
        model = fit(images, labels, settings, PEOPLE, np.random.default_rng(0))
        return _told(probabilities(model, images), labels)

    return numbers


def _told(answers: Tensor, labels: Tensor) -> dict[str, float]:
    right = answers[torch.arange(len(labels)), labels]
    return {
        "log_likelihood": float(right.clamp(min=1e-6).log().mean()),
        "certainty": float(answers.amax(1).mean()),
    }


def _xnn_d() -> dict[str, float]:
    known = XNNDSettings().recogniser.model_dump()
    recogniser = {**known, "options": TINY, "epochs": 4, "batch_size": 48, "precision": "float32"}
    noise = {"amount": 2.0, "width": 32, "heads": 2}
    settings = XNNDSettings.read({"recogniser": recogniser, "noise": noise, "adversarial_steps": 8})
    seen = Faces(*people(PEOPLE, 10, seed=3, spread=0.4))
    pair = train_pair(seen, settings, np.random.default_rng(0))
    hidden = obfuscated(pair.noise, seen)
    student = torch.softmax(scores_of(pair.student, hidden), 1)
    return {**_told(student, seen.labels), "deviation": float(hidden.std())}


def _cloud_half() -> dict[str, float]:
    images, labels = faces()
    with torch.no_grad():
        features = split().encode(images.float() / 255)
    answers = torch.stack([labels % 2 == 0, labels < 3, labels == 1, labels > 3, labels % 3 == 0], 1)
    trained = train_cloud_half(split(), features, answers, CloudHalfSettings(epochs=3), 0)
    with torch.no_grad():
        told = trained(images.float() / 255)
    logits = told[0] if isinstance(told, tuple) else told
    return {"mean": float(logits.mean()), "size": float(logits.abs().mean())}


def _fine_tuned() -> dict[str, float]:
    images, labels = faces()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        body = ResNet18((3, 32, 32), 4, ResNet18Options(width=8)).eval()
    network = with_classes(body, PEOPLE).requires_grad_(True)
    settings = FineTuning(epochs=2, learning_rate=1e-3)
    return _told(
        probabilities(fine_tune(network, images, labels, settings, np.random.default_rng(0)), images), labels
    )


TRAININGS: Final[Mapping[str, Callable[[], dict[str, float]]]] = {
    "fit": _fitted("mlp"),
    **{name: _fitted(name) for name in ("small-cnn", "resnet18", "mlp", "block-net", "recnet")},
    "xnn_d": _xnn_d,
    "cloud_half": _cloud_half,
    "fine_tuning": _fine_tuned,
}
"""Numbers of every training in ``TRAINING_REVISIONS``."""

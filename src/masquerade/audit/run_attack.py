"""Runs one attack on one repetition and scores its guess; a failure is a result of its own, never a pass."""

import base64
import math
import time
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, Literal

import numpy as np
import torch
from safetensors.torch import load, save

from masquerade.attacks import attack_named
from masquerade.attacks.base import (
    Attack,
    Guess,
    Labelled,
    Labels,
    Membership,
    Ranking,
    Reconstruction,
    Sight,
    View,
)
from masquerade.audit.grading.negative import against_shuffled
from masquerade.audit.scenes.crossed import guessed
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.study import AttackSpec
from masquerade.audit.trial import Trial
from masquerade.errors import MasqueradeError, NotApplicable, NotMeasurable
from masquerade.metrics import EVERY_METRIC
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.pairing import aligned

ROWS = ("original", "disguised", "recovered")
Status = Literal["ran", "incomplete", "not applicable"]
SHOWN_IMAGES = 3
"""Pictures a grid: the best, the median and the worst recovered."""


def make_attack(spec: AttackSpec) -> Attack:
    """The attack that a study's section names, with its options, or that it was given.

    Raises:
        StudyError: If there is no such attack, or no such option.
    """
    return attack_named(spec.name, spec.options) if spec.given is None else spec.given


def attempt(trial: Trial, spec: AttackSpec, budget: Budget, metrics: list[str]) -> dict[str, Any]:
    """One attack on one repetition.

    Args:
        trial: The repetition under attack.
        spec: The attack's section of the study.
        budget: Released images and leaked pairs.
        metrics: Names of the metrics to score the guess by.

    Returns:
        Plain data: ``status`` and ``reason``; ``scores`` by metric; ``shuffled``, the same against shuffled
        truths; ``seconds``; ``had``, how much it saw and asked; ``classes`` (score and membership of each probed
        class) and ``pictures`` where the guess has them.
    """
    attack = make_attack(spec)
    sights = attack.needs | attack.wants | {Sight(name) for name in spec.shows}
    rng = np.random.default_rng([trial.seed, 2])
    started = time.perf_counter()
    try:
        view, truth = build_view(trial, spec, sights, budget, rng)
        started = time.perf_counter()
        guess, had = guessed(attack, view, truth, trial, spec.target, rng)
        seconds = time.perf_counter() - started
        guess = first_encoding(guess, len(truth.identities))
        scores = _scores(guess, truth, metrics)
        shuffled = against_shuffled(guess, truth, list(scores), np.random.default_rng([trial.seed, 5]))
    except NotApplicable as error:
        return {"status": "not applicable", "reason": str(error), "seconds": 0.0, "scores": {}}
    except MasqueradeError as error:
        return _incomplete(str(error), started)
    except Exception as error:  # noqa: BLE001  (whatever breaks an attack, the audit goes on and says so)
        return _incomplete(f"{type(error).__name__}: {error}", started)
    piece: dict[str, Any] = {"status": "ran", "reason": "", "seconds": seconds, "scores": scores}
    piece["shuffled"] = shuffled
    piece["traits"] = _traits(trial)
    piece["had"] = had
    return {**piece, **_extras(guess, truth, view)}


def _traits(trial: Trial) -> dict[str, Any] | None:
    """The four traits and, where they were measured, the numbers behind them; None where nobody says."""
    if trial.traits is not None:
        numbers = asdict(trial.traits)
        return {**numbers.pop("traits"), "numbers": numbers}
    declared = trial.disguise.traits
    return None if declared is None else asdict(declared)


def first_encoding(guess: Guess, n: int) -> Guess:
    """The guess for the first encoding of each image."""
    match guess:
        case Reconstruction():
            return replace(guess, images=guess.images[:n])
        case Ranking():
            return Ranking(guess.similarity[:n])
        case Labels():
            return Labels(guess.labels[:n])
        case _:
            return guess


def _scores(guess: Guess, truth: Truth, metrics: list[str]) -> dict[str, dict[str, Any]]:
    """Scores by metric; the first is the headline and must be measurable, the others may be missing."""
    headline = EVERY_METRIC[metrics[0]](guess, truth)
    _require_numbers(headline)
    scores = {metrics[0]: asdict(headline)}
    for name in metrics[1:]:
        with suppress(NotMeasurable, NotApplicable):
            other = EVERY_METRIC[name](guess, truth)
            _require_numbers(other)
            scores[name] = asdict(other)
    return scores


def _require_numbers(score: Score) -> None:
    """Refuse a score that is no number, or whose chance or interval is none."""
    for what in ("value", "chance", "low", "high"):
        if not math.isfinite(getattr(score, what)):
            raise NotMeasurable(
                f"the score's {what} is no number", value=getattr(score, what), place=score.name
            )


def _incomplete(reason: str, started: float) -> dict[str, Any]:
    seconds = time.perf_counter() - started
    return {"status": "incomplete", "reason": reason, "seconds": seconds, "scores": {}}


def _extras(guess: Guess, truth: Truth, view: View) -> dict[str, Any]:
    match guess:
        case Membership(scores=scores) if truth.members is not None and isinstance(view.probes, Labelled):
            return {"classes": {"scores": scores.tolist(), "members": truth.members.tolist()}}
        case Reconstruction() if truth.originals.shape == guess.images.shape:
            return {"pictures": _pictures(aligned(guess, truth), truth, view)}
        case _:
            return {}


def _pictures(recovered: torch.Tensor, truth: Truth, view: View) -> str:
    """The best, median and worst recovered image by squared error, with original and disguised; base64."""
    error = (recovered - truth.originals).square().flatten(1).mean(1)
    order = error.argsort()
    rows = order[torch.linspace(0, len(order) - 1, SHOWN_IMAGES).round().long()]
    tensors = {
        "original": truth.originals[rows].contiguous(),
        "disguised": view.released[rows].contiguous(),
        "recovered": recovered[rows].contiguous(),
    }
    return base64.b64encode(save(tensors)).decode()


def status_of(pieces: list[dict[str, Any]]) -> tuple[Status, str]:
    """Whether an attack ran in all its repetitions, and why not; one that ran in some alone is incomplete."""
    broken = next((piece for piece in pieces if piece["status"] != "ran"), None)
    if broken is None:
        return "ran", ""
    alike = len({piece["status"] for piece in pieces}) == 1
    return (broken["status"] if alike else "incomplete"), broken["reason"]


def pictures_of(piece: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The images that an attempt kept, by row name; empty where it kept none."""
    if "pictures" not in piece:
        return {}
    kept = load(base64.b64decode(piece["pictures"]))
    return {row: kept[row] for row in ROWS}


def scores_of(pieces: list[dict[str, Any]], metric: str) -> list[Score]:
    """The scores of several attempts under one metric."""
    return [Score(**piece["scores"][metric]) for piece in pieces if metric in piece["scores"]]

"""What every attack must do: beat its positive control, and nothing where the truth is shuffled."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Sight, View
from masquerade.audit.grading.negative import against_shuffled
from masquerade.audit.run_attack import first_encoding
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.study import ArmSpec, AttackSpec, DataSpec
from masquerade.audit.trial import Trial
from masquerade.metrics import EVERY_METRIC
from masquerade.metrics.base import Truth
from masquerade.testing.requiring import require

SMALL: Final = DataSpec(source="orl", height=32, width=32, mode="L", classes=20, test_share=0.3, public=150)
"""The built-in faces: 20 people whose photos are protected, and 20 others."""


@final
@dataclass(frozen=True, eq=False)
class AttackCase:
    """A target that an attack must break.

    Args:
        view: What it sees.
        truth: The right answers, row by row of ``view.released``.
        metric: Name of the metric.
        at_least: Smallest value that counts as broken; well above what the same guess scores against a shuffled truth.
    """

    view: View
    truth: Truth
    metric: str
    at_least: float


def control_case(
    attack: Attack,
    data: DataSpec = SMALL,
    root: Path | None = None,
    **spec: Any,  # noqa: ANN401 - as study files say
) -> AttackCase:
    """The positive control that an attack declares, at a small size.

    Args:
        attack: The attack.
        data: Which photos, and how they are divided.
        root: The data root, or None for the environment variable.
        spec: What else its section of a study would say, such as ``pairs`` or ``target``.

    Raises:
        StudyError: If the photos are not here.
        UsageError: If there is no such recipe.
    """
    control = attack.control
    arm = ArmSpec(name="control", recipe=control.recipe, encodings=control.encodings)
    trial = Trial(EncodedScenes(make_scene(data, root), None), arm, None, 0)
    said = AttackSpec(name=attack.name, metric=control.metric, **spec)
    sights = attack.needs | attack.wants | {Sight(name) for name in said.shows}
    budget = Budget(said.images, said.pairs, said.shared, said.clean)
    view, truth = build_view(trial, said, sights, budget, np.random.default_rng(0))
    return AttackCase(view, truth, control.metric, control.at_least)


def check_attack(attack: Attack, case: AttackCase | None = None) -> float:
    """Hold an attack to its positive control and to a shuffled truth.

    Args:
        attack: The attack, small enough to run here.
        case: What it must break; its own control on the built-in faces without one.

    Returns:
        What it scored.

    Raises:
        ContractBroken: If it does not reach what it must, scores as well against a shuffled truth, or draws from
            torch's global generator: its guess would depend on what ran before.
        MasqueradeError: Whatever the attack raises.
    """
    require(isinstance(attack, Attack), "no attack: it is no Attack", type(attack).__name__)
    chosen = in_another_order(case or control_case(attack))
    before = torch.random.get_rng_state()
    answer = attack(chosen.view, np.random.default_rng(1))
    same = torch.equal(before, torch.random.get_rng_state())
    require(
        same, "it draws from torch's global generator", attack.name, "Draw from `rng`, or within `fork_rng`."
    )
    guess = first_encoding(answer, len(chosen.truth.identities))
    score = EVERY_METRIC[chosen.metric](guess, chosen.truth)
    require(
        score.value >= chosen.at_least, "it does not break what it must", f"{score.value:.3f}, {attack.name}"
    )
    shuffled = against_shuffled(guess, chosen.truth, [chosen.metric], np.random.default_rng(2))
    for found in shuffled.values():
        half = (score.value + score.chance) / 2
        require(found["value"] < half, "it scores as well against a shuffled truth", f"{found['value']:.3f}")
    return score.value


def in_another_order(case: AttackCase) -> AttackCase:
    """The same with candidates shuffled: an attack that answers "the same row" knows nothing."""
    candidates, rows = case.view.candidates, case.truth.candidate_rows
    if candidates is None or rows is None:
        return case
    order = torch.from_numpy(np.random.default_rng(3).permutation(len(candidates)))
    place = order.argsort()
    moved = torch.where(rows >= 0, place[rows.clamp(min=0)], rows)
    truth = replace(
        case.truth,
        candidate_rows=moved,
        members=_at(case.truth.members, order),
        candidate_identities=_at(case.truth.candidate_identities, order),
    )
    return replace(case, view=replace(case.view, candidates=candidates[order]), truth=truth)


def _at(part: Tensor | None, rows: Tensor) -> Tensor | None:
    return None if part is None else part[rows]

"""What determines each piece of an audit, as plain data: a finished piece is found again by it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, final

from masquerade.audit.grading.controls import control_of
from masquerade.audit.grading.figures import OPTIONS
from masquerade.audit.revisions import (
    VIEWS,
    Revisions,
    of_attack,
    of_disguise,
    of_metrics,
    of_trainings,
)
from masquerade.audit.run_attack import make_attack
from masquerade.audit.scenes.scene import Scene
from masquerade.audit.scenes.views import Budget
from masquerade.audit.store import name_of
from masquerade.audit.studies.option_files import named_files
from masquerade.audit.studies.study import ArmSpec, AttackSpec, CurveSpec, MapSpec, Resolved, TrainingSpec
from masquerade.audit.trial import disguise_held, disguise_of, noise_settings, settings_of
from masquerade.metrics.revisions import OF_USE

What = dict[str, Any]
"""Plain data that determine a piece."""


@final
@dataclass(frozen=True)
class Request:
    """A piece that a study asks for: an attack, a map, or else the training of an arm.

    Args:
        what: What determines it.
        arm: The arm.
        seed: The repetition.
        attack: The attack, and what limits it.
        drawn: The map.
    """

    what: What
    arm: ArmSpec
    seed: int
    attack: tuple[AttackSpec, Budget] | None = None
    drawn: MapSpec | None = None


@final
class Pieces:
    """The pieces of one study at one profile.

    Args:
        study: What is run.
        scene: The study's images.
    """

    def __init__(self, study: Resolved, scene: Scene) -> None:
        self._study = study
        self._scene = scene
        self._arms: dict[str, What] = {}

    def of_arm(self, arm: ArmSpec, seed: int) -> What:
        """One repetition of an arm."""
        name = arm.model_dump_json()
        if name not in self._arms:  # describing it opens its networks
            self._arms[name] = self._of_arm(arm)
        return {**self._arms[name], "seed": seed}

    def of_utility(self, arm: ArmSpec, seed: int) -> What:
        """The training of an arm."""
        learns = arm.model_dump(include={"cloud_learns"}, exclude_defaults=True)
        more = {
            **of_metrics(OF_USE),
            **(of_trainings(["cloud_half"]) if arm.cloud_learns is not None else {}),
        }
        return _made_by({**self.of_arm(arm, seed), **learns, "utility": True}, more)

    def of_map(self, arm: ArmSpec, spec: MapSpec, seed: int) -> What:
        """A picture of an arm's features."""
        return {**self.of_arm(arm, seed), "map": spec.model_dump(exclude={"title", "arms"})}

    def of_attack(self, arm: ArmSpec, spec: AttackSpec, budget: Budget, seed: int) -> What:
        """One attack on one repetition of an arm."""
        said = spec.model_dump(exclude={"label", "seeds", "control", "fresh"}, exclude_defaults=True)
        if spec.fresh is not None:
            said["fresh"] = disguise_held(spec.fresh).describe()
        files = named_files(spec.options)
        limits = {name: limit for name, limit in asdict(budget).items() if limit is not None}
        what = {
            **self.of_arm(arm, seed),
            "attack": said,
            "budget": limits,
            **({"files": files} if files else {}),
        }
        metrics = [spec.metric, *spec.others]
        learns = ["fine_tuning"] if "eval_acc_trained" in metrics else []
        more = {**of_attack(make_attack(spec)), **of_metrics(metrics), **of_trainings(learns)}
        held = {} if spec.fresh is None else of_disguise(disguise_held(spec.fresh))
        return _made_by(what, {**more, **held})

    def budget(self, spec: AttackSpec) -> Budget:
        """What limits an attack."""
        return Budget(self._study.images_for(spec), spec.pairs, spec.shared, spec.clean)

    def at(self, spec: AttackSpec, over: str, value: int) -> tuple[AttackSpec, Budget]:
        """An attack at one point of a curve."""
        budget = self.budget(spec)
        if over in OPTIONS:
            return spec.model_copy(update={"options": {**spec.options, over: value}}), budget
        return spec, replace(budget, **{over: value})

    def control(self, spec: AttackSpec, arm: ArmSpec) -> tuple[ArmSpec, AttackSpec]:
        """The target that an attack is known to break, with an arm's photos and noise; see ``control_of``."""
        return control_of(spec, arm, self._study.data.height)

    def count(self, has_utility: set[str]) -> int:
        """How many different pieces there are.

        Args:
            has_utility: Names of the arms that are trained, or otherwise measured for use.
        """
        return len({name_of(request.what) for request in self.every(has_utility)})

    def every(self, has_utility: set[str]) -> Iterator[Request]:
        """All that a study asks for; the same piece may be asked for more than once.

        Args:
            has_utility: As for ``count``.
        """
        seeds = self._study.seeds
        for arm in self._study.arms:
            if arm.name in has_utility:
                yield from (Request(self.of_utility(arm, seed), arm, seed) for seed in seeds)
            for spec in self._study.attacks_on(arm):
                budget = self.budget(spec)
                for seed in self._study.seeds_of(spec):
                    yield self._attacked(arm, spec, budget, seed)
                if spec.control:
                    target, wanted = self.control(spec, arm)
                    yield self._attacked(target, wanted, budget, seeds[0])
        for curve in self._study.curves:
            yield from self._of_curve(curve)
        for drawn in self._study.study.maps:
            for arm in self._named(drawn.arms):
                yield Request(self.of_map(arm, drawn, seeds[0]), arm, seeds[0], drawn=drawn)

    def _attacked(self, arm: ArmSpec, spec: AttackSpec, budget: Budget, seed: int) -> Request:
        return Request(self.of_attack(arm, spec, budget, seed), arm, seed, (spec, budget))

    def _of_curve(self, curve: CurveSpec) -> Iterator[Request]:
        (spec,) = (attack for attack in self._study.attacks if attack.title == curve.attack)
        for arm in self._named(curve.arms):
            for value in curve.values:
                attack, budget = self.at(self._study.on(arm, spec), curve.over, value)
                for seed in self._study.seeds_along(curve, spec):
                    yield self._attacked(arm, attack, budget, seed)

    def _named(self, names: list[str]) -> list[ArmSpec]:
        return [arm for arm in self._study.arms if arm.name in names]

    def _of_arm(self, arm: ArmSpec) -> What:
        training = arm.training or self._study.training
        disguise = disguise_of(arm)
        split = disguise.features_of
        noise = noise_settings(arm.noise, training, arm.name).model_dump() if arm.noise else None
        what = {
            "data": self._study.data.model_dump(exclude={"note"}, exclude_defaults=True),
            "pixels": self._scene.facts.digest,
            "disguise": disguise.describe(),
            "training": None if training is None else settings_of(training).model_dump(mode="json"),
            "encodings": arm.encodings,
            **arm.model_dump(include={"side", "trained_on", "photos", "repeats"}, exclude_defaults=True),
            **({} if noise is None else {"noise": noise}),
            **({} if split is None else {"cloud": split.cloud_digest}),
        }
        learns = _trainings(arm, training)
        return _made_by(what, {"audit": VIEWS, **of_disguise(disguise), **of_trainings(learns)})


def _made_by(what: What, revisions: Revisions) -> What:
    """A piece with further revisions of what makes it."""
    return {**what, "revisions": {**what.get("revisions", {}), **revisions}}


def _trainings(arm: ArmSpec, training: TrainingSpec | None) -> list[str]:
    """What trains an arm's model."""
    loop = [] if training is None else ["fit", settings_of(training).network]
    return [*loop, *(["xnn_d"] if arm.noise is not None else [])]

"""Runs a study: arms by repetitions by attacks, pooled into a report.

Only this room holds key and truth together.
"""

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, final

import torch

from masquerade import __version__
from masquerade.audit.attempt import attempt, make_attack, pictures_of, scores_of
from masquerade.audit.ceilings import with_ceilings
from masquerade.audit.encoded import EncodedScenes
from masquerade.audit.features import split_of
from masquerade.audit.figures import AXIS, OPTIONS, fano_curves, figures_of, measurement_of
from masquerade.audit.grade import grade, strongest
from masquerade.audit.maps import point_map
from masquerade.audit.named_files import named_files
from masquerade.audit.openable import require_openable
from masquerade.audit.pooled import pooled
from masquerade.audit.results import (
    Arm,
    Claim,
    ControlResult,
    Curve,
    CurvePoint,
    Leak,
    Measurement,
    PointMap,
    Report,
)
from masquerade.audit.scene import Scene, make_scene
from masquerade.audit.store import Store
from masquerade.audit.study import ArmSpec, AttackSpec, MapSpec, Resolved
from masquerade.audit.trial import Trial, described, disguise_held, disguise_of, noise_settings, protects
from masquerade.audit.views import Budget
from masquerade.recipes import recipe

Say = Callable[[str], None]
"""Takes one line of progress."""


@dataclass(frozen=True)
class Audited:
    """A report, and the pictures that go into its page but not into its JSON."""

    report: Report
    pictures: dict[str, dict[str, torch.Tensor]]


@final
class Audit:
    """One study at one profile.

    Args:
        study: What to run.
        data: The data root, or None for the environment variable.
        runs: Where finished pieces are kept for a restart, or None.
        say: Called with a line whenever a piece begins.
        command: The command to reproduce the report.
    """

    def __init__(self, study: Resolved, data: Path | None, runs: Path | None, say: Say, command: str) -> None:
        require_openable(study)
        self.study = study
        self.scene: Scene = make_scene(study.data, data)
        self.store = Store(runs)
        self._scenes = EncodedScenes(self.scene, runs)
        self._say = say
        self._command = command
        self._pictures: dict[str, dict[str, torch.Tensor]] = {}
        self._trials: dict[str, Trial] = {}
        self._seconds: dict[str, float] = {}

    def run(self) -> Audited:
        """Everything, in the study's order.

        Raises:
            StudyError: If the study names what does not exist, or data are missing.
        """
        for spec in self.study.attacks:
            make_attack(spec)
        arms = with_ceilings([self._arm(arm) for arm in self.study.arms])
        fano, sentences = self._fano()
        curves = [*figures_of(self.study.study.figures, arms), *self._budget_curves(), *fano]
        report = Report(
            masquerade=__version__,
            study=self.study.study.name,
            title=self.study.study.title,
            source=self.study.study.source,
            profile=self.study.profile,
            digest=self.study.digest,
            data=self.scene.facts,
            seeds=self.study.seeds,
            arms=arms,
            curves=curves,
            maps=self._maps(),
            claims=_claims(self.study, arms),
            findings=[*self.study.study.findings, *sentences],
            not_tested=self.study.study.not_tested,
            command=self._command,
            machine=f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}",
            seconds=self._spent(),
        )
        return Audited(report, self._pictures)

    def piece(self, arm: ArmSpec, spec: AttackSpec, budget: Budget, seed: int) -> dict[str, Any]:
        """One attack on one repetition of one arm, from the store where it is there."""
        metrics = [spec.metric, *spec.others]
        said = spec.model_dump(exclude={"label", "seeds", "control", "fresh"}, exclude_defaults=True)
        if spec.fresh is not None:
            said["fresh"] = disguise_held(spec.fresh).describe()
        files = named_files(spec.options)
        limits = {name: limit for name, limit in asdict(budget).items() if limit is not None}
        what = {
            **self._what(arm, seed),
            "attack": said,
            "budget": limits,
            **({"files": files} if files else {}),
        }
        return self._kept(what, lambda: self._attempt(arm, spec, budget, seed, metrics))

    def _kept(self, what: dict[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        piece = self.store.piece(what, make)
        self._seconds[json.dumps(what, sort_keys=True)] = piece["seconds"]
        return piece

    def _spent(self) -> float:
        """Seconds of all pieces so far, whenever they were computed."""
        return sum(self._seconds.values())

    def _attempt(
        self, arm: ArmSpec, spec: AttackSpec, budget: Budget, seed: int, metrics: list[str]
    ) -> dict[str, Any]:
        self._say(f"{arm.name}: {spec.title} (seed {seed})")
        return attempt(self._trial(arm, seed), spec, budget, metrics)

    def _trial(self, arm: ArmSpec, seed: int) -> Trial:
        """The latest repetitions are kept, so that one model serves every attack on it."""
        name = json.dumps([self._what(arm, seed), arm.cloud_learns], sort_keys=True)
        if name not in self._trials:
            while len(self._trials) > len(self.study.seeds):
                self._trials.pop(next(iter(self._trials)))
            self._trials[name] = Trial(self._scenes, arm, self.study.training, seed)
        return self._trials[name]

    def _what(self, arm: ArmSpec, seed: int) -> dict[str, Any]:
        training = arm.training or self.study.training
        disguise = disguise_of(arm)
        split = split_of(disguise)
        noise = noise_settings(arm.noise, training, arm.name).model_dump() if arm.noise else None
        return {
            "data": self.study.data.model_dump(exclude={"note"}, exclude_defaults=True),
            "pixels": self.scene.facts.digest,
            "disguise": disguise.describe(),
            "training": None if training is None else training.model_dump(exclude_defaults=True),
            "encodings": arm.encodings,
            **arm.model_dump(include={"side", "trained_on", "photos", "repeats"}, exclude_defaults=True),
            **({} if noise is None else {"noise": noise}),
            **({} if split is None else {"cloud": split.cloud_digest}),
            "seed": seed,
        }

    def _budget(self, spec: AttackSpec) -> Budget:
        return Budget(self.study.images_for(spec), spec.pairs, spec.shared, spec.clean)

    def _control(self, spec: AttackSpec, photos: int | None) -> ControlResult | None:
        """The positive control on as many photos as the arm has that it belongs to."""
        if not spec.control:
            return None
        control = make_attack(spec).control
        broken = spec.control if isinstance(spec.control, str) else control.recipe
        side, encodings = self._control_side(broken), control.encodings
        arm = ArmSpec(name=f"control {broken}", recipe=broken, side=side, encodings=encodings, photos=photos)
        wanted = spec.model_copy(update={"fresh": None})
        # Where the control is no protection at all, it is the piece of the study's own unprotected arm.
        if protects(arm) or control.metric not in (spec.metric, *spec.others):
            wanted = wanted.model_copy(update={"metric": control.metric, "others": []})
        piece = self.piece(arm, wanted, self._budget(spec), self.study.seeds[0])
        scores = scores_of([piece], control.metric)
        value = scores[0].value if scores else 0.0
        return ControlResult(
            recipe=broken,
            metric=control.metric,
            value=value,
            at_least=control.at_least,
            passed=value >= control.at_least,
        )

    def _control_side(self, name: str) -> int | None:
        """Photos larger than the control's are made smaller; attacks are known to break it at its size."""
        known = recipe(name)
        return known.height if known.encoder is None and known.height < self.study.data.height else None

    def _arm(self, arm: ArmSpec) -> Arm:
        before = self._spent()
        protected = protects(arm)
        scored, beside = self._utility(arm)
        wanted = [s for s in self.study.attacks if arm.attacks is None or s.title in arm.attacks]
        leaks = [self._leak(arm, spec, self._control(spec, arm.photos)) for spec in wanted]
        worst = strongest(leaks)
        return Arm(
            name=arm.name,
            title=arm.title or arm.name,
            protected=protected,
            recipe=described(arm),
            utility=scored,
            beside=beside,
            leaks=leaks,
            grade=grade(leaks, protected),
            strongest=worst.attack if worst else "",
            seconds=self._spent() - before,
        )

    def _utility(self, arm: ArmSpec) -> tuple[Measurement | None, list[Measurement]]:
        trained = (arm.training or self.study.training) is not None
        if not trained and self.scene.bystanders is None and split_of(disguise_of(arm)) is None:
            return None, []
        pieces = []
        for seed in self.study.seeds:
            learns = arm.model_dump(include={"cloud_learns"}, exclude_defaults=True)
            what = {**self._what(arm, seed), **learns, "utility": True}
            pieces.append(self._kept(what, lambda seed=seed: self._train(arm, seed)))  # type: ignore[misc]
        first, *names = pieces[0]["scores"]
        beside = [pooled(pieces, name, self.study.seeds) for name in names]
        return pooled(pieces, first, self.study.seeds), [found for found in beside if found]

    def _train(self, arm: ArmSpec, seed: int) -> dict[str, Any]:
        self._say(f"{arm.name}: training (seed {seed})")
        started = time.perf_counter()
        scores = {name: asdict(score) for name, score in self._trial(arm, seed).scores().items()}
        return {"scores": scores, "seconds": time.perf_counter() - started}

    def _leak(self, arm: ArmSpec, spec: AttackSpec, control: ControlResult | None) -> Leak:
        seeds = self.study.seeds[: spec.seeds]
        pieces = [self.piece(arm, spec, self._budget(spec), seed) for seed in seeds]
        self._keep_pictures(arm, spec, pieces[0])
        broken = [piece for piece in pieces if piece["status"] != "ran"]
        status, reason = (broken[0]["status"], broken[0]["reason"]) if broken else ("ran", "")
        if status == "ran" and control is not None and not control.passed and protects(arm):
            status = "incomplete"
            reason = "the positive control failed: this attack is too weak here to conclude anything"
        measured = {m: pooled(pieces, m, seeds) for m in [spec.metric, *spec.others]}
        return Leak(
            attack=spec.title,
            title=spec.title.replace("_", " "),
            shows=sorted(make_attack(spec).needs | set(spec.shows)),
            status=status,
            reason=reason,
            headline=measured[spec.metric],
            others=[m for name, m in measured.items() if name != spec.metric and m is not None],
            control=control,
            seconds=sum(piece["seconds"] for piece in pieces),
        )

    def _keep_pictures(self, arm: ArmSpec, spec: AttackSpec, piece: dict[str, Any]) -> None:
        images = pictures_of(piece)
        if images:
            self._pictures[f"{arm.title or arm.name}: {spec.title.replace('_', ' ')}"] = images

    def _maps(self) -> list[PointMap]:
        arms = {arm.name: arm for arm in self.study.arms}
        seed = self.study.seeds[0]
        drawn = []
        for spec in self.study.study.maps:
            for arm in (arms[name] for name in spec.arms if name in arms):
                what = {**self._what(arm, seed), "map": spec.model_dump(exclude={"title", "arms"})}
                make = lambda arm=arm, spec=spec: self._map(arm, spec, seed)  # noqa: E731
                drawn.append(PointMap(**self._kept(what, make)["map"] | {"figure": spec.title}))
        return drawn

    def _map(self, arm: ArmSpec, spec: MapSpec, seed: int) -> dict[str, Any]:
        started = time.perf_counter()
        found = point_map(self._trial(arm, seed), spec, arm.title or arm.name)
        return {"map": found.model_dump(mode="json"), "seconds": time.perf_counter() - started}

    def _budget_curves(self) -> list[Curve]:
        arms = {arm.name: arm for arm in self.study.arms}
        specs = {spec.title: spec for spec in self.study.attacks}
        curves = []
        for curve in self.study.curves:
            for name in (name for name in curve.arms if name in arms):
                spec = specs[curve.attack]
                points = [self._curve_point(arms[name], spec, curve.over, value) for value in curve.values]
                curves.append(
                    Curve(
                        figure=curve.title,
                        series=arms[name].title or name,
                        x_label=AXIS[curve.over],
                        y_label=spec.metric,
                        log_x=min(curve.values) > 0,
                        points=[point for point in points if point is not None],
                    )
                )
        return curves

    def _curve_point(self, arm: ArmSpec, spec: AttackSpec, over: str, value: int) -> CurvePoint | None:
        budget = self._budget(spec)
        if over in OPTIONS:
            spec = spec.model_copy(update={"options": {**spec.options, over: value}})
        else:
            budget = replace(budget, **{over: value})
        seeds = self.study.seeds[: spec.seeds]
        pieces = [self.piece(arm, spec, budget, seed) for seed in seeds]
        measured = pooled(pieces, spec.metric, seeds)
        return None if measured is None else CurvePoint(x=float(value), y=measured)

    def _fano(self) -> tuple[list[Curve], list[str]]:
        curves: list[Curve] = []
        found: list[str] = []
        for arm in self.study.arms:
            for spec in (s for s in self.study.attacks if arm.attacks is None or s.title in arm.attacks):
                seeds = self.study.seeds[: spec.seeds]
                pieces = [self.piece(arm, spec, self._budget(spec), seed) for seed in seeds]
                title = f"{arm.title or arm.name}, {spec.title.replace('_', ' ')}"
                drawn, sentence = fano_curves(title, pieces)
                curves += drawn
                found += [sentence] if sentence else []
        return curves, found


def _claims(study: Resolved, arms: list[Arm]) -> list[Claim]:
    by_name = {arm.name: arm for arm in arms}
    claims = []
    for spec in study.study.claims:
        ours = measurement_of(by_name.get(spec.arm), spec.y)
        if ours is not None:
            claims.append(
                Claim(what=spec.what, paper=spec.paper, paper_value=spec.value, ours=ours, note=spec.note)
            )
    return claims

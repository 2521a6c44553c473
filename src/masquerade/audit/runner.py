"""Runs a study: arms by repetitions by attacks, pooled into a report.

Only this room holds key and truth together.
"""

import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, final

import torch

from masquerade import __version__
from masquerade.attacks import EVERY_ATTACK
from masquerade.attacks.base import Sight
from masquerade.attacks.structure import readable
from masquerade.audit.code_version import code_version
from masquerade.audit.comparisons.references import References
from masquerade.audit.grading.answers import answered
from masquerade.audit.grading.embedding_maps import point_map
from masquerade.audit.grading.figures import AXIS, claims_of, fano_curves, figures_of
from masquerade.audit.grading.pooling import negative_controls, pooled
from masquerade.audit.pieces import Pieces, Request, What
from masquerade.audit.preflight import require_attackers, require_sound
from masquerade.audit.results import (
    Arm,
    ControlResult,
    Curve,
    CurvePoint,
    Leak,
    MeasuredTraits,
    Measurement,
    PointMap,
    Reference,
    Report,
)
from masquerade.audit.revisions import GRADE, Revisions
from masquerade.audit.run_attack import attempt, make_attack, pictures_of, scores_of, status_of
from masquerade.audit.scenes.counted import most_had
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import Scene, make_scene
from masquerade.audit.scenes.views import Budget
from masquerade.audit.steps import Progress, Say, Steps
from masquerade.audit.store import Store, name_of
from masquerade.audit.studies.study import ArmSpec, AttackSpec, MapSpec, Resolved
from masquerade.audit.trial import Trial, described, disguise_of, promises, protects, secret_kinds
from masquerade.metrics import question_of
from masquerade.promises import QUESTIONS


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
        scene: The images, where they are given in memory; by itself those that the study names.
    """

    def __init__(
        self,
        study: Resolved,
        data: Path | None,
        runs: Path | None,
        say: Say,
        command: str,
        scene: Scene | None = None,
    ) -> None:
        require_sound(study)
        self.study = study
        self.scene: Scene = make_scene(study.data, data) if scene is None else scene
        require_attackers(study, self.scene)
        for photo in self.scene.facts.rejected:
            say(f"not taken in: {photo}")
        self.store = Store(runs)
        self._scenes = EncodedScenes(self.scene, runs)
        self._command = command
        self._pictures: dict[str, dict[str, torch.Tensor]] = {}
        self._trials: dict[str, Trial] = {}
        self._seconds: dict[str, float] = {}
        self._revisions: Revisions = {}
        self._commits: set[str] = set()
        self.pieces = Pieces(study, self.scene)
        self._trained = {arm.name for arm in study.arms if self._has_utility(arm)}
        self.references = References(study, self.scene)
        count = self.pieces.count(self._trained) + len(list(self.references.pieces()))
        self.steps: Progress = Steps(count, say)

    def requests(self) -> Iterator[Request]:
        """All pieces of the study; the same may come more than once."""
        return self.pieces.every(self._trained)

    def names(self) -> set[str]:
        """Names of all pieces of the study."""
        return {name_of(request.what) for request in self.requests()} | set(
            map(name_of, self.references.pieces())
        )

    def make(self, request: Request) -> None:
        """Make a piece, if it is not finished, and keep it."""
        if request.attack is not None:
            self.piece(request.arm, *request.attack, request.seed)
        elif request.drawn is not None:
            self._drawn(request.arm, request.drawn, request.seed)
        else:
            self._measured(request.arm, request.seed)

    def compare(self) -> list[Reference]:
        """What the protections are compared with, made and kept."""
        return self.references.run(self._kept, self.steps.begin)

    def run(self) -> Audited:
        """Everything, in the study's order.

        Raises:
            StudyError: If the study names what does not exist, or data are missing.
        """
        references = self.compare()
        arms = answered([self._arm(arm) for arm in self.study.arms])
        fano, sentences = self._fano()
        maps, undrawn = self._maps()
        curves = [*figures_of(self.study.study.figures, arms), *self._budget_curves(), *fano]
        report = Report(
            masquerade=__version__,
            commit=code_version(),
            older=sorted(self._commits - {code_version()}),
            revisions=dict(sorted({**self._revisions, "grade": GRADE}.items())),
            date=datetime.now(UTC).date().isoformat(),
            study=self.study.study.name,
            title=self.study.study.title,
            source=self.study.study.source,
            profile=self.study.profile,
            digest=self.study.digest,
            data=self.scene.facts,
            seeds=self.study.seeds,
            references=references,
            arms=arms,
            curves=curves,
            maps=maps,
            claims=claims_of(self.study.study.claims, arms),
            findings=[*self.study.study.findings, *sentences, *undrawn],
            not_tested=_not_tested(self.study),
            command=self._command,
            machine=f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}",
            seconds=self._spent(),
        )
        return Audited(report, self._pictures)

    def piece(self, arm: ArmSpec, spec: AttackSpec, budget: Budget, seed: int) -> dict[str, Any]:
        """One attack on one repetition of one arm, from the store where it is there."""
        metrics = [spec.metric, *spec.others]
        what = self.pieces.of_attack(arm, spec, budget, seed)
        return self._kept(what, lambda: self._attempt(arm, spec, budget, seed, metrics))

    def _kept(self, what: What, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        piece = self.store.piece(what, self.steps.made(make))
        name = json.dumps(what, sort_keys=True)
        self._seconds[name] = piece["seconds"]
        self._revisions |= what["revisions"]
        self._commits |= {piece.get("commit", code_version())}
        self.steps.done(name)
        return piece

    def _spent(self) -> float:
        """Seconds of all pieces so far, whenever they were computed."""
        return sum(self._seconds.values())

    def _attempt(
        self, arm: ArmSpec, spec: AttackSpec, budget: Budget, seed: int, metrics: list[str]
    ) -> dict[str, Any]:
        self.steps.begin(f"{arm.name}: {spec.title} (seed {seed})")
        return attempt(self._trial(arm, seed), spec, budget, metrics)

    def _trial(self, arm: ArmSpec, seed: int) -> Trial:
        """The latest repetitions are kept, so that one model serves every attack on it."""
        name = json.dumps([self.pieces.of_arm(arm, seed), arm.cloud_learns], sort_keys=True)
        if name not in self._trials:
            while len(self._trials) > len(self.study.seeds):
                self._trials.pop(next(iter(self._trials)))
            self._trials[name] = Trial(self._scenes, arm, self.study.training, seed, name)
        return self._trials[name]

    def _control(self, spec: AttackSpec, of: ArmSpec) -> ControlResult | None:
        """The positive control with as many photos and as much noise as the arm has that it belongs to."""
        if not spec.control:
            return None
        control = make_attack(spec).control
        arm, wanted = self.pieces.control(spec, of)
        piece = self.piece(arm, wanted, self.pieces.budget(spec), self.study.seeds[0])
        scores = scores_of([piece], control.metric)
        value = scores[0].value if scores else 0.0
        return ControlResult(
            recipe=arm.title,
            metric=control.metric,
            value=value,
            at_least=control.at_least,
            passed=value >= control.at_least,
        )

    def _arm(self, arm: ArmSpec) -> Arm:
        before = self._spent()
        protected = protects(arm)
        scored, beside = self._utility(arm)
        leaks = [self._leak(arm, spec, self._control(spec, arm)) for spec in self.study.attacks_on(arm)]
        return Arm(
            name=arm.name,
            title=arm.title or arm.name,
            protected=protected,
            recipe=described(arm),
            utility=scored,
            beside=beside,
            leaks=leaks,
            promises=promises(arm),
            kinds=secret_kinds(arm) if protected else [],
            traits=self._traits(arm),
            grade="INCOMPLETE",
            seconds=self._spent() - before,
        )

    def _traits(self, arm: ArmSpec) -> MeasuredTraits | None:
        """As measured on the first repetition, beside whichever attack ran there."""
        for spec in self.study.attacks_on(arm):
            piece = self.piece(arm, spec, self.pieces.budget(spec), self.study.seeds[0])
            if piece.get("traits"):
                return MeasuredTraits.model_validate(piece["traits"])
        return None

    def _utility(self, arm: ArmSpec) -> tuple[Measurement | None, list[Measurement]]:
        if not self._has_utility(arm):
            return None, []
        pieces = [self._measured(arm, seed) for seed in self.study.seeds]
        first, *names = pieces[0]["scores"]
        beside = [pooled(pieces, name, self.study.seeds) for name in names]
        return pooled(pieces, first, self.study.seeds), [found for found in beside if found]

    def _measured(self, arm: ArmSpec, seed: int) -> dict[str, Any]:
        return self._kept(self.pieces.of_utility(arm, seed), lambda: self._train(arm, seed))

    def _has_utility(self, arm: ArmSpec) -> bool:
        if arm.given is not None and arm.given.released is not None and arm.given.released.model is not None:
            return False  # it was trained on every photo: none is held back to measure it on
        trained = (arm.training or self.study.training) is not None
        return trained or self.scene.bystanders is not None or disguise_of(arm).features_of is not None

    def _train(self, arm: ArmSpec, seed: int) -> dict[str, Any]:
        self.steps.begin(f"{arm.name}: training (seed {seed})")
        started = time.perf_counter()
        scores = {name: asdict(score) for name, score in self._trial(arm, seed).scores().items()}
        return {"scores": scores, "seconds": time.perf_counter() - started}

    def _leak(self, arm: ArmSpec, spec: AttackSpec, control: ControlResult | None) -> Leak:
        seeds = self.study.seeds_of(spec)
        pieces = [self.piece(arm, spec, self.pieces.budget(spec), seed) for seed in seeds]
        self._keep_pictures(arm, spec, pieces[0])
        status, reason = status_of(pieces)
        if status == "ran" and control is not None and not control.passed and protects(arm):
            status = "incomplete"
            reason = f"the control failed: on {control.recipe} too, it is too weak to conclude anything"
        metrics = [spec.metric, *spec.others]
        measured = {m: pooled(pieces, m, seeds) for m in metrics}
        negatives = negative_controls(pieces, metrics, seeds)
        if any(not control.passed and control.metric == spec.metric for control in negatives):
            status = "incomplete"
            reason = "the negative control failed: it scores above chance against a shuffled truth as well"
        return Leak(
            attack=spec.title,
            title=spec.title.replace("_", " "),
            shows=_shown(spec),
            had=most_had(pieces),
            status=status,
            reason=reason,
            headline=measured[spec.metric],
            others=[m for name, m in measured.items() if name != spec.metric and m is not None],
            control=control,
            negatives=negatives,
            asks=[question for question in QUESTIONS if question in map(question_of, metrics)],
            reads=sorted(_read(spec, arm)),
            seconds=sum(piece["seconds"] for piece in pieces),
        )

    def _keep_pictures(self, arm: ArmSpec, spec: AttackSpec, piece: dict[str, Any]) -> None:
        images = pictures_of(piece)
        if images:
            self._pictures[f"{arm.title or arm.name}: {spec.title.replace('_', ' ')}"] = images

    def _maps(self) -> tuple[list[PointMap], list[str]]:
        """Pictures of features, and a sentence for each that could not be drawn."""
        arms = {arm.name: arm for arm in self.study.arms}
        seed = self.study.seeds[0]
        drawn: list[PointMap] = []
        failed: list[str] = []
        for spec in self.study.study.maps:
            for arm in (arms[name] for name in spec.arms if name in arms):
                try:
                    drawn.append(PointMap(**self._drawn(arm, spec, seed)["map"] | {"figure": spec.title}))
                except Exception as error:  # noqa: BLE001  (whatever breaks a picture, the numbers are kept)
                    reason = f"{type(error).__name__}: {error}"
                    failed.append(f"{spec.title}, {arm.title or arm.name}: could not be drawn ({reason}).")
        return drawn, failed

    def _drawn(self, arm: ArmSpec, spec: MapSpec, seed: int) -> dict[str, Any]:
        return self._kept(self.pieces.of_map(arm, spec, seed), lambda: self._map(arm, spec, seed))

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
                seeds = self.study.seeds_along(curve, spec)
                found = [
                    self._curve_point(arms[name], spec, curve.over, value, seeds) for value in curve.values
                ]
                points = [point for point in found if point is not None]
                if spec.generic and not points:
                    continue  # it does not concern this arm, or had too little to go by
                curves.append(
                    Curve(
                        figure=curve.title,
                        series=arms[name].title or name,
                        x_label=AXIS[curve.over],
                        y_label=spec.metric,
                        log_x=min(curve.values) > 0,
                        points=points,
                    )
                )
        return curves

    def _curve_point(
        self, arm: ArmSpec, spec: AttackSpec, over: str, value: int, seeds: list[int]
    ) -> CurvePoint | None:
        spec, budget = self.pieces.at(self.study.on(arm, spec), over, value)
        pieces = [self.piece(arm, spec, budget, seed) for seed in seeds]
        measured = pooled(pieces, spec.metric, seeds)
        return None if measured is None else CurvePoint(x=float(value), y=measured)

    def _fano(self) -> tuple[list[Curve], list[str]]:
        curves: list[Curve] = []
        found: list[str] = []
        for arm in self.study.arms:
            for spec in self.study.attacks_on(arm):
                pieces = [
                    self.piece(arm, spec, self.pieces.budget(spec), seed)
                    for seed in self.study.seeds_of(spec)
                ]
                title = f"{arm.title or arm.name}, {spec.title.replace('_', ' ')}"
                statistic = getattr(make_attack(spec), "statistic", "soft_agreement")
                drawn, sentence = fano_curves(title, pieces, statistic)
                curves += drawn
                found += [sentence] if sentence else []
        return curves, found


def _not_tested(study: Resolved) -> list[str]:
    said = study.study.not_tested
    return (
        said
        if study.study.generic
        else [*said, f"attacks that need no recipe: {study.study.without_generic}"]
    )


def _read(spec: AttackSpec, arm: ArmSpec) -> frozenset[str]:
    """Kinds of the arm's parts that the attack was made for, and could make out.

    An attack that another distribution brings may break a protection, but acquits none: its author may be that of the
    protection.
    """
    attack = make_attack(spec)
    if type(attack) not in EVERY_ATTACK:
        return frozenset()
    return readable(attack.reads, described(arm)) if Sight.RECIPE in attack.wants else attack.reads


def _shown(spec: AttackSpec) -> list[str]:
    attack = make_attack(spec)
    return sorted(attack.needs | attack.wants | set(spec.shows))

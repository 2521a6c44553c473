"""What the protections of a study are compared with: nothing released, or the task's answers alone."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final, final

from masquerade.audit.comparisons import answers_alone, at_home
from masquerade.audit.grading.pooling import pooled
from masquerade.audit.results import Reference
from masquerade.audit.revisions import ANSWERS_ALONE, AT_HOME, of_metrics
from masquerade.audit.scenes.scene import Scene
from masquerade.audit.studies.study import Resolved
from masquerade.audit.trial import disguise_of
from masquerade.crafting.trained import TrainedSplit
from masquerade.errors import MasqueradeError

What = dict[str, Any]
Keep = Callable[[What, Callable[[], dict[str, Any]]], dict[str, Any]]
"""Reads back the piece that plain data determine, or makes and keeps it."""
NOTHING: Final = "nothing released"
ANSWERS: Final = "answers alone"
_AT_HOME: Final = ("utility", "recognition")
_OF_ANSWERS: Final = ("identification", "attribute_auc", "attribute_agreement")
_NO_PEOPLE: Final = "the classes are not people, and no public network is here that knows them"


@final
@dataclass(frozen=True)
class _Measure:
    """One comparison: ``scores`` gives the utility first, then perhaps the leak."""

    name: str
    title: str
    what: What
    scores: Callable[[], dict[str, Any]]


@final
class References:
    """The comparisons of one study at one profile.

    Args:
        study: What is run.
        scene: The study's images.
    """

    def __init__(self, study: Resolved, scene: Scene) -> None:
        self._study = study
        self._scene = scene

    def pieces(self) -> Iterator[What]:
        """What determines each piece."""
        yield from (measure.what for measure in self._measures())

    def run(self, keep: Keep, begin: Callable[[str], None]) -> list[Reference]:
        """All comparisons; one that cannot be made has its reason in the place of numbers.

        Args:
            keep: Reads back or makes a piece.
            begin: Takes a line when a piece is begun.
        """
        found = [self._reference(measure, keep, begin) for measure in self._measures()]
        if not found and self._recognises and not self._scene.of_people:
            return [Reference(name=NOTHING, title="Nothing released", reason=_NO_PEOPLE)]
        return found

    def not_here(self) -> str:
        """Why nothing can be recognised at home here, before anything is run; empty where it can."""
        if all("at_home" not in what for what in self.pieces()):
            return ""
        try:
            at_home.require_recogniser()
        except MasqueradeError as error:
            return str(error)
        return ""

    @property
    def _recognises(self) -> bool:
        """Whether a cloud learns to tell classes apart, or people whom it was never trained on."""
        trained = self._study.training or any(arm.training for arm in self._study.arms)
        return bool(trained or self._scene.unseen) and self._scene.bystanders is None

    def _measures(self) -> Iterator[_Measure]:
        data = self._study.data.model_dump(exclude={"note"}, exclude_defaults=True)
        shared = {"data": data, "pixels": self._scene.facts.digest}
        split = self._split()
        if split is not None:
            what = {
                **shared,
                "answers": split.digest,
                "revisions": {"answers alone": ANSWERS_ALONE, **of_metrics(_OF_ANSWERS)},
            }
            yield _Measure(ANSWERS, "The task's answers alone", what, partial(self._answers, split))
        elif self._recognises and self._scene.of_people:
            for way in at_home.WAYS:
                title = at_home.title_of(self._scene, way)
                what = {**shared, "at_home": way, "revisions": {"at home": AT_HOME, **of_metrics(_AT_HOME)}}
                yield _Measure(NOTHING, title, what, partial(self._at_home, way))

    def _split(self) -> TrainedSplit | None:
        """The network whose answers the cloud is to learn, in a study of features."""
        if not self._study.data.private:
            return None
        return next((split for arm in self._study.arms if (split := disguise_of(arm).answers_of)), None)

    def _at_home(self, way: str) -> dict[str, Any]:
        return {"utility": asdict(at_home.at_home(self._scene, way))}

    def _answers(self, split: TrainedSplit) -> dict[str, Any]:
        scores = answers_alone.answers_alone(self._scene, split)
        return {name: asdict(score) for name, score in scores.items()}

    def _reference(self, measure: _Measure, keep: Keep, begin: Callable[[str], None]) -> Reference:
        def make() -> dict[str, Any]:
            begin(measure.title)
            started = time.perf_counter()
            return {"scores": measure.scores(), "seconds": time.perf_counter() - started}

        first = self._study.seeds[:1]
        try:
            piece = keep(measure.what, make)
        except MasqueradeError as error:
            return Reference(name=measure.name, title=measure.title, reason=str(error))
        utility, leak = (pooled([piece], name, first) for name in ("utility", "identification"))
        return Reference(
            name=measure.name, title=measure.title, utility=utility, leak=leak, seconds=piece["seconds"]
        )

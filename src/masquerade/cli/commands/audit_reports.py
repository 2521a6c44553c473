"""Reports of studies: run here, or by a pool of processes, and judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from masquerade.audit.pieces_folder import pieces_folder
from masquerade.audit.pool import Asked, run_tasks, tasks_of
from masquerade.audit.results import Report
from masquerade.audit.runner import Audit
from masquerade.audit.steps import Steps
from masquerade.audit.store import forget
from masquerade.audit.studies.study import Resolved
from masquerade.cli.answer_types import ArmAnswer, StudyAnswer
from masquerade.cli.answers import answer
from masquerade.cli.console import complain, note
from masquerade.errors import MasqueradeError
from masquerade.report import Condition, PictureGrid, Ruling, judge, render, write_numbers

UNFINISHED: Final = "unfinished"
"""Folder in the report's folder that holds finished pieces of one's own photos until the report is written."""


@final
@dataclass(frozen=True)
class Wanted:
    """One study of a command.

    Args:
        said: As the command says it.
        file: Its file.
        study: The study at its profile.
        out: Folder of its report.
        command: The command that its report names.
    """

    said: str
    file: Path
    study: Resolved
    out: Path
    command: str


@final
class Written:
    """Writes the reports.

    Args:
        wanted: The studies.
        conditions: What must not be.
        data: The data root, or None for the environment variable.
        cache_dir: Where finished pieces are kept; None for where they are by themselves.
        as_json: Whether to answer in JSON.

    Attributes:
        passed: Whether no condition was met so far.
    """

    def __init__(
        self,
        wanted: Sequence[Wanted],
        conditions: Sequence[Condition],
        data: Path | None,
        cache_dir: Path | None,
        as_json: bool = False,
    ) -> None:
        self._wanted = wanted
        self._conditions = conditions
        self._data = data
        self._cache_dir = cache_dir
        self._as_json = as_json
        self.passed = True

    def write(self, each: Wanted) -> None:
        """Run a study, as far as its pieces are not finished, and write its report."""
        kept = self._folder(each)
        job = Audit(each.study, self._data, kept, note, each.command)
        if going_on := sum(job.store.has(name) for name in job.names()):
            note(f"resuming: {going_on} finished pieces in {kept}")
        done = job.run()
        write_numbers(done.report, each.out)
        rulings = self._judged(done.report)
        self.passed = self.passed and all(ruling.passed for ruling in rulings)
        grids = [PictureGrid.of(title, images) for title, images in done.pictures.items()]
        path = str(render(done.report, grids, each.out))
        answer(facts_of(done.report, path, rulings), self._as_json, path)
        if kept == each.out / UNFINISHED:
            forget(kept)

    def write_by(self, jobs: int) -> None:
        """Run all studies by so many processes; one that fails does not keep the others from their reports.

        Raises:
            MasqueradeError: What the first study failed by, after the others are written.
        """
        by_asked = {self._asked(each): each for each in self._wanted}
        taken: set[str] = set()
        tasks = [task for asked in by_asked for task in tasks_of(asked, asked.audit(note), taken)]
        failures: list[MasqueradeError] = []

        def finished(asked: Asked) -> None:
            try:
                self.write(by_asked[asked])
            except MasqueradeError as error:
                failures.append(error)
                complain(f"{by_asked[asked].said}: {error}")

        waiting = {task.asked for task in tasks}
        for asked in by_asked:
            if asked not in waiting:
                finished(asked)
        if tasks:
            steps = Steps(sum(len(task.names) for task in tasks), note)
            run_tasks(tasks, jobs, steps, finished)
        if failures:
            raise failures[0]

    def _asked(self, each: Wanted) -> Asked:
        return Asked(each.file, each.study.profile, self._data, self._folder(each), each.command)

    def _folder(self, each: Wanted) -> Path:
        return self._cache_dir or pieces_folder(each.study.data) or each.out / UNFINISHED

    def _judged(self, report: Report) -> list[Ruling]:
        rulings = [judge(report, condition) for condition in self._conditions]
        for ruling in rulings:
            note(ruling.reason)
        return rulings


def facts_of(report: Report, path: str, rulings: Sequence[Ruling]) -> StudyAnswer:
    """What a command answers on a report."""
    arms = [
        ArmAnswer(name=arm.name, title=arm.title, grade=arm.grade, strongest=arm.strongest)
        for arm in report.arms
    ]
    return {
        "study": report.study,
        "profile": report.profile,
        "report": path,
        "arms": arms,
        "conditions": [{"passed": ruling.passed, "reason": ruling.reason} for ruling in rulings],
    }

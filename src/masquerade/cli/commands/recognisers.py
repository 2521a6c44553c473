"""``masquerade recogniser list`` and ``add``: the registry of recognisers, and files that no package index carries."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.answer_types import RecogniserAnswer, RecogniserFilesAnswer
from masquerade.cli.answers import AsJson, answer, answers
from masquerade.encoders.examiners import EXAMINERS, KEPT, Examiner, recogniser_scores
from masquerade.encoders.foreign.kept import keep, recogniser_folder


def list_(as_json: AsJson = False) -> None:
    """List recognisers: accuracy on LFW as measured here, licence, source, digest."""
    answers(((_facts(each), _line(each)) for each in EXAMINERS), as_json)


def add(
    package: Annotated[
        Path, typer.Argument(help="A package that you downloaded (.tgz or .whl).", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Keep the recognisers of a package that you downloaded; files whose digest is not known are left out."""
    names, folder = keep(package, KEPT), recogniser_folder()
    facts = RecogniserFilesAnswer(folder=str(folder), files=names)
    answer(facts, as_json, f"kept {len(names)} files: {folder}")


def _facts(each: Examiner) -> RecogniserAnswer:
    score = recogniser_scores().get(each.name)
    return RecogniserAnswer(
        name=each.name,
        licence=each.licence,
        source=each.source,
        sha256=each.sha256,
        differentiable=each.differentiable,
        brought=each.kept,
        accuracy=None if score is None else score.accuracy,
        rank1=None if score is None else score.rank1,
        tar=None if score is None else score.tar,
    )


def _line(each: Examiner) -> str:
    score = recogniser_scores().get(each.name)
    told = "not measured"
    if score is not None:
        reach = f"[{score.low:.3f}, {score.high:.3f}]"
        told = f"LFW {score.accuracy:.3f} {reach}, rank-1 {score.rank1:.3f}, TAR {score.tar:.3f}"
    return f"{each.name:<13}  {told}; {each.licence}; {each.source}; sha256 {each.sha256[:12]}"

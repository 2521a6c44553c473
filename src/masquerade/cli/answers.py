"""What commands answer under ``--json``: one type each, which the reference in docs/reference/cli.md is made of.

A command prints one object on a line; one that answers rows (people, photos, studies) prints a line for each row. Paths
are as they were given, shares and similarities are numbers, moments are ISO 8601 in UTC.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from masquerade.cli import answer_types as types
from masquerade.cli.console import say
from masquerade.cli.written_answers import ExportAnswer, LeaderboardAnswer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
ANSWERS: Mapping[str, tuple[type, ...]] = {
    "key new": (types.KeyAnswer,),
    "key show": (types.KeySummary,),
    "key passphrase": (types.KeyAnswer,),
    "key backup": (types.KeyAnswer,),
    "key restore": (types.KeyAnswer,),
    "disguise": (types.FolderAnswer,),
    "craft": (types.FolderAnswer,),
    "identify": (types.NameAnswer, types.MatchAnswer, types.RowMatchAnswer),
    "enrol": (types.GalleryAnswer,),
    "embed": (types.VectorAnswer, types.VectorsFile),
    "recogniser fit": (types.HomeAnswer,),
    "recogniser list": (types.RecogniserAnswer,),
    "recogniser add": (types.RecogniserFilesAnswer,),
    "sealed new": (types.SealedGallery,),
    "sealed enrol": (types.SealedPeople,),
    "sealed people": (types.PersonAnswer,),
    "sealed probe": (types.FileAnswer,),
    "sealed match": (types.FileAnswer,),
    "sealed open": (types.OpenedAnswer,),
    "sealed remove": (types.SealedPeople,),
    "sealed reseal": (types.SealedPeople,),
    "train": (types.ModelAnswer,),
    "distil": (types.DistilledAnswer,),
    "pretrain": (types.NetworkAnswer,),
    "encoder train": (types.NetworkAnswer,),
    "encoder answers": (types.NetworkAnswer,),
    "encoder bank": (types.NetworkAnswer,),
    "encoder edge": (types.FileAnswer,),
    "generator train": (types.NetworkAnswer,),
    "obfuscate": (types.RowAnswer,),
    "cloak": (types.CloakAnswer,),
    "masknet join": (types.JoinAnswer,),
    "masknet leave": (types.LeaveAnswer,),
    "masknet new": (types.MaskNetAnswer,),
    "psp train": (types.NetworkAnswer,),
    "psp invite": (types.CodeAnswer,),
    "psp invitations": (types.InvitationAnswer,),
    "psp operator": (types.TokenAnswer,),
    "psp accounts": (types.AccountAnswer,),
    "psp withdraw": (types.AccountChange,),
    "psp note": (types.AccountChange,),
    "psp revoke": (types.AccountChange,),
    "psp forget": (types.AccountChange,),
    "psp backup": (types.FileAnswer,),
    "psp restore": (types.RestoredAnswer,),
    "psp audit verify": (types.EntriesAnswer,),
    "psp audit accept": (types.EntriesAnswer,),
    "audit": (types.StudyAnswer, types.StudyPlan),
    "study run": (types.StudyAnswer, types.StudyPlan),
    "study list": (types.StudyName,),
    "study compare": (types.ChangeAnswer,),
    "study page": (types.ReportAnswer,),
    "leaderboard": (LeaderboardAnswer,),
    "advise": (types.AdviceAnswer,),
    "list": (types.ListedAnswer,),
    "verify": (types.VerifyAnswer,),
    "export": (ExportAnswer,),
    "doctor": (types.DoctorAnswer,),
    "demo": (types.ReportAnswer,),
}
"""The types that a command may answer, by its name; `identify` and `embed` say which by their options."""
SILENT: Mapping[str, str] = {
    "psp serve": "It runs until it is stopped; `--log-json` makes its log JSON.",
}
"""Commands without ``--json``, and why."""


def answer(facts: Mapping[str, object], as_json: bool, *lines: str) -> None:
    """Print what a command answers: an object of JSON, or lines for people."""
    for line in [json.dumps(facts)] if as_json else lines:
        say(line)


def answers(rows: Iterable[tuple[Mapping[str, object], str]], as_json: bool) -> None:
    """As ``answer``, for rows with a line each."""
    for facts, line in rows:
        answer(facts, as_json, line)

"""The report as Markdown: the page's tables without its pictures."""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from masquerade.audit.results import Report
from masquerade.report import beside, compared, effort, verdict, words
from masquerade.report.told import told
from masquerade.report.traits import traits_of


def markdown(report: Report, earlier: Report | None = None) -> str:
    """The text of ``report.md``.

    Args:
        report: What an audit found.
        earlier: A report to compare with; None to compare with nothing.
    """
    said = told(report, earlier)
    text = (
        _environment()
        .get_template("report.md.j2")
        .render(report=report, gaps=verdict.gaps_by_reason(report), **said)
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701  (Markdown, escaped by `cell`, never shown as HTML by us)
        loader=PackageLoader("masquerade.report", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=cell,
    )
    environment.globals.update(
        amount=words.amount,
        beside=beside,
        compared=compared,
        duration=words.duration,
        effort_behind=effort.effort_behind,
        effort_of=effort.effort_of,
        interval=words.interval,
        meaning=words.meaning,
        metric_words=words.metric_words,
        percent=words.percent,
        holds=words.HOLDS,
        questions=words.QUESTIONS,
        same_people=words.same_people,
        traits_of=traits_of,
        verdict=verdict,
    )
    return environment


def cell(value: object) -> object:
    """Text that stays in its table cell and line, and is no HTML."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    flat = value.replace("\r", " ").replace("\n", " ")
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")

"""The report as Markdown: the page's tables without its pictures."""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from masquerade.audit.results import Report
from masquerade.report import compared, verdict, words
from masquerade.report.traits import traits_of


def markdown(report: Report) -> str:
    """The text of ``report.md``."""
    text = _environment().get_template("report.md.j2").render(report=report, gaps=verdict.gaps(report))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701  (Markdown, escaped by `cell`, never shown as HTML by us)
        loader=PackageLoader("masquerade.report", ""),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=cell,
    )
    environment.globals.update(
        amount=words.amount,
        compared=compared,
        duration=words.duration,
        grades=words.GRADES,
        interval=words.interval,
        meaning=words.meaning,
        metric_words=words.metric_words,
        percent=words.percent,
        holds=words.HOLDS,
        questions=words.QUESTIONS,
        same_people=words.same_people,
        sights=words.SIGHTS,
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

"""The report as one HTML file that needs nothing beside it: no script, no font, no link.

One page of verdict in plain words comes first, then what to do about it, then the evidence.
"""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from masquerade.audit.results import Report
from masquerade.report import (
    beside,
    compared,
    curves,
    effort,
    heat_map,
    scatter,
    verdict,
    words,
)
from masquerade.report.pictures import PictureGrid, embed
from masquerade.report.range_bar import range_bar
from masquerade.report.told import told
from masquerade.report.traits import traits_of

MOST_OPEN = 6
"""Tables of attacks are folded where there are more arms than these."""


def page(
    report: Report, pictures: Sequence[PictureGrid], undrawn: str = "", earlier: Report | None = None
) -> str:
    """The page's text.

    Args:
        report: What an audit found.
        pictures: Grids of pictures.
        undrawn: Why there are no charts and no pictures; empty to draw them.
        earlier: A report to compare with; None to compare with nothing.
    """
    text: str = (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            embed=embed,
            range_bar=(lambda leak: None) if undrawn else range_bar,
            undrawn=undrawn,
            chart=None if undrawn else scatter.scatter(report),
            scatter=scatter,
            figures=[] if undrawn else curves.figures(report),
            maps=[] if undrawn else report.maps,
            curves=curves,
            pictures=pictures,
            heat=None if undrawn else heat_map.heat_map(report),
            gaps=verdict.gaps_by_reason(report),
            few=len(report.arms) <= MOST_OPEN,
            **told(report, earlier),
            **_only_if_there(report),
        )
    )
    return text


def _only_if_there(report: Report) -> dict[str, bool]:
    """What is explained only where it was measured."""
    leaks = [leak for arm in report.arms for leak in arm.leaks]
    numbers = [answer.leak for arm in report.arms for answer in arm.answers if answer.leak is not None]
    return {
        "with_controls": any(leak.control is not None for leak in leaks),
        "with_negatives": any(leak.negatives for leak in leaks),
        "with_same_people": any(m.same_low is not None for m in numbers),
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("masquerade.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        amount=words.amount,
        beside=beside,
        compared=compared,
        effort_behind=effort.effort_behind,
        effort_of=effort.effort_of,
        interval=words.interval,
        meaning=words.meaning,
        metric_words=words.metric_words,
        percent=words.percent,
        duration=words.duration,
        holds=words.HOLDS,
        questions=words.QUESTIONS,
        same_people=words.same_people,
        slug=slug,
        traits_of=traits_of,
        verdict=verdict,
    )
    return environment


def slug(grade: str) -> str:
    """A grade as the name of a style."""
    return grade.split()[0].lower()

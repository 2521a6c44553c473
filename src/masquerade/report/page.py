"""The report as one HTML file that needs nothing beside it: no script, no font, no link."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from masquerade.audit.results import Report
from masquerade.report import compared, curves, heat_map, scatter, verdict, words
from masquerade.report.pictures import PictureGrid, embed
from masquerade.report.range_bar import range_bar
from masquerade.report.traits import traits_of

MOST_CARDS = 6
"""More protections than these are not shown as cards, but in the table alone."""


def page(report: Report, pictures: Sequence[PictureGrid], undrawn: str = "") -> str:
    """The page's text.

    Args:
        report: What an audit found.
        pictures: Grids of pictures.
        undrawn: Why there are no charts and no pictures; empty to draw them.
    """
    protected = [arm for arm in report.arms if arm.protected]
    text: str = (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            embed=embed,
            range_bar=(lambda leak: None) if undrawn else range_bar,
            cards=protected if len(protected) <= MOST_CARDS else [],
            undrawn=undrawn,
            chart=None if undrawn else scatter.scatter(report),
            scatter=scatter,
            figures=[] if undrawn else curves.figures(report),
            maps=[] if undrawn else report.maps,
            curves=curves,
            pictures=pictures,
            heat=None if undrawn else heat_map.heat_map(report),
            gaps=verdict.gaps(report),
            few=len(report.arms) <= MOST_CARDS,
        )
    )
    return text


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("masquerade.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        amount=words.amount,
        compared=compared,
        grades=words.GRADES,
        interval=words.interval,
        meaning=words.meaning,
        metric_words=words.metric_words,
        percent=words.percent,
        duration=words.duration,
        holds=words.HOLDS,
        questions=words.QUESTIONS,
        same_people=words.same_people,
        sights=words.SIGHTS,
        slug=slug,
        traits_of=traits_of,
        verdict=verdict,
    )
    return environment


def slug(grade: str) -> str:
    """A grade as the name of a style."""
    return grade.split()[0].lower()

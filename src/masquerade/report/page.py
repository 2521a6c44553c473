"""The report as one HTML file that needs nothing beside it: no script, no font, no link."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from masquerade.audit.results import Report
from masquerade.report import curves, heat_map, scatter, verdict, words
from masquerade.report.pictures import PictureGrid, embed
from masquerade.report.range_bar import range_bar

MOST_CARDS = 6
"""More protections than these are not shown as cards, but in the table alone."""


def page(report: Report, pictures: Sequence[PictureGrid]) -> str:
    """The page's text."""
    environment = Environment(
        loader=PackageLoader("masquerade.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        amount=words.amount,
        embed=embed,
        grades=words.GRADES,
        interval=words.interval,
        meaning=words.meaning,
        metric_words=words.metric_words,
        percent=words.percent,
        duration=words.duration,
        range_bar=range_bar,
        sights=words.SIGHTS,
        slug=slug,
        verdict=verdict,
    )
    protected = [arm for arm in report.arms if arm.protected]
    text: str = environment.get_template("page.html.j2").render(
        report=report,
        cards=protected if len(protected) <= MOST_CARDS else [],
        chart=scatter.scatter(report),
        scatter=scatter,
        figures=curves.figures(report),
        curves=curves,
        pictures=pictures,
        heat=heat_map.heat_map(report),
        gaps=verdict.gaps(report),
        few=len(report.arms) <= MOST_CARDS,
    )
    return text


def slug(grade: str) -> str:
    """A grade as the name of a style."""
    return grade.split()[0].lower()

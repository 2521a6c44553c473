"""The operator's console as one page of HTML: no script, no style inside, every value escaped."""

from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from masquerade.service.accounts.overview import Overview
from masquerade.service.masknets.collusion_figures import measured_leaks
from masquerade.service.masknets.diversity import Diversity
from masquerade.service.settings import Policy
from masquerade.service.web import console_charts


def console_page(seen: Overview, found: Diversity, policy: Policy, search: str = "") -> str:
    """The page.

    Args:
        seen: Accounts and MaskNets.
        found: How differently the MaskNets cloak.
        policy: What an account may have.
        search: Words that were looked for.
    """
    leaks = measured_leaks()
    return _template().render(
        seen=seen,
        found=found,
        policy=policy,
        search=search,
        leaks=leaks,
        charts=console_charts,
        cells=console_charts.cells(found, policy.min_distance),
        bars=console_charts.bars(found, policy.min_distance),
        dots=console_charts.dots(leaks),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("masquerade.service", "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = _day
    environment.filters["percent"] = lambda share: f"{share:.0%}"
    return environment.get_template("console.html.j2")


def _day(seconds: int | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")

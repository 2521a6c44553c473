"""How long a study takes, from when it was run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from masquerade.audit.studies.study import Resolved

SECONDS: Final = Path(__file__).parents[2] / "studies" / "seconds.json"
"""Processor seconds of one core by study and profile, as studies/quick.py and the committed results have them."""


ARM_SECONDS: Final = Path(__file__).parents[2] / "studies" / "arm_seconds.json"
"""Processor seconds that a piece of an arm takes on average, by study and arm, as the committed results have them."""


SHARES: Final = Path(__file__).parents[2] / "studies" / "shares.json"
"""Hours of one core that each study may cost at the laptop profile, as studies/budget.toml has them."""
_MANY: Final = 30
"""Minutes from which hours are said."""


def arm_seconds(study: Resolved) -> Callable[[str], float]:
    """What a piece of an arm takes, by its name; the study's mean where it is not known, and 1 where nothing is."""
    known: dict[str, float] = json.loads(ARM_SECONDS.read_text("utf-8")).get(study.study.name, {})
    mean = sum(known.values()) / len(known) if known else 1.0
    return lambda arm: known.get(arm, mean)


def expected(study: Resolved) -> str:
    """What a run takes, in words: measured once, on another machine perhaps."""
    known = json.loads(SECONDS.read_text("utf-8")).get(study.study.name, {}).get(study.profile)
    share = json.loads(SHARES.read_text("utf-8")).get(study.study.name)
    if known is None and share is not None and study.profile == "laptop":
        return f"not known: it was never timed; its share of the studies' budget is {share:g} core-hours"
    if known is None:
        return "not known: it was never timed at this profile; a run says after its first step"
    minutes = known / 60
    if minutes >= _MANY:
        return f"about {known / 3600:.1f} core-hours ({minutes:.0f} minutes of one core)"
    return f"about {minutes:.0f} minutes of one core" if minutes >= 2 else f"about {known:.0f} s of one core"

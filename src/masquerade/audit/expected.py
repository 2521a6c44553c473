"""How long a study takes, from when it was run."""

import json
from pathlib import Path
from typing import Final

from masquerade.audit.study import Resolved

SECONDS: Final = Path(__file__).parents[1] / "studies" / "seconds.json"
"""Processor seconds of one core by study and profile, as studies/quick.py and the committed results have them."""


def expected(study: Resolved) -> str:
    """What a run takes, in words: measured once, on another machine perhaps."""
    known = json.loads(SECONDS.read_text("utf-8")).get(study.study.name, {}).get(study.profile)
    if known is None:
        return "not known: it was never timed at this profile; a run says after its first step"
    minutes = known / 60
    return f"about {minutes:.0f} minutes of one core" if minutes >= 2 else f"about {known:.0f} s of one core"

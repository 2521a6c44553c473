"""The two questions that are asked of all released data, and which of them a protection promises to leave open."""

from typing import Final, Literal, get_args

Question = Literal["photo", "person"]
"""Is this photo in it: the attacker holds the photo, or gets it back. Is this person in it, and who is it: the attacker
holds other photos of the person."""

QUESTIONS: Final[tuple[Question, ...]] = get_args(Question)
BOTH: Final[frozenset[Question]] = frozenset(QUESTIONS)
"""What anything under a key promises, and anything unknown."""
THE_PERSON: Final[frozenset[Question]] = frozenset({"person"})
"""What cloaks promise, and features that an app sends: whoever holds the photo can protect a copy and compare."""
NOTHING: Final[frozenset[Question]] = frozenset()
"""What a public step, or noise beside other steps, adds to the promise of the whole."""

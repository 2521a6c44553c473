"""How an invitation is spelled: short enough to type, and a slip is told with the group in which it is.

Five groups of five letters and digits (Crockford's base 32), the last of each a check over the others and the
group's place. Three groups hold the secret, 60 bits; two hold the pin of the provider's key, 40 bits; see
docs/decisions/0017. The page reads codes by the same rules (page/src/provider/code.ts).
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final, final

from masquerade.errors import BadRequest

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP = 5, 5
SECRET, PIN = 12, 8
"""Characters of the secret and of the pin, without checks."""
ALIKE: Final = str.maketrans("OIL", "011")
_PLACES: Final = ("first", "second", "third", "fourth", "fifth")
_LINK: Final = re.compile(r"^\s*https?://[^#]*#")


@final
class MistypedCode(BadRequest):
    """What was typed cannot be an invitation's code; says where the slip is."""

    exit_code = 1


@final
@dataclass(frozen=True)
class InvitationCode:
    """What an invitation says.

    Args:
        secret: 12 characters, told to the provider alone.
        pin: 8 characters, of the provider's public key; never sent.
    """

    secret: str
    pin: str

    def __repr__(self) -> str:
        return "InvitationCode(...)"

    @property
    def text(self) -> str:
        """As it is handed out, 29 characters with hyphens."""
        data, step = self.secret + self.pin, GROUP - 1
        groups = (data[at : at + step] for at in range(0, len(data), step))
        return "-".join(group + _check(place, group) for place, group in enumerate(groups))


def random_secret() -> str:
    """The secret of a new invitation: 60 random bits as 12 characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SECRET))


def read_code(text: str) -> InvitationCode:
    """What a typed or pasted code says.

    Case does not matter, O is read as 0, I and L as 1; blanks, hyphens and what cannot be seen are passed over; of
    a link, what follows the ``#`` is read.

    Raises:
        MistypedCode: If it is none, with the place of the slip.
    """
    typed = _typed(text)
    for at, letter in enumerate(typed):
        if letter not in ALPHABET:
            raise _mistyped(f"{letter!r} in the {_place(at // GROUP)} group is in no invitation's code")
    groups = [typed[at : at + GROUP] for at in range(0, len(typed), GROUP)]
    wrong = [place for place, group in enumerate(groups[:GROUPS]) if _check(place, group[:-1]) != group[-1]]
    if len(typed) != GROUPS * GROUP:
        look = f"; look at the {_place(wrong[0])} group" if wrong else ""
        raise _mistyped(
            f"an invitation's code has {GROUPS * GROUP} letters and digits, not {len(typed)}{look}"
        )
    if wrong:
        places = " and ".join(f"the {_place(place)} group" for place in wrong)
        raise _mistyped(f"a slip in {places} of the invitation's code")
    data = "".join(group[:-1] for group in groups)
    return InvitationCode(data[:SECRET], data[SECRET:])


def secret_of(text: str) -> str:
    """The secret of a code, or of what a client sends of one: its secret alone; nothing for nothing.

    Raises:
        MistypedCode: If it is neither.
    """
    typed = _typed(text)
    if not typed or (len(typed) == SECRET and set(typed) <= set(ALPHABET)):
        return typed
    return read_code(text).secret


def _typed(text: str) -> str:
    bare = _LINK.sub("", text)
    kept = (letter for letter in bare if letter not in "\t\r\n" and not _unseen(letter))
    return "".join(kept).upper().translate(ALIKE)


def _unseen(letter: str) -> bool:
    """Blanks and dashes of all kinds, and what marks directions or joins."""
    kind = unicodedata.category(letter)
    return kind in ("Pd", "Cf") or kind.startswith("Z")


def _place(number: int) -> str:
    return _PLACES[min(number, GROUPS - 1)]


def _check(place: int, group: str) -> str:
    """The check of a group, over GF(32): any one slip shows, any two exchanged, and a group out of place."""
    mark = place + 1
    for letter in group:
        mark = _doubled(mark) ^ ALPHABET.index(letter)
    return ALPHABET[_doubled(mark)]


def _doubled(number: int) -> int:
    """Times x, modulo x^5 + x^2 + 1."""
    number <<= 1
    return number ^ 0b100101 if number & 32 else number


def _mistyped(problem: str) -> MistypedCode:
    return MistypedCode(problem, code="mistyped", remedy="Compare it with what you were sent.")

"""Values that begin with a hyphen, such as ``-rf.jpg`` or a token: taken for what they are, not for options."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_OPTION: Final = re.compile(r"--[a-z]+(-[a-z]+)*(=.*)?|-[A-Za-z]", re.DOTALL)
_LONGEST: Final = 30
"""Characters of an option's name; a token has more."""


def hyphens_kept(arguments: Sequence[str], options: Mapping[str, bool]) -> list[str]:
    """The same arguments, with values that begin with a hyphen behind a ``--`` where the parser takes them for values.

    A word that reads like an option, which none is, stays in front: the parser refuses it and names the option that
    was meant. The value of an option is a word of its own: ``-o out``, never ``-oout``.

    Args:
        arguments: What follows the command's name.
        options: Names of options, and whether a value follows.
    """
    front: list[str] = []
    values: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            values += words
        elif _is_option(word, options):
            front.append(word)
            front += _value(word, words, options)
        else:
            values.append(word)
    return [*front, "--", *values] if any(value.startswith("-") for value in values) else list(arguments)


def _is_option(word: str, options: Mapping[str, bool]) -> bool:
    name = word.partition("=")[0]
    if word in options or (name.startswith("--") and name in options):
        return True
    return len(name) <= _LONGEST and _OPTION.fullmatch(word) is not None


def _value(word: str, words: Iterator[str], options: Mapping[str, bool]) -> list[str]:
    if not options.get(word, False):
        return []
    following = next(words, None)
    return [] if following is None else [following]

"""File names of strangers, made fit for one line of a message."""

import os


def printable(name: str | os.PathLike[str]) -> str:
    r"""``name`` with everything that is not printable written as an escape.

    Line breaks, terminal controls, characters that reverse the direction of text, and bytes that are not
    UTF-8 come out as ``\n``, ``\x1b``, ``\u202e``, ``\udcff``, so that a file's name cannot forge a line.
    """
    text = os.fspath(name)
    if text.isprintable() and (os.sep == "\\" or "\\" not in text):
        return text
    kept = "\\" if os.sep == "\\" else ""
    return "".join(c if c.isprintable() and (c != "\\" or c == kept) else _escape(c) for c in text)


def one_line(text: str) -> str:
    r"""``text`` with everything that is not printable written as an escape; backslashes stay as they are.

    For whole messages, in which names may stand that went through ``printable`` already.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

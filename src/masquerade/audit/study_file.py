"""Reads a study file, and names all that is wrong with it at once."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from masquerade.audit.study import Study
from masquerade.errors import StudyError, did_you_mean
from masquerade.files.opening import open_file

LARGEST: Final = 1 << 20
"""Bytes of a study file."""
DEEPEST: Final = 30
"""Tables and lists inside each other."""
MOST_SAID: Final = 20
"""Mistakes that one message names."""
_EVERY_FIELD: Final = "docs/guide/studies.md lists every field."
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def load_study(path: Path) -> Study:
    """Read a study file.

    Raises:
        StudyError: If the file is missing, is not TOML, or says something that a study cannot say: then all of it.
    """
    said = _toml(path)
    if "attacks_from" in said:
        shared = _toml(path.parent / str(said["attacks_from"]))
        said["attacks"] = _replaced(shared.get("attacks", []), said.get("attacks", []))
    try:
        return Study.model_validate(said)
    except ValidationError as error:
        raise all_wrong([_mistake(each) for each in error.errors(include_url=False)], path) from None


def all_wrong(mistakes: list[str], place: object) -> StudyError:
    """One error that names every mistake, each with its field."""
    count = len(mistakes)
    more = f"; and {count - MOST_SAID} more" if count > MOST_SAID else ""
    return StudyError(
        "the study says something wrong" if count == 1 else f"the study says {count} things wrong",
        value="; ".join(mistakes[:MOST_SAID]) + more,
        place=place,
        remedy=_EVERY_FIELD,
    )


def _mistake(error: ErrorDetails) -> str:
    """One mistake: where, what, and what may have been meant."""
    *within, last = error["loc"] or ("the study",)
    place = ".".join(map(str, error["loc"])) or "the study"
    match error["type"]:
        case "extra_forbidden":
            return f"{place}: no such field. {_meant(last, _fields(within))}"
        case "missing":
            return f"{place}: missing"
        case "literal_error":
            known = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            return f"{place}: no such value: {_short(error['input'])}. {_meant(error['input'], known)}"
        case "value_error":
            return f"{place}: {error['msg'].removeprefix('Value error, ')}"
        case _:
            return f"{place}: {_short(error['input'])}: {error['msg'][0].lower()}{error['msg'][1:]}"


def _meant(said: object, known: list[str]) -> str:
    return did_you_mean(str(said), known).strip() or f"There are: {', '.join(known)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _fields(within: Iterable[int | str]) -> list[str]:
    """Names of the fields that the part of a study at ``within`` has."""
    part: type[BaseModel] = Study
    for step in within:
        if step in part.model_fields:
            part = next(_parts(part.model_fields[str(step)].annotation), part)
    return list(part.model_fields)


def _parts(kind: object) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _parts(inner)


def _replaced(shared: list[dict[str, Any]], own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Shared attacks, those that the study says itself under the same label in their place."""
    mine = {attack.get("label", attack.get("name")): attack for attack in own}
    merged = [mine.pop(attack.get("label", attack["name"]), attack) for attack in shared]
    return [*merged, *mine.values()]


def _toml(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(
            "not a TOML file", value=error, place=path, remedy="Correct the line named."
        ) from None
    except RecursionError:
        raise _too_deep(path) from None
    if _depth(said) > DEEPEST:
        raise _too_deep(path)
    return said


def _text(path: Path) -> str:
    """The file's text, of at most ``LARGEST`` bytes in UTF-8; a byte-order mark is passed over."""
    if path.exists() and not path.is_file():
        raise StudyError("not a study file, but a folder or a pipe", value=path, remedy="Name a file.")
    try:
        with open_file(path) as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise StudyError(
            "no such study", value=path, remedy="`masquerade list studies` names those that are here."
        ) from None
    except OSError as error:
        raise StudyError("the study cannot be read", value=error.strerror, place=path) from None
    if len(data) > LARGEST:
        raise StudyError("too large for a study", value=f"more than {LARGEST} bytes", place=path)
    if data.startswith(_UTF16):
        raise StudyError("written as UTF-16", place=path, remedy="Save it as UTF-8: a choice of `Save as`.")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise StudyError("not UTF-8", value=f"line {line}", place=path, remedy="Save it as UTF-8.") from None


def _too_deep(path: Path) -> StudyError:
    return StudyError(f"more than {DEEPEST} tables or lists inside each other", place=path)


def _depth(value: object) -> int:
    """Levels of tables and lists, counted without recursion."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, Mapping | list)]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, Mapping) else each)]
    return depth

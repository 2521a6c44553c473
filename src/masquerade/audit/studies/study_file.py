"""Reads a study file, and names all that is wrong with it at once."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from masquerade.audit.studies.study import Study
from masquerade.audit.studies.study_text import read_toml
from masquerade.errors import StudyError, did_you_mean

MOST_SAID: Final = 20
"""Mistakes that one message names."""
_EVERY_FIELD: Final = "docs/guide/studies.md lists every field."


def load_study(path: Path) -> Study:
    """Read a study file.

    Raises:
        StudyError: If the file is missing, is not TOML, or says something that a study cannot say: then all of it.
    """
    said = read_toml(path)
    if "attacks_from" in said:
        shared = read_toml(path.parent / str(said["attacks_from"]))
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

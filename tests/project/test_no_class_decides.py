"""No class, and no name of a class, of a protection decides what code does that arranges protections.

Protections declare what others ask them for (``Disguise``), so that a stranger's is treated as one of ours. Attacks
that were built for a known structure read descriptions, and are left out; so are the rooms that make protections.
"""

import ast
from collections.abc import Iterator

import pytest

from places import ROOT

SOURCE = ROOT / "src" / "masquerade"
ASKED = [
    path
    for path in sorted(SOURCE.rglob("*.py"))
    if path.relative_to(SOURCE).parts[0] not in ("disguises", "recipes", "attacks")
]
KINDS = frozenset(
    each.name
    for path in (SOURCE / "disguises").rglob("*.py")
    for each in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(each, ast.ClassDef)
) - {"Disguise", "Keyed", "Shape"}
"""Classes of protections, public halves and secret ones; the two protocols may be asked for."""


def decisions(code: str) -> Iterator[str]:
    """Where code asks for a class of ``KINDS``, or compares or looks up one's name."""
    tree = ast.parse(code)
    written = {id(value) for each in ast.walk(tree) for value in _described(each)}
    for each in ast.walk(tree):
        match each:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, asked]) if _named(asked):
                yield f"line {each.lineno} asks for {', '.join(_named(asked))}"
            case ast.MatchClass(cls=asked) if _named(asked):
                yield f"line {asked.lineno} matches {', '.join(_named(asked))}"
            case ast.Compare() if found := [name for side in each.comparators for name in _named(side)]:
                yield f"line {each.lineno} compares with {', '.join(found)}"
            case ast.Assign(value=ast.Tuple() as several) | ast.AnnAssign(value=ast.Tuple() as several) if (
                _named(several)
            ):
                yield f"line {each.lineno} lists {', '.join(_named(several))}"
            case ast.Constant(value=str() as text) if text in KINDS and id(each) not in written:
                yield f"line {each.lineno} names {text}"


def _named(asked: ast.expr) -> list[str]:
    """Kinds in what a question asks for, aside from calls, which make one."""
    match asked:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return [name] if name in KINDS else []
        case ast.Tuple(elts=several) | ast.Set(elts=several) | ast.List(elts=several):
            return [name for one in several for name in _named(one)]
        case ast.BinOp(left=left, right=right):
            return _named(left) + _named(right)
    return []


def _described(each: ast.AST) -> list[ast.expr]:
    """The kind in a description that is written, which decides nothing."""
    if not isinstance(each, ast.Dict):
        return []
    pairs = zip(each.keys, each.values, strict=True)
    return [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "kind"]


def test_no_class_of_a_protection_decides() -> None:
    found = {path.relative_to(SOURCE).as_posix(): list(decisions(path.read_text("utf-8"))) for path in ASKED}
    assert {path: lines for path, lines in found.items() if lines} == {}, (
        "let Disguise declare what is asked for"
    )


@pytest.mark.parametrize(
    "code",
    [
        "if isinstance(part, Noise): pass",
        "if isinstance(part, (int, disguises.Crafter | GaussianNoise)): pass",
        "if issubclass(kind, Crafting): pass",
        "if type(part) is Noise: pass",
        "if type(part) in (int, Noise): pass",
        "_NOISE: Final = (Noise, GaussianNoise)",
        "NETWORKS = {'Dauntless': 'mlp'}",
        "if part['kind'] == 'Encode': pass",
        "match part:\n    case Noise(): pass",
        "match part:\n    case {'kind': 'Noise'}: pass",
        "if isinstance(keyed, KeyedFawkes): pass",
    ],
)
def test_the_check_finds_each_way_to_decide(code: str) -> None:
    assert list(decisions(code))


@pytest.mark.parametrize(
    "code",
    [
        "whole = Chain((disguise, Encode(encoder)))",
        "d = {'kind': 'Chain', 'parts': []}",
        "isinstance(x, Disguise)",
    ],
)
def test_it_leaves_what_makes_protections(code: str) -> None:
    assert not list(decisions(code))

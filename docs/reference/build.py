"""Writes docs/reference/api.md, the reference of ``import masquerade as mq``, from the docstrings of its names.

python docs/reference/build.py
"""

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import masquerade as mq
from masquerade.errors import MasqueradeError

PAGE = Path(__file__).with_name("api.md")
HEAD = """\
# Reference of the Python API

    import masquerade as mq

Every public name of `masquerade`, from its docstrings by `docs/reference/build.py`; a test compares the two.
What stands in other modules and is not named here may change without notice; so may what begins with an underscore.
[How to use them](../guide/python-protect.md).
"""
SECTION = re.compile(r"(Args|Returns|Raises|Attributes):$")
MEMBER = re.compile(r" {4}(\*{0,2}[\w.]+): (.*)$")


def page() -> str:
    """The whole page."""
    names = sorted(set(mq.__all__) - {"__version__"}, key=str.lower)
    entries = (part for name in names for part in _entry(name, _named(name)))
    index = ", ".join(f"[{name}](#{name.lower()})" for name in names)
    return "\n\n".join([HEAD.strip(), index, *entries]) + "\n"


def _named(name: str) -> object:
    """What stands behind a name: of ``audit`` the function, although a package of that name answers for it."""
    return getattr(import_module(mq._WHERE[name]), name) if name in mq._WHERE else getattr(mq, name)


def _entry(name: str, found: object) -> Iterator[str]:
    yield f"## {name}"
    if not isinstance(found, ModuleType):
        yield from _defined(f"mq.{name}", found)
        return
    yield markdown(found.__doc__)
    if found is mq.errors:
        yield _errors()
        return
    for each in _names_of(found):
        yield f"### {name}.{each}"
        yield from _defined(f"mq.{name}.{each}", getattr(found, each))


def _names_of(module: ModuleType) -> list[str]:
    own = [
        each for each, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
    ]
    return [each for each in getattr(module, "__all__", own) if not each.startswith("_")]


def _errors() -> str:
    every = [each for each in vars(mq.errors).values() if isinstance(each, type)]
    kinds = [each for each in every if issubclass(each, MasqueradeError)]
    return "\n".join(f"- `{kind.__name__}`: {_first_line(kind)}" for kind in kinds)


def _first_line(found: object) -> str:
    return inspect.cleandoc(found.__doc__ or "").partition("\n")[0].replace("``", "`")


def _defined(name: str, found: object) -> Iterator[str]:
    if not (inspect.isclass(found) or inspect.isfunction(found)):
        yield f"```text\n{name}: {type(found).__name__}\n```"
        return
    node = ast.parse(dedent(inspect.getsource(found))).body[0]
    if isinstance(node, ast.ClassDef):
        yield from _class(name, node)
    elif isinstance(node, ast.FunctionDef):
        yield from _function(name, node)


def _class(name: str, node: ast.ClassDef) -> Iterator[str]:
    methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    made = next((each for each in methods if each.name == "__init__"), None)
    yield f"```text\n{name}{_arguments(made) if made else ''}\n```"
    yield markdown(ast.get_docstring(node))
    for method in methods:
        if not method.name.startswith("_") or method.name == "__call__":
            yield from _function(f"{name}.{method.name}", method)


def _function(name: str, node: ast.FunctionDef) -> Iterator[str]:
    words = {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}
    gives = "" if node.returns is None else f" -> {_unquoted(ast.unparse(node.returns))}"
    shown = (
        gives.replace(" -> ", ": ")
        if words & {"property", "cached_property"}
        else f"{_arguments(node)}{gives}"
    )
    yield f"```text\n{name}{shown}\n```"
    yield markdown(ast.get_docstring(node))


def _arguments(node: ast.FunctionDef) -> str:
    args = node.args
    for group in (args.posonlyargs, args.args):
        if group and group[0].arg in ("self", "cls"):
            del group[0]
    return f"({_unquoted(ast.unparse(args))})"


def _unquoted(code: str) -> str:
    """The same with names of classes that are defined later, or elsewhere, as they are said."""
    return re.sub(r"'([A-Z]\w*)'", r"\1", code)


def markdown(docstring: str | None) -> str:
    """A docstring with its sections as lists."""
    lines: list[str] = []
    section = False
    for line in inspect.cleandoc(docstring or "").replace("``", "`").splitlines():
        if SECTION.match(line):
            section = True
            lines += [f"*{line}*", ""]
        elif section and line and not line.startswith(" "):
            section = False
            lines.append(line)
        elif section:
            lines.append(_item(line))
        else:
            lines.append(line)
    return "\n".join(lines).strip()


def _item(line: str) -> str:
    if found := MEMBER.match(line):
        return f"- `{found[1]}`: {found[2]}"
    return f"  {line.strip()}".rstrip()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

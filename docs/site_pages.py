"""What mkdocs needs beyond this folder: the root's pages and the studies' reports, and links to them.

Pages are written to be read in the repository, where `../SECURITY.md` leads out of docs. On the site these files stand
beside the others, so links lose the step out. A link to anything else outside docs fails under `--strict`.
"""

import re
from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parents[1]
FOLDERS: Final = ("models/", "decisions/")
"""Entries of the menu that stand for all pages of a folder."""
PAGES: Final = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE")
LINK: Final = re.compile(r"(\]\()([^)#:]+)((?:#[^)]*)?\))")


def on_config(config: Any) -> Any:  # noqa: ANN401 - mkdocs calls it
    """The menu with every page of the folders that it names."""
    config["nav"] = _with_folders(config["nav"])
    return config


def on_files(files: Files, config: Any) -> Files:  # noqa: ANN401 - mkdocs calls it
    """Add the root's pages and what pages link to outside docs."""
    for place in [*PAGES, *(str(path.relative_to(ROOT)) for path in _linked())]:
        files.append(File.generated(config, place, abs_src_path=str(ROOT / place)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:  # noqa: ANN401 - mkdocs calls it
    """The text with links as they are on the site."""
    source = ROOT / (page.file.src_uri if page.file.src_uri in PAGES else f"docs/{page.file.src_uri}")
    here = Path(page.file.src_uri).parent

    def on_site(found: re.Match[str]) -> str:
        target = (source.parent / found[2]).resolve()
        if not target.is_relative_to(ROOT):
            return found[0]
        inside = target.relative_to(ROOT)
        place = inside.relative_to("docs") if inside.is_relative_to("docs") else inside
        return f"{found[1]}{_between(here, place)}{found[3]}"

    return LINK.sub(on_site, markdown)


def _with_folders(entry: Any) -> Any:  # noqa: ANN401 - the menu is lists of mappings of lists
    if isinstance(entry, list):
        return [_with_folders(each) for each in entry]
    if isinstance(entry, dict):
        return {title: _with_folders(each) for title, each in entry.items()}
    if entry in FOLDERS:
        return [f"{entry}{page.name}" for page in sorted((ROOT / "docs" / entry).glob("*.md"))]
    return entry


def _linked() -> list[Path]:
    return [*sorted((ROOT / "studies" / "results").glob("*.json")), *sorted((ROOT / "examples").glob("*.py"))]


def _between(here: Path, place: Path) -> str:
    steps = [".."] * len([part for part in here.parts if part != "."])
    return "/".join([*steps, *place.parts])

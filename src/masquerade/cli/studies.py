"""Where study files are found: in the folder ``studies`` here, and the one that comes with the package."""

from importlib.resources import as_file, files
from pathlib import Path


def demo_study() -> Path:
    """The study that ``masquerade demo`` ends in."""
    with as_file(files("masquerade.cli") / "demo.toml") as path:
        return path


def study_files() -> list[Path]:
    """Every study file in reach, sorted by name."""
    return [*sorted(Path("studies").glob("*.toml")), demo_study()]

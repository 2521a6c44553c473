"""Writes docs/leaderboard/index.html from the reports in studies/results; run it as a script."""

from pathlib import Path

from committed import committed

from masquerade.report.leaderboard import leaderboard

PAGE = Path(__file__).parents[1] / "docs" / "leaderboard" / "index.html"


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(leaderboard(committed()), encoding="utf-8")


if __name__ == "__main__":
    main()

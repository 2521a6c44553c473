"""What the studies cost: within the budget, each within its share, and said before and where they were not run."""

import json

import pytest
import results_page
import verdicts
from budget import budget
from committed import committed

from masquerade.audit.studies.expected import ARM_SECONDS, SECONDS, SHARES, arm_seconds, expected
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.studies import shipped_studies

LAPTOP = [
    name
    for name, file in shipped_studies().items()
    if "laptop" in (load_study(file).profiles or {"laptop": None})
]
TOOK = {
    name: hours["laptop"] / 3600
    for name, hours in json.loads(SECONDS.read_text()).items()
    if "laptop" in hours
}


def test_every_study_of_the_laptop_profile_has_a_share_and_nothing_else_has() -> None:
    assert sorted(budget().studies) == sorted(LAPTOP)


def test_the_shares_are_within_the_budget() -> None:
    found = budget()
    assert found.core_hours == 40
    assert sum(found.studies.values()) <= found.core_hours
    assert max(found.studies.values()) <= found.most_of_one == 4


@pytest.mark.parametrize("name", sorted(TOOK))
def test_no_study_took_more_than_its_share(name: str) -> None:
    assert TOOK[name] <= budget().studies[name]


def test_what_ships_of_the_budget_is_what_it_says() -> None:
    assert SHARES.read_text("utf-8") == verdicts.shares(), "run studies/verdicts.py"
    assert ARM_SECONDS.read_text("utf-8") == verdicts.arm_seconds(), "run studies/verdicts.py"


def test_a_study_without_a_report_says_on_the_page_what_it_would_cost() -> None:
    page, done = results_page.page(), {each.study for each in committed()}
    for name, hours in budget().studies.items():
        assert (f"`{name}`, not run here: {hours:g} core-hours." in page) == (name not in done)


def test_the_cost_is_said_beforehand() -> None:
    studies = shipped_studies()
    timed = max(TOOK, key=lambda name: TOOK[name])
    assert f"about {TOOK[timed]:.1f} core-hours" in expected(load_study(studies[timed]).at("laptop"))
    for name in set(LAPTOP) - set(TOOK):
        said = expected(load_study(studies[name]).at("laptop"))
        assert f"{budget().studies[name]:g} core-hours" in said


def test_longer_arms_are_begun_first() -> None:
    seconds = arm_seconds(load_study(shipped_studies()["dn_table2_cifar10"]).at("laptop"))
    assert seconds("published") > seconds("unprotected") > 0
    assert seconds("published") > seconds("an arm that was never run") > seconds("unprotected")

"""The papers' claims on the results page: the whole interval decides, and every paper is asked."""

import claims
import pytest
from claims import Measured, verdict


@pytest.mark.parametrize(
    ("bound", "low", "high", "said"),
    [
        ({"at_most": 0.2}, 0.1, 0.2, "holds"),
        ({"at_most": 0.2}, 0.1, 0.3, "is not settled"),
        ({"at_most": 0.2}, 0.21, 0.3, "does not hold"),
        ({"at_least": 0.2}, 0.2, 0.3, "holds"),
        ({"at_least": 0.2}, 0.1, 0.2, "is not settled"),
        ({"at_least": 0.2}, 0.1, 0.19, "does not hold"),
    ],
)
def test_the_whole_interval_decides(bound: dict[str, float], low: float, high: float, said: str) -> None:
    assert verdict(bound, Measured((low + high) / 2, low, high)) == said


def test_every_claim_is_measured_and_every_paper_asked() -> None:
    known = claims.claims()
    assert {claim["paper"] for claim in known} == {"Disguised-Nets", "XNN", "XNN-d", "HyperObf", "Crafter"}
    for claim in known:
        measured = claims.of(claim)
        assert measured.low <= measured.value <= measured.high
        assert ("at_most" in claim) != ("at_least" in claim)
    assert len(list(claims.table())) == 2 + len(known)


def test_a_difference_is_as_wide_as_its_ends_allow() -> None:
    (claim,) = (each for each in claims.claims() if each["study"] == "dn_table2_cifar10")
    apart = claims.of(claim)
    here = claims.of({key: value for key, value in claim.items() if key != "less_than"})
    there = claims.of(claim | {"arm": claim["less_than"]} | {"less_than": claim["arm"]})
    assert apart.high - apart.low > here.high - here.low
    assert there.value == pytest.approx(-apart.value)


def test_what_holds_names_ways_that_rest_on_an_assumption() -> None:
    rows = list(claims.holding())[2:]
    assert [row.split("]")[0] for row in rows] == [
        "| [Keep it at home",
        "| [A sealed gallery that a cloud matches",
    ]

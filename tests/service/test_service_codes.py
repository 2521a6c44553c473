"""Codes and tokens that people type and paste: read as meant, slips found, never taken for options."""

import json
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masquerade.keys import Key
from masquerade.service.accounts.credentials import random_token
from masquerade.service.accounts.invitation_code import (
    ALPHABET,
    PIN,
    SECRET,
    InvitationCode,
    MistypedCode,
    random_secret,
    read_code,
    secret_of,
)
from masquerade.service.accounts.key_pin import pin
from service_examples import KEY

VECTORS: Final = json.loads(
    (Path(__file__).parents[1] / "vectors" / "invitation_codes.json").read_text("utf-8")
)
OFTEN: Final = settings(max_examples=1000, deadline=None, derandomize=True)
PLACES: Final = ("first", "second", "third", "fourth", "fifth")
letters = st.sampled_from(ALPHABET)
codes = st.builds(
    InvitationCode,
    st.text(letters, min_size=SECRET, max_size=SECRET),
    st.text(letters, min_size=PIN, max_size=PIN),
)


@OFTEN
@given(codes, st.randoms(use_true_random=False))
def test_a_code_is_read_as_it_is_typed(code: InvitationCode, chance: object) -> None:
    text = code.text
    assert len(text) == 29
    assert text[0] in ALPHABET
    pick = chance.choice  # type: ignore[attr-defined]
    alike = {"0": "0oO", "1": "1iIlL"}
    typed = "".join(
        pick(alike.get(each, each + each.lower())) + pick(("", "", " ", "\u2011", "\u200b")) for each in text
    )
    for spelling in (text, typed, text.replace("-", ""), f" https://psp.example/#{text}\n"):
        assert read_code(spelling) == code
        assert secret_of(spelling) == code.secret
    assert secret_of(code.secret) == code.secret
    assert code.secret not in repr(code)


@OFTEN
@given(codes, st.integers(0, 24), letters)
def test_one_slip_is_told_with_its_group(code: InvitationCode, at: int, letter: str) -> None:
    typed = list(code.text.replace("-", ""))
    if typed[at] == letter:
        return
    typed[at] = letter
    with pytest.raises(MistypedCode, match=f"a slip in the {PLACES[at // 5]} group"):
        read_code("".join(typed))


@OFTEN
@given(codes, st.integers(0, 24), st.integers(0, 24))
def test_two_exchanged_are_a_slip(code: InvitationCode, one: int, other: int) -> None:
    typed = list(code.text.replace("-", ""))
    typed[one], typed[other] = typed[other], typed[one]
    if "".join(typed) != code.text.replace("-", "") and abs(one - other) < 5:
        with pytest.raises(MistypedCode, match="a slip"):
            read_code("".join(typed))


@pytest.mark.parametrize("one", range(4))
def test_groups_exchanged_are_a_slip(one: int) -> None:
    groups = InvitationCode(random_secret(), "0" * PIN).text.split("-")
    groups[one], groups[one + 1] = groups[one + 1], groups[one]
    with pytest.raises(MistypedCode, match=f"the {PLACES[one]} group and the {PLACES[one + 1]} group"):
        read_code("-".join(groups))


def test_what_is_generated_is_never_taken_for_an_option() -> None:
    made = [random_secret() for _ in range(1000)]
    made += [random_token(role) for role in ("person", "operator") for _ in range(1000)]
    assert [each for each in made if each.startswith("-")] == []
    assert len(set(made)) == 3000


@pytest.mark.parametrize("case", VECTORS["codes"], ids=lambda case: case["typed"][:30])
def test_the_vectors_that_the_page_reads_too(case: dict[str, str]) -> None:
    if "slip" in case:
        with pytest.raises(MistypedCode) as refused:
            read_code(case["typed"])
        assert case["slip"] in str(refused.value)
    else:
        assert read_code(case["typed"]) == InvitationCode(case["secret"], case["pin"])


@pytest.mark.parametrize("case", VECTORS["pins"], ids=lambda case: case["pin"])
def test_the_pins_that_the_page_computes_too(case: dict[str, str]) -> None:
    assert pin(case["secret"], bytes.fromhex(case["public"])) == case["pin"]


def test_a_pin_hangs_on_key_and_secret() -> None:
    keys = [KEY.signer("statements").public, Key.from_secret(bytes(32)).signer("statements").public]
    assert len({pin(secret * SECRET, key) for key in keys for secret in "07"}) == 4

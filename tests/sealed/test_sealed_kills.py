"""Changes of a gallery, cut off at every step that touches the disk by a kill or a full disk: all or nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from failing_disk import Counted
from masquerade.errors import WriteFailed
from masquerade.files import durable
from masquerade.owner.sealed.publishing import changing
from masquerade.owner.sealed.removing import remove_person
from masquerade.owner.sealed.resealing import reseal
from masquerade.owner.sealed.state import State
from masquerade.sealed.verify import verify
from sealed_owner_examples import Sealed, new_gallery, photos_of, somebody, take_in

PEOPLE = 124
"""One short of filling a block."""
AFTER = {"enrol": set(range(PEOPLE + 3)), "remove": set(range(PEOPLE)) - {5}, "reseal": set(range(PEOPLE))}


class Killed(BaseException):
    """As a signal that nothing catches: no cleaning up for exceptions is done."""


def change(kind: str, sealed: Sealed) -> None:
    match kind:
        case "enrol":
            take_in(sealed, [somebody(n) for n in range(PEOPLE + 3)])
        case "remove":
            if "person 5" in sealed.names():
                remove_person(*sealed, "person 5")
        case _:
            reseal(*sealed)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    made = new_gallery(tmp_path_factory.mktemp("kills"))
    take_in(made, [somebody(n) for n in range(PEOPLE)])
    return made


def copied(before: Sealed, root: Path) -> Sealed:
    shutil.copytree(before.folder.parent, root)
    return Sealed(root / "gallery", before.key, type(before.records).beside(root / "owner.key"))


def failing_at(step: int, error: BaseException) -> Callable[[str], None]:
    left = [step]

    def at(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise error

    return at


@pytest.mark.parametrize("kind", AFTER)
def test_a_change_that_is_cut_off_at_any_step_is_whole_or_undone(
    before: Sealed, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {f"person {n}" for n in AFTER[kind]}
    cut, step = 0, 0
    while True:
        step += 1
        error = Killed() if step % 2 else OSError(28, "No space left on device")
        sealed = copied(before, tmp_path / str(step))
        with monkeypatch.context() as patch:
            patch.setattr(durable, "os", Counted(failing_at(step, error)))
            try:
                change(kind, sealed)
                break
            except (Killed, WriteFailed):
                cut += 1
        with changing(*sealed) as gallery:
            assert verify(sealed.public) == []
            assert not any(map(durable.is_draft, sealed.records.folder.iterdir()))
            state = State(gallery)
            assert len(state.vectors) == len(state.people)
            assert {person.name for person in state.people} in _allowed(kind)
        change(kind, sealed)
        assert sealed.names() == expected
        assert verify(sealed.public) == []
        if step % 7 == 0:
            assert sealed.ask(photos_of(7, 1)[0]) == "person 7"
    assert cut > 15


def _allowed(kind: str) -> list[set[str]]:
    """Who may be in after a cut: an enrolment publishes block by block."""
    between = [set(range(PEOPLE + 1))] if kind == "enrol" else []
    return [{f"person {n}" for n in people} for people in (set(range(PEOPLE)), *between, AFTER[kind])]

"""Errors are of the kinds that Python's own libraries raise, so that a caller can catch them so."""

import pickle
import re

import pytest

from masquerade import errors
from masquerade.attacks import attack_named
from masquerade.errors import MasqueradeError, NotKnown, StudyError, TrainingDiverged, UsageError
from masquerade.networks import network_type
from masquerade.recipes import recipe
from masquerade.training.presets import preset
from masquerade.training.settings import Settings
from places import ROOT


def test_a_wrong_argument_is_a_value_error() -> None:
    assert issubclass(UsageError, ValueError)
    assert issubclass(errors.DeadFeatures, ValueError)


@pytest.mark.parametrize("lookup", [recipe, network_type, preset, lambda name: attack_named(name, {})])
def test_an_unknown_name_is_a_lookup_error(lookup: object) -> None:
    with pytest.raises(LookupError, match=r"no such .*resnet") as raised:
        lookup("resnet-none")  # type: ignore[operator]
    assert isinstance(raised.value, (UsageError, StudyError))
    assert str(raised.value)[0] != "'"  # as a KeyError's would be
    assert issubclass(NotKnown, LookupError)


def test_a_training_that_diverges_is_no_wrong_argument() -> None:
    assert issubclass(TrainingDiverged, RuntimeError)
    assert not issubclass(TrainingDiverged, UsageError)
    assert TrainingDiverged.exit_code == MasqueradeError.exit_code  # not done, though asked for rightly


def test_only_one_class_tells_that_a_training_diverged() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        found = re.findall(r"(\w+)\(\s*f?\"[^\"]*train\w* [^\"]*diverged", path.read_text(encoding="utf-8"))
        found += re.findall(r"(\w+)\(\s*\"training diverged", path.read_text(encoding="utf-8"))
        assert set(found) <= {"TrainingDiverged"}, path


def test_settings_say_what_is_wrong_in_their_own_words() -> None:
    with pytest.raises(UsageError, match="training needs a length, once"):
        Settings.read({"network": "resnet18", "epochs": 1, "steps": 1, "learning_rate": 0.1})


def test_every_error_is_in_the_tree_of_the_docstring() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, MasqueradeError) and kind is not MasqueradeError
    ]
    assert len(kinds) > 40
    for kind in kinds:
        assert f"── {kind.__name__} " in (errors.__doc__ or ""), kind


def test_errors_travel_between_processes() -> None:
    again = pickle.loads(pickle.dumps(UsageError("wrong", value=3, place="X", remedy="Right it.")))  # noqa: S301
    assert isinstance(again, UsageError)

"""Runs studies: builds what each attacker sees, calls the attacks, scores their guesses.

The package bears the name of the function ``masquerade.audit``, and Python gives a package's name to the package as
soon as anything of it is imported. So it is called as that function is.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, final


@final
class _Called(ModuleType):
    def __call__(self, *args: Any, **said: Any) -> Any:  # noqa: ANN401 - those of the function
        """What ``masquerade.api.auditing.audit`` gives."""
        return import_module("masquerade.api.auditing").audit(*args, **said)


sys.modules[__name__].__class__ = _Called

"""Exit codes, in one table: a script can tell work that is done in part from work that was not done."""

from collections.abc import Mapping
from typing import Final

DONE: Final = 0
USAGE: Final = 1
SOME_FAILED: Final = 2
CHECK_FAILED: Final = 3
FAILED: Final = 4
INTERRUPTED: Final = 130
"""As shells count: 128 and the number of SIGINT."""
NOBODY_READS: Final = 141
"""128 and the number of SIGPIPE."""

EXIT_CODES: Final[Mapping[int, str]] = {
    DONE: "done",
    USAGE: "nothing done: the command cannot be run as it was given (an option, a path, a name)",
    SOME_FAILED: "done, but not for every input: photos rejected, files damaged, parts missing; each is named",
    CHECK_FAILED: "done, and a condition of --fail-if is met",
    FAILED: "not done: a file, a key, a service or the machine failed",
    INTERRUPTED: "interrupted by Ctrl-C; 129 and 143 by SIGHUP and SIGTERM",
    NOBODY_READS: "the reader of stdout is gone",
}
EPILOGUE: Final = (
    "Exit codes: 0 done; 1 nothing done, usage error; 2 done, but some inputs failed; "
    "3 a --fail-if condition is met; 4 not done, a file, key, service or the machine failed; 130 interrupted."
)

"""What a process that holds a key leaves behind when it dies."""

import resource

from masquerade.cli.starting import leave_no_core


def test_a_process_that_holds_keys_leaves_no_core() -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        leave_no_core()
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)

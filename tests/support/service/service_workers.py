"""Workers that fail; apart, since the processes that run them import no more than this."""

import os
import signal
from pathlib import Path
from socket import socket


def never_serves(address: socket, _: object) -> bool:
    """A worker that cannot begin."""
    address.close()
    return False


def dies_once(folder: Path, address: socket, _: object) -> bool:
    """A worker that dies the first time, and the second time stops whoever began it."""
    address.close()
    if (folder / "begun").exists():
        os.kill(os.getppid(), signal.SIGTERM)
        signal.pause()
    (folder / "begun").touch()
    os._exit(1)

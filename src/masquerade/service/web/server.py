"""uvicorn's server, told to begin and to end."""

import signal
import threading
from collections.abc import Callable
from socket import socket
from typing import final

import uvicorn


@final
class Server(uvicorn.Server):
    """Tells that it answers; takes a lost terminal for being told to stop; lets nothing hold up its end.

    Args:
        config: How it serves.
        begun: Called once it answers.
        ending: Called when it is told to stop.
    """

    def __init__(
        self, config: uvicorn.Config, begun: Callable[[], object], ending: Callable[[], object]
    ) -> None:
        super().__init__(config)
        self._begun, self._ending = begun, ending

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen."""
        ours = threading.current_thread() is threading.main_thread()
        if ours and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # of nohup
            signal.signal(signal.SIGHUP, lambda *_: self.handle_exit(signal.SIGTERM, None))
        await super().startup(sockets)
        if self.started:
            self._begun()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Finish what was begun."""
        self._ending()
        await super().shutdown(sockets)

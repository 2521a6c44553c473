"""Providers to test on: SQLite in a file, and PostgreSQL in a cluster of the tests' own."""

import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path

from masquerade.keys import Key
from masquerade.service.provider import Provider
from masquerade.service.settings import Policy, ServiceSettings

KEY = Key.from_secret(bytes(range(32)))


def provider(address: str, **policy: object) -> Provider:
    return Provider(
        ServiceSettings(database=address, policy=Policy.model_validate({"stock": 0, **policy})), KEY
    )


class Cluster:
    """A PostgreSQL server on a socket in a folder, run by another user where the tests are root's.

    Without ``durable`` it does not wait for the disk: no test cuts the machine's power.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        found = shutil.which("initdb") or next(
            map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None
        )
        if found is None:
            raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
        self._bin, self._folder = Path(found).resolve().parent, folder
        self._user = "nobody" if os.getuid() == 0 else None
        self.owner = self._user or pwd.getpwuid(os.getuid()).pw_name
        if self._user:
            os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._run("initdb", "-D", f"{folder}/data", "-A", "trust", "--no-sync")
        options = f"-k {folder} -h ''" + ("" if durable else " -F")
        self._run("pg_ctl", "-w", "-D", f"{folder}/data", "-l", f"{folder}/log", "-o", options, "start")

    def database(self) -> str:
        name = f"t{secrets.token_hex(6)}"
        self._run("createdb", "-h", str(self._folder), name)
        return f"postgresql://{self.owner}@/{name}?host={self._folder}"

    def stop(self) -> None:
        self._run("pg_ctl", "-m", "immediate", "-D", f"{self._folder}/data", "stop")

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self._bin / program, *words],
            user=self._user,
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )

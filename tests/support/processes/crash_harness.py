"""Kill writers of released data sets at random moments, and see what is left when they have finished at last.

Run as a program, so that one warm process without threads can fork a job in a millisecond and kill it:

    python crash_harness.py WRITER KILLS SEED FOLDER

It prints what came of it as JSON. ``WRITER`` is one of ``WRITERS``: the real one, or one that is careless in
a way that this harness must notice.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from masquerade.files import durable
from masquerade.released import verify
from masquerade.released.ledger import Ledger
from masquerade.released.shard import Layout
from masquerade.released.shard_values import EncodedShard, encode
from masquerade.released.writer import Shard, write_release
from released_examples import SHAPE, plan, tree

SHARDS = 12
IMAGES = 40


def make(number: int) -> Shard:
    """A shard that takes some milliseconds, as one of photos does."""
    random_numbers = torch.Generator().manual_seed(number)
    x = torch.empty((IMAGES, *SHAPE), dtype=torch.float16)
    for row in range(IMAGES):
        x[row] = torch.randn(SHAPE, generator=random_numbers).half()
        time.sleep(0.0002)
    return Shard(x, torch.arange(IMAGES) % 5, f"note {number}")


def encoded(number: int) -> EncodedShard:
    shard, head = make(number), plan(SHARDS).head
    layout = Layout(head.dataset_id, number, len(shard.x), head.stored_shape, head.dtype)
    return encode(shard.x, shard.y, layout, f"part-{number:05d}.safetensors")


def careful(folder: Path, ledger: Path) -> None:
    """The real writer."""
    write_release(folder, plan(SHARDS), make, ledger, workers=2)


def careless_in_place(folder: Path, ledger: Path) -> None:
    """Writes shards piece by piece under their final names, and takes whatever exists for finished."""
    folder.mkdir(exist_ok=True)
    entries = []
    for number in range(SHARDS):
        shard = encoded(number)
        path = folder / shard.entry.name
        if not path.exists():
            data = b"".join(shard.parts)
            with path.open("wb", buffering=0) as file:
                for at in range(0, len(data), 64):
                    file.write(data[at : at + 64])
                    time.sleep(0.0002)
        entries.append(shard.entry)
    durable.write_durably(folder / "manifest.json", [plan(SHARDS).manifest(entries).to_bytes()])


def careless_ledger_first(folder: Path, ledger: Path) -> None:
    """Writes the ledger's row before the shard, and trusts rows."""
    folder.mkdir(exist_ok=True)
    base = sqlite3.connect(ledger, isolation_level=None)
    base.execute("CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY, entry TEXT)")
    rows = dict(base.execute("SELECT number, entry FROM rows"))
    for number in range(SHARDS):
        if number not in rows:
            base.execute("INSERT INTO rows VALUES (?, '')", (number,))
            shard = encoded(number)
            durable.write_durably(folder / shard.entry.name, shard.parts)
    entries = [encoded(number).entry for number in range(SHARDS)]
    durable.write_durably(folder / "manifest.json", [plan(SHARDS).manifest(entries).to_bytes()])


def careless_append(folder: Path, ledger: Path) -> None:
    """Appends shards to a log, and counts them in a file that it writes afterwards."""
    folder.mkdir(exist_ok=True)
    done = int(ledger.read_text() or 0) if ledger.exists() else 0
    for number in range(done, SHARDS):
        with (folder / "part-00000.safetensors").open("ab") as file:
            for part in encoded(number).parts:
                file.write(part)
                file.flush()
                time.sleep(0.001)
        ledger.write_text(str(number + 1))
    (folder / "manifest.json").write_text("done")


def careless_manifest_first(folder: Path, ledger: Path) -> None:
    """Writes the manifest before the shards, and takes a folder with manifest for finished."""
    folder.mkdir(exist_ok=True)
    if (folder / "manifest.json").exists():
        return
    shards = [encoded(number) for number in range(SHARDS)]
    manifest = plan(SHARDS).manifest([shard.entry for shard in shards])
    durable.write_durably(folder / "manifest.json", [manifest.to_bytes()])
    for shard in shards:
        durable.write_durably(folder / shard.entry.name, shard.parts)


WRITERS: dict[str, Callable[[Path, Path], None]] = {
    function.__name__: function
    for function in (
        careful,
        careless_in_place,
        careless_ledger_first,
        careless_append,
        careless_manifest_first,
    )
}


def run(writer: Callable[[Path, Path], None], folder: Path, ledger: Path, wait: float | None) -> bool:
    """Run a job in a process of its own, kill it after ``wait`` seconds; whether it was killed.

    Raises:
        RuntimeError: If the job failed by itself.
    """
    child = os.fork()
    if child == 0:
        code = 1
        # A fork leaves PyTorch without its pool, which two threads must not be the first to make anew.
        torch.set_num_threads(1)
        try:
            writer(folder, ledger)
            code = 0
        except BaseException:  # noqa: BLE001 - the process ends here, and its parent shows this
            traceback.print_exc()
        finally:
            os._exit(code)
    if wait is not None:
        time.sleep(wait)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise RuntimeError(f"the job failed: {os.WEXITSTATUS(status)}")
    return os.WIFSIGNALED(status)


def whole(folder: Path, ledger: Path, expected: dict[str, bytes], careful_writer: bool) -> bool:
    """Whether a finished folder is what an uninterrupted job leaves, and the ledger agrees with it."""
    if tree(folder) != expected:
        return False
    if not careful_writer:
        return True
    with Ledger(ledger) as opened:
        rows = opened.rows()
    notes = [rows[number].note for number in range(SHARDS)]
    sizes = [(folder / rows[number].entry.name).stat().st_size for number in range(SHARDS)]
    return (
        verify(folder) == []
        and len(rows) == SHARDS
        and notes == [f"note {number}" for number in range(SHARDS)]
        and sizes == [rows[number].entry.bytes for number in range(SHARDS)]
    )


def torment(name: str, kills: int, seed: int, root: Path) -> dict[str, int]:
    """Kill jobs until enough were hit, letting each be started again until it finishes.

    A careless writer is caught with the first broken folder, and let go.
    """
    draw, writer = random.Random(seed), WRITERS[name]
    run(writer, root / "whole", root / "whole.ledger", None)
    start = time.monotonic()
    run(writer, root / "timed", root / "timed.ledger", None)
    seconds = time.monotonic() - start
    expected = tree(root / "whole")
    done = {"jobs": 0, "killed": 0, "broken": 0, "resumed_most": 0}
    while done["killed"] < kills and not (done["broken"] and name != "careful"):
        folder, ledger = root / f"job-{done['jobs']}", root / f"job-{done['jobs']}.ledger"
        resumed = 0
        while run(writer, folder, ledger, draw.uniform(0, seconds)):
            resumed += 1
        done["killed"] += resumed
        done["jobs"] += 1
        done["resumed_most"] = max(done["resumed_most"], resumed)
        done["broken"] += not whole(folder, ledger, expected, name == "careful")
    return done


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(torment(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))))

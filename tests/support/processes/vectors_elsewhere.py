"""Checks the golden vectors of disguises in a process of its own, whose environment chooses the arithmetic.

python vectors_elsewhere.py THREADS; prints what was used, and what does not come out as committed.
"""

import json
import sys

import torch
from test_disguise_vectors import RECIPES, SMALL, close, images_of, keyed_by

from masquerade.disguises import derivation_check
from masquerade.keys import Key

if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]))
    wrong = []
    for vector in SMALL:
        key = Key.from_secret(bytes.fromhex(vector["secret"]))
        keyed = keyed_by(key, vector)
        numbers = keyed(torch.from_numpy(images_of(vector["shape"]))).numpy()
        if not close(numbers, vector) or derivation_check(key, keyed) != vector["derivation_check"]:
            wrong.append(vector["description"])
    key = Key.from_secret(bytes(range(32)))
    wrong += [v["description"] for v in RECIPES if derivation_check(key, keyed_by(key, v)) != v["check"]]
    used = {"processor": torch.backends.cpu.get_cpu_capability(), "threads": torch.get_num_threads()}
    print(json.dumps(used | {"vectors": len(SMALL) + len(RECIPES), "wrong": wrong}))

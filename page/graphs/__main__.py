"""Write what the page takes from elsewhere: ``python -m graphs`` in the folder ``page``."""

import json
from pathlib import Path
from typing import Final

from graphs.detector import detector_graph
from graphs.measured import measured
from masquerade import masknets

PAGE: Final = Path(__file__).parents[1]
NETWORKS: Final = PAGE / "public" / "networks"
GENERATOR: Final = Path(masknets.__file__).parent / "weights" / "one-pass-1.safetensors"
MEASURED: Final = PAGE / "src" / "measured.json"


def main() -> None:
    """Write it."""
    NETWORKS.mkdir(parents=True, exist_ok=True)
    (NETWORKS / "detector.onnx").write_bytes(detector_graph().SerializeToString(deterministic=True))
    (NETWORKS / "generator.safetensors").write_bytes(GENERATOR.read_bytes())
    MEASURED.write_text(json.dumps(measured(), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()

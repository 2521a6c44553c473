"""Files of others are opened by one function, which takes no pipe and no device and waits for nobody."""

import ast
from pathlib import Path

from masquerade.files import durable

OWN = {
    "files/opening.py": "the function itself",
    "files/tensors.py": "safe_open, behind open_file",
    "shipped_weights.py": "of the package",
    "files/packaged.py": "of another package",
    "data/builtin.py": "of a package",
    "encoders/dlib_recogniser.py": "of a package",
    "api/catalogue.py": "of the package",
    "cli/advice.py": "of the package",
    "cli/catalogue.py": "of the package",
    "recipes/measured.py": "of the package",
    "audit/studies/expected.py": "of the package",
    "cloaking/check.py": "of the package",
    "cloaking/worth.py": "of the package",
    "encoders/examiners.py": "of the package",
    "service/masknets/collusion_figures.py": "of the package",
    "service/web/console.py": "of the package",
    "training/precision.py": "/proc/cpuinfo",
    "released/writer.py": "in a folder that this process holds",
    "data/rejection_log.py": "in the owner's records",
    "audit/store.py": "in a folder of its own",
    "service/audit_trail/rollback_mark.py": "beside the operator's key",
    "service/audit_trail/forgotten.py": "beside the operator's key",
    "service/backups/backup_file.py": "a draft of its own",
    "service/backups/backup.py": "a draft of its own",
    "data/npz.py": "numpy, behind open_file",
}


def test_files_are_opened_by_one_function() -> None:
    """Every ``path.open``, ``read_bytes``, ``read_text``, `safe_open`, `np.load`, unless there is a reason."""
    package = Path(durable.__file__).parents[1]
    found = set()
    for source in package.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _opens(node):
                found.add(source.relative_to(package).as_posix())
    assert found - set(OWN) == set()
    assert set(OWN) - found - {"files/opening.py"} == set()


def _opens(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id == "safe_open" or (
            function.id == "open" and not isinstance(call.args[0], ast.Name)
        )
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    if function.attr in ("read_bytes", "read_text"):
        return True
    if function.attr == "load":
        return owner == "np"
    words = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    return function.attr == "open" and owner != "os" and bool({"rb", "r", "a"} & set(map(str, words)))

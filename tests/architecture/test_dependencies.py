"""What the product imports stands in the lock that `make run` installs, and not only in the developers'."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

from tests.architecture.source import PACKAGES, ROOT, files, tree_of

OWN = {*PACKAGES, "wsgi", "scripts"}


def imported(tree: ast.Module) -> set[str]:
    """The top-level modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_everything_that_the_product_imports_is_in_its_lock() -> None:
    locked = {
        name.lower().replace("_", "-")
        for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", (ROOT / "requirements.txt").read_text())
    }
    launcher = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "scripts" / "launch").glob("*.py"))
    by_module = packages_distributions()
    missing = {
        (path, module)
        for path in [*files(), *launcher]
        for module in imported(tree_of(path)) - OWN - set(sys.stdlib_module_names)
        if not {name.lower().replace("_", "-") for name in by_module.get(module, [module])} & locked
    }
    assert missing == set()

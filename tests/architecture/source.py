"""The product's source as syntax trees, and the rules of the house that such a tree can break.

A rule takes a file's path (from the root, with /) and its tree, and tells each breach as `path:line: what`.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar, cast

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("kernel", "i18n", "web", "workforce", "labeling", "payouts", "calibration", "marketplace", "admin")
LONGEST = 450

# Each of these lists grows by review only; the reason stands beside the name.
MAY_COMMIT = {
    "kernel/db.py",  # `transaction`, the one edge
    "kernel/migrations/env.py",  # migrations run before there is a `transaction`
}
MAY_WRITE_SQL = {
    "kernel/db.py",  # the scope of a transaction
    "kernel/many.py",  # sends the text of statements that were built and narrowed before
    "kernel/migrations/env.py",
}
MAY_READ_TABLES = {
    "kernel/db.py",  # rows written later, after the same check of their tenant
    "kernel/walls.py",  # the kind of each table
    "kernel/hot.py",  # hot statements, narrowed there as the walls narrow those of the ORM
    "kernel/audit.py",  # the chains' own table, which is global
}
MAY_MAKE_MARKUP = {
    "i18n/templates",  # translated markup, whose placeholders are escaped there
    "web/plots",  # plots are drawn as SVG, with every text escaped there
}
CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now"),
    *("datetime.datetime.utcnow", "datetime.date.today", "time.time", "time.time_ns", "time.localtime", "time.gmtime"),
}
RANDOM_MODULES = {"random", "secrets", "uuid"}
SURROUNDINGS = {"os.environ", "os.getenv", "os.environb", "os.putenv", "os.urandom", "environ", "getenv"}

Breaches = Iterator[str]
N = TypeVar("N", bound=ast.AST)


def files() -> list[str]:
    """Every Python file of the product, from the root."""
    inside = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(path.relative_to(ROOT).as_posix() for path in [*inside, *ROOT.glob("wsgi.py")])


def templates() -> list[str]:
    """Every template of the product, from the root."""
    inside = [path for package in PACKAGES for path in (ROOT / package).rglob("templates/**/*")]
    return sorted(path.relative_to(ROOT).as_posix() for path in inside if path.is_file())


def tests() -> list[str]:
    """Every test file that knows how large a run is, from the root."""
    inside = [path for path in (ROOT / "tests").rglob("test_*.py") if "tests.support" in path.read_text()]
    return sorted(path.relative_to(ROOT).as_posix() for path in inside)


def tree_of(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), path)


@lru_cache(maxsize=2)
def _by_kind(tree: ast.Module) -> dict[type[ast.AST], list[ast.AST]]:
    """Every node of a tree by its class: each rule in turn looks through those of one file, gathered once."""
    found: dict[type[ast.AST], list[ast.AST]] = {}
    for node in ast.walk(tree):
        found.setdefault(type(node), []).append(node)
    return found


def nodes(tree: ast.Module, *kinds: type[N]) -> Iterator[N]:
    """The nodes of a tree that are of these classes."""
    for kind in kinds:
        yield from cast("list[N]", _by_kind(tree).get(kind, []))


def imports(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that import."""
    yield from nodes(tree, ast.Import)
    yield from nodes(tree, ast.ImportFrom)


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` of a chain of names, None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else None
    return None


def imported(node: ast.AST) -> list[str]:
    """The modules, and the names from modules, that an import brings."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def commits_only_at_the_edge(path: str, tree: ast.Module) -> Breaches:
    if path in MAY_COMMIT:
        return
    for node in nodes(tree, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield f"{path}:{node.lineno}: commits; only kernel.db.transaction does"


def asks_kernel_for_the_time(path: str, tree: ast.Module) -> Breaches:
    if path.startswith("kernel/"):
        return
    found: list[ast.expr | ast.stmt] = [node for node in nodes(tree, ast.Call) if dotted(node.func) in CLOCKS]
    found += [node for node in imports(tree) if set(imported(node)) & {"time.time", "time.time_ns"}]
    for node in found:
        yield f"{path}:{node.lineno}: reads the clock; kernel.clock does"


def asks_kernel_for_chance(path: str, tree: ast.Module) -> Breaches:
    if path.startswith("kernel/"):
        return
    seeded = _only_seeded(tree)
    for node in imports(tree):
        modules = {name.split(".")[0] for name in imported(node)}
        if modules & RANDOM_MODULES and not (modules == {"random"} and seeded):
            yield f"{path}:{node.lineno}: makes random values; kernel does, or the caller passes a seed"
    for call in nodes(tree, ast.Call):
        if _is_unseeded(call):
            yield f"{path}:{call.lineno}: draws without a seed that the caller passes"


def _only_seeded(tree: ast.Module) -> bool:
    """Whether all that is taken of `random` is its seeded source, made with a seed or named as a type."""
    calls = [node for node in nodes(tree, ast.Call) if dotted(node.func) == "random.Random"]
    names = {dotted(node) for node in nodes(tree, ast.Attribute)}
    used = {name for name in names if name and name.startswith("random.")}
    return bool(used) and used == {"random.Random"} and all(call.args for call in calls)


def _is_unseeded(call: ast.Call) -> bool:
    name = dotted(call.func) or ""
    if not re.match(r"(np|numpy)\.random\.|default_rng$", name):
        return False
    makes_generator = name.split(".")[-1] in {"default_rng", "Generator", "SeedSequence", "PCG64", "Philox"}
    return not makes_generator or not (call.args or call.keywords)


def asks_kernel_for_settings(path: str, tree: ast.Module) -> Breaches:
    if path.startswith("kernel/"):
        return
    taken = {f"os.{name}" for name in ("environ", "getenv", "urandom")}
    found: list[ast.expr | ast.stmt] = [node for node in nodes(tree, ast.Attribute) if dotted(node) in SURROUNDINGS]
    found += [node for node in imports(tree) if set(imported(node)) & taken]
    for node in found:
        yield f"{path}:{node.lineno}: reads the environment; kernel.config does"


def writes_no_sql_by_hand(path: str, tree: ast.Module) -> Breaches:
    if path in MAY_WRITE_SQL or path.startswith("kernel/migrations/versions/"):
        return
    texts = {"sqlalchemy.text", "sqlalchemy.sql.text", "sa.text"}
    found: list[ast.expr | ast.stmt] = [node for node in nodes(tree, ast.Attribute) if dotted(node) in texts]
    found += [node for node in imports(tree) if set(imported(node)) & texts]
    for written in found:
        yield f"{path}:{written.lineno}: writes SQL by hand, past the walls between tenants"
    for node in nodes(tree, ast.Attribute):
        if node.attr == "exec_driver_sql":
            yield f"{path}:{node.lineno}: speaks to the driver, past the walls between tenants"


def reads_mapped_classes(path: str, tree: ast.Module) -> Breaches:
    if path in MAY_READ_TABLES or path.startswith("kernel/migrations/versions/"):
        return
    for node in nodes(tree, ast.Attribute):
        if node.attr == "__table__":
            yield f"{path}:{node.lineno}: reads a table, past the walls between tenants; use the mapped class"


def escapes_everything(path: str, tree: ast.Module) -> Breaches:
    if any(path == f"{place}.py" or path.startswith(f"{place}/") for place in MAY_MAKE_MARKUP):
        return
    for node in nodes(tree, ast.Call):
        if (dotted(node.func) or "").split(".")[-1] == "Markup":
            yield f"{path}:{node.lineno}: marks text as safe; only plots do"


def operations_take_session_and_actor(path: str, tree: ast.Module) -> Breaches:
    """A business act, which is what other rooms and packages call, says in whose name it is done."""
    if not re.search(r"/operations(\.py|/.*\.py)$", path):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _is_called_above(path, node.name):
            first = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)][:2]
            if (first[:1] == ["session"] and first != ["session", "actor"]) or (
                first[:1] != ["session"] and "session" in [argument.arg for argument in node.args.args]
            ):
                yield f"{path}:{node.lineno}: {node.name} must take (session, actor, ...)"


def _is_called_above(path: str, name: str) -> bool:
    """Whether a function of an operations room is used outside of it. A path that is no file counts as used."""
    if not (ROOT / path).exists():
        return True
    package, _, inner = path.removesuffix(".py").partition("/")
    module = f"{package}/{inner}".replace("/", ".")
    return (module, name) in _calls_above() or (f"{package}.operations", name) in _calls_above()


@cache
def _calls_above() -> frozenset[tuple[str, str]]:
    """(module, name) of everything that is taken from an operations room by a file that is not in that room."""
    found: set[tuple[str, str]] = set()
    for path in files():
        package = path.partition("/")[0]
        if "operations" not in (ROOT / path).read_text():
            continue
        if path.startswith(f"{package}/operations"):
            own = f"{package}.operations"
            found |= {pair for pair in _taken(tree_of(path)) if not pair[0].startswith(own)}
        else:
            found |= _taken(tree_of(path))
    return frozenset(found)


def _taken(tree: ast.Module) -> set[tuple[str, str]]:
    modules: dict[str, str] = {}
    found: set[tuple[str, str]] = set()
    for node in nodes(tree, ast.ImportFrom):
        if node.module and ".operations" in f".{node.module}.":
            for alias in node.names:
                found.add((node.module, alias.name))
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        if node.module and any(alias.name == "operations" for alias in node.names):
            modules["operations"] = f"{node.module}.operations"
    for used in nodes(tree, ast.Attribute):
        if isinstance(used.value, ast.Name) and used.value.id in modules:
            found.add((modules[used.value.id], used.attr))
    return found


def opens_with_a_sentence(path: str, tree: ast.Module) -> Breaches:
    if (tree.body or not path.endswith("__init__.py")) and not ast.get_docstring(tree):
        yield f"{path}:1: does not say what it owns"


def is_short(path: str, tree: ast.Module) -> Breaches:
    if path.startswith("kernel/migrations/versions/"):  # what a migration did, it says in full
        return
    last = max((getattr(node, "end_lineno", 0) or 0 for node in tree.body), default=0)
    if last > LONGEST:
        yield f"{path}:{last}: is longer than {LONGEST} lines"


def has_a_telling_name(path: str, tree: ast.Module) -> Breaches:
    if any(
        part in {"utils", "util", "helpers", "helper", "misc", "common"} for part in Path(path).with_suffix("").parts
    ):
        yield f"{path}:1: is named after no noun"


def imports_no_root(path: str, tree: ast.Module) -> Breaches:
    for node in imports(tree):
        if any(name.split(".")[0] == "wsgi" for name in imported(node)):
            yield f"{path}:{node.lineno}: imports wsgi, which stands above everything"


RULES = (
    commits_only_at_the_edge,
    asks_kernel_for_the_time,
    asks_kernel_for_chance,
    asks_kernel_for_settings,
    writes_no_sql_by_hand,
    reads_mapped_classes,
    escapes_everything,
    operations_take_session_and_actor,
    opens_with_a_sentence,
    is_short,
    has_a_telling_name,
    imports_no_root,
)


def unmarked(path: str, tree: ast.Module) -> Breaches:
    """Tests that are larger in a soak, by themselves or by a function of their file, without the mark for it.

    Tests of generated examples get the mark as they are collected, and may not fix how many examples they have.
    """
    functions = list(nodes(tree, ast.FunctionDef))
    called = {node.name: {dotted(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
              for node in functions}  # fmt: skip
    scaling = {"scale", "is_soak", "support.scale", "support.is_soak"}
    while larger := {name for name, names in called.items() if names & scaling} - scaling:
        scaling |= larger
    for node in functions:
        marks = {dotted(getattr(decorator, "func", decorator)) for decorator in node.decorator_list}
        if node.name.startswith("test_") and node.name in scaling and not marks & {"pytest.mark.soak", "given"}:
            yield f"{path}:{node.lineno}: {node.name} is larger in a soak, and `make soak` passes it over"
    for keyword in nodes(tree, ast.keyword):
        if (
            keyword.arg == "max_examples"
            and isinstance(keyword.value, ast.Constant)
            and not path.endswith("conftest.py")
        ):
            yield f"{path}:{keyword.value.lineno}: as many examples in a soak as ever; take their number from `scale`"


_UNESCAPED = re.compile(r"\|\s*safe\b|\bMarkup\s*\(|\{%-?\s*autoescape\s+false")


def unescaped(path: str, text: str) -> Breaches:
    """Places where a template trusts a value."""
    for number, line in enumerate(text.splitlines(), start=1):
        if _UNESCAPED.search(line):
            yield f"{path}:{number}: trusts a value; let Jinja escape it"

"""Static files: where they lie and the address, with a mark of their content, under which browsers may keep them."""

from hashlib import sha256
from pathlib import Path, PurePosixPath

STATIC = Path(__file__).parent / "static"


class Assets:
    """Addresses of static files. A mark is worked out once for each state of a file: edits show without a restart."""

    def __init__(self, root: Path = STATIC, *, url: str = "/static/") -> None:
        self._url = url
        self._roots: dict[str, Path] = {"": root}
        self._marks: dict[Path, tuple[int, str]] = {}

    def add(self, prefix: str, root: Path) -> None:
        """Lets a package bring files of its own: `add("labeling", …)` serves them as `/static/labeling/…`."""
        self._roots[prefix] = root

    def find(self, path: str) -> Path | None:
        """The file behind `labeling/boxes.js`; None when there is none or the path leaves its folder."""
        first, _, rest = path.partition("/")
        root, inner = (self._roots[first], rest) if first and first in self._roots else (self._roots[""], path)
        if PurePosixPath(inner).is_absolute() or ".." in PurePosixPath(inner).parts:
            return None
        file = root / inner
        return file if file.is_file() else None

    def __call__(self, path: str) -> str:
        """`/static/app.js?v=1a2b3c4d`; without a mark for a file that is not there, so that a page still opens."""
        file = self.find(path)
        return self._url + path if file is None else f"{self._url}{path}?v={self._mark(file)}"

    def _mark(self, file: Path) -> str:
        changed = file.stat().st_mtime_ns
        known = self._marks.get(file)
        if known is None or known[0] != changed:
            known = (changed, sha256(file.read_bytes()).hexdigest()[:8])
            self._marks[file] = known
        return known[1]


asset = Assets()

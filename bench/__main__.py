"""`python -m bench [DATA]`: what a step and inference cost; with a folder of real data, accuracies and replays too.

It ends with an error where a promise was missed.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

if not __package__:  # run by its path, which leads to this folder and not to the product
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench import gold_timing, inference, inference_quality, next_task, people_search, replays
from bench.tables import is_missed


def main(arguments: list[str]) -> int:
    """Print the tables as they are made, and on standard error what is being measured; 1 where a promise was missed."""
    if len(arguments) > 1 or (arguments and not Path(arguments[0]).is_dir()):
        print("usage: python -m bench [DATA], where DATA is a folder", file=sys.stderr)
        return 2
    missed = False
    for name, tables in parts(Path(arguments[0]) if arguments else None):
        print(f"… {name}", file=sys.stderr, flush=True)
        for told in tables():
            print(told, flush=True)
            missed = missed or is_missed(told)
    return int(missed)


def parts(data: Path | None) -> Iterator[tuple[str, Callable[[], list[str] | Iterator[str]]]]:
    """What is measured, one after the other; the last two need data."""
    yield "next and submit", next_task.main
    yield "gold beside work", gold_timing.main
    yield "truth inference", inference.main
    yield "search among people", lambda: [people_search.main()]
    if data is not None:
        yield "accuracy of truth inference", lambda: inference_quality.main(inference_quality.folders_in(data))
        yield "replays", lambda: replays.main(data)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

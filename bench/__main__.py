"""`python -m bench [DATA]`: next and submit beside a bare handler; with a folder of real data, its replays as well."""

import sys
from pathlib import Path

from bench import next_task, replays


def main(arguments: list[str]) -> int:
    """Print the tables as they are made."""
    if len(arguments) > 1 or (arguments and not Path(arguments[0]).is_dir()):
        print("usage: python -m bench [DATA], where DATA is a folder", file=sys.stderr)
        return 2
    for told in next_task.main():
        print(told, flush=True)
    for told in replays.main(Path(arguments[0])) if arguments else []:
        print(told, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

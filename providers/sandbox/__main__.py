"""`python -m providers.sandbox`: the sandbox as a process of its own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from providers.sandbox.server import CANNOT_START, serve
from providers.sandbox.settings import Settings


def main() -> int:
    usual = Settings()
    parser = argparse.ArgumentParser(prog="sandbox", description="Video vendors' APIs on this machine.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--data", type=Path, required=True, help="folder of the jobs and clips")
    parser.add_argument(
        "--capacity", type=int, default=usual.capacity, help="jobs at once, per model and key"
    )
    parser.add_argument(
        "--min-seconds", type=float, default=usual.min_seconds, help="a job lasts at least this"
    )
    parser.add_argument("--link-seconds", type=float, default=usual.link_seconds, help="life of a link")
    parser.add_argument("--render-workers", type=int, default=1, help="processes that draw")
    told = parser.parse_args()
    try:
        settings = usual.changed(
            {name: getattr(told, name) for name in ("capacity", "min_seconds", "link_seconds")}
        )
        if told.render_workers < 1:
            raise ValueError("“render_workers” must be at least 1.")
    except ValueError as exc:
        print(exc, file=sys.stderr)  # noqa: T201 a command's own words
        return CANNOT_START
    return serve(told.host, told.port, told.data, settings, told.render_workers)


if __name__ == "__main__":
    sys.exit(main())

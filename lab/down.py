"""`lab down`: ends the local AWS and everything it started, and makes sure that nothing remains."""

from __future__ import annotations

from argparse import Namespace

from lab.clock import Clock
from lab.console import Console
from lab.local_home import LocalHome
from lab.processes import end_all, living
from lab.worlds import DEFAULT

GRACE_SECONDS = 20.0


def command(_arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> int:
    running, name = living(home.gateway), home.world().name
    remaining = take_down(home, clock)
    if remaining:
        console.say(f"these processes would not end: {', '.join(map(str, remaining))}; end them by hand")
        return 1
    world = home.world(name)
    again = "lab up" if name == DEFAULT else f"lab up --world {name}"
    kept = f"; its data stays in {home.shown(world.folder)} for the next `{again}`" if world.folder.is_dir() else ""
    console.say(f"the local AWS is down, nothing keeps running{kept}" if running else "nothing was running")
    return 0


def take_down(home: LocalHome, clock: Clock) -> list[int]:
    """Ids of processes that would not end. Safe where nothing runs and where the files are stale."""
    text = home.pid_file.read_text().strip() if home.pid_file.is_file() else ""
    gateway = int(text) if text.isdigit() else None
    remaining = end_all(home.gateway, grace_seconds=GRACE_SECONDS, first=gateway, sleep=clock.sleep)
    if not remaining:
        home.pid_file.unlink(missing_ok=True)
        home.endpoint_file.unlink(missing_ok=True)
        home.world_file.unlink(missing_ok=True)
        home.deployment.unlink(missing_ok=True)
    return remaining

"""What may be typed after `lab quarantine`. Nothing is decided here."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from lab.places import add_options

ABOUT = """\
Rows that a conversion quarantined, in the --output folder of a `lab convert` or in a lane of a deployed pipeline
(--dataset NAME instead of --output OUT, and the lane with --orchestrator where one must be chosen).

  list      what is in quarantine now, by file and reason
  explain   what each reason means, how to repair it, and the raw text of the rows
  export    the rows as CSV files that you can mend, one per source file
  replay    judge the rows again, after the contract or the rows were mended; those that are good now
            are curated, the others stay, and each row ends up in one place, exactly once
  accept    batches that are held back for their rejected rows are loaded without them
  withdraw  a batch counts no more: its rows go, and its files are read again by the next run
"""
WAYS = """\
ways out of quarantine:
  the contract was wrong   mend contract.yaml, then
                           lab quarantine replay --output OUT --contract contract.yaml
  the rows were wrong      lab quarantine export --output OUT --to MENDED
                           mend the CSV files in MENDED, leaving every row in its place, then
                           lab quarantine replay --output OUT --contract contract.yaml --repaired MENDED
  the rows may stay out    lab quarantine accept --output OUT --reason "known noise of this producer"
"""


def add(command: ArgumentParser) -> None:
    """The actions and their options."""
    command.description, command.epilog = ABOUT, WAYS
    command.formatter_class = RawDescriptionHelpFormatter
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _action(actions, "list", "what is in quarantine now, by file and reason")
    _json(listing)
    explain = _action(actions, "explain", "what each reason means, how to repair it, and the rows' raw text (escaped)")
    explain.add_argument("--file", metavar="NAME", help="only rows of this source file, as `list` shows it")
    explain.add_argument("--reason", metavar="REASON", help="only rows with this reason, as `list` shows it")
    explain.add_argument("--limit", type=int, default=3, metavar="N", help="rows to show per reason (default: 3)")
    export = _action(actions, "export", "the rows as CSV files to mend, one per source file, byte for byte")
    export.add_argument("--to", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    replay = _action(actions, "replay", "judge the rows again, by the contract as it is now, and commit what is good")
    replay.add_argument(
        "--contract", type=Path, metavar="FILE", help="needed with --output; in a lane the dataset's own by default"
    )
    replay.add_argument("--repaired", type=Path, metavar="DIR", help="an exported folder whose rows were mended")
    _json(replay)
    accept = _action(actions, "accept", "load held batches without their quarantined rows")
    accept.add_argument("batches", nargs="*", metavar="BATCH", help="ids, or unique beginnings (default: all held)")
    withdraw = _action(actions, "withdraw", "take a batch back: its rows go, its files are read again by the next run")
    withdraw.add_argument("batch", metavar="BATCH", help="an id, or a unique beginning of one")
    for action in (accept, withdraw):
        action.add_argument("--reason", default="", metavar="TEXT", help="why; it is kept in the ledger")
        _json(action)


def _action(actions, name: str, about: str) -> ArgumentParser:
    action: ArgumentParser = actions.add_parser(name, help=about, description=about)
    add_options(action)
    return action


def _json(action: ArgumentParser) -> None:
    action.add_argument(
        "--json", type=Path, metavar="FILE", help="write the result there for machines; - is standard output"
    )

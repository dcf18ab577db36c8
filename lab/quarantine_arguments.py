"""What may be typed after `lab quarantine`. Nothing is decided here."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

ABOUT = """\
Rows that a conversion set aside, in the --output folder of a `lab convert`.

  list      what is in quarantine now, by file and reason
  explain   what each reason means, how to repair it, and the raw text of the rows
  export    the rows as CSV files that you can mend, one per source file
  replay    judge the rows again, after the contract or the rows were mended; those that are good now
            are curated, the others stay, and each row ends up in one place, exactly once
"""
WAYS = """\
two ways out of quarantine:
  the contract was wrong   mend contract.yaml, then
                           lab quarantine replay --output OUT --contract contract.yaml
  the rows were wrong      lab quarantine export --output OUT --to MENDED
                           mend the CSV files in MENDED, leaving every row in its place, then
                           lab quarantine replay --output OUT --contract contract.yaml --repaired MENDED
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
    replay.add_argument("--contract", type=Path, required=True, metavar="FILE")
    replay.add_argument("--repaired", type=Path, metavar="DIR", help="an exported folder whose rows were mended")
    _json(replay)


def _action(actions, name: str, about: str) -> ArgumentParser:
    action: ArgumentParser = actions.add_parser(name, help=about, description=about)
    action.add_argument("--output", type=Path, required=True, metavar="DIR", help="the --output of a `lab convert`")
    return action


def _json(action: ArgumentParser) -> None:
    action.add_argument("--json", type=Path, metavar="FILE", help="write the result there for machines")

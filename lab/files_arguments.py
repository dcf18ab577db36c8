"""What may be typed after `lab files`. Nothing is decided here."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from lab.places import add_options

ABOUT = """\
Files that were refused as a whole and are open: nobody has decided about them.

  list      which, since when, and why
  retry     read them again in the next run, after the contract was mended (and deployed)
  accept    leave them out for good; the reason is kept in the ledger
"""
EXAMPLES = """\
examples:
  lab files list --dataset airlines
  lab files retry --dataset airlines landing/airlines/bad.csv
  lab files accept --output OUT bad.csv --reason "a test file of the producer's"
A file that is there in a newer version under its name, or is taken away, is closed by itself.
"""


def add(command: ArgumentParser) -> None:
    """The actions and their options."""
    command.description, command.epilog = ABOUT, EXAMPLES
    command.formatter_class = RawDescriptionHelpFormatter
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, about in (
        ("list", "which files are open, since when, and why"),
        ("retry", "read them again in the next run"),
        ("accept", "leave them out for good"),
    ):
        action: ArgumentParser = actions.add_parser(name, help=about, description=about)
        add_options(action)
        action.add_argument("keys", nargs="*", metavar="KEY", help="as `list` shows them (default: all open files)")
        if name != "list":
            action.add_argument("--reason", default="", metavar="TEXT", help="why; accept asks for it")
        action.add_argument(
            "--json", type=Path, metavar="FILE", help="write the result there for machines; - is standard output"
        )

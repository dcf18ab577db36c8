"""Why a whole file was refused. A refusal is recorded in the ledger and the other files go on.

Messages name the place and the remedy and never show a value of the file.
"""

from __future__ import annotations

from strict_csv.errors import StrictCsvError


class FileRefused(StrictCsvError):
    """No row of the file is taken. `str()` is "Name: what, where, and the remedy"."""


class EmptyFile(FileRefused):
    """The object has no byte, or nothing but a byte order mark."""


class NoRows(FileRefused):
    """A header and nothing below it."""


class NotCsv(FileRefused):
    """A container, picture, columnar or other binary file under a CSV name."""


class EncodingMismatch(FileRefused):
    """Text, and not UTF-8."""


class DialectMismatch(FileRefused):
    """Another separator, quote or line end than RFC 4180's comma, double quote, LF or CRLF."""


class HeaderMismatch(FileRefused):
    """The first record does not name each column of one version of the contract once."""


class Truncated(FileRefused):
    """The file stops in the middle of a record (where the contract can tell) or of a stream."""


class TooLarge(FileRefused):
    """A record is longer than the contract's max_record_bytes, or a stream than its max_content_bytes."""


class ControlMismatch(FileRefused):
    """The producer's control file says other rows, bytes or another hash than were found."""


class ControlInvalid(FileRefused):
    """The producer's control file is no JSON of the agreed form, so that nothing can be checked."""


class DamagedStream(FileRefused):
    """A compressed stream whose checksum or structure is wrong, or behind which something else lies."""

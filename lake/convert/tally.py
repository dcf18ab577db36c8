"""What was counted and summed up while one file, or one range of it, was read."""

from __future__ import annotations

import numpy as np

from lake.deduplicate.duplicates import REASONS
from lake.ledger.entry import CONVERTED, REFUSED, FileEntry
from lake.stores.store import StoredObject
from strict_csv.checksums import ChecksumSums
from strict_csv.reader import Block
from strict_csv.refusals import FileRefused


class Tally:
    """Rows, bytes and checksums of the blocks it was given."""

    def __init__(self, *, bytes_header: int = 0) -> None:
        self.sums = ChecksumSums()
        self._curated = self._quarantined = self._duplicate = 0
        self._columns: tuple[str, ...] = ()
        self._header_bytes, self._good_bytes, self._rejected_bytes = bytes_header, 0, 0

    @property
    def size_bytes(self) -> int:
        return self._header_bytes + self._good_bytes + self._rejected_bytes

    @property
    def rows_curated(self) -> int:
        return self._curated

    def add(self, block: Block) -> np.ndarray:
        """Gives the hashes of the block's good rows."""
        row_hashes = self.sums.add(block.table)
        self._columns = block.columns
        self._curated += block.table.num_rows
        self._quarantined += len(block.rejected)
        self._header_bytes += block.bytes_header
        self._good_bytes += block.bytes_good
        self._rejected_bytes += block.bytes_rejected
        self._duplicate += sum(int((block.rejected.reasons == reason).sum()) for reason in REASONS)
        return row_hashes

    def entry(self, item: StoredObject, *, size_bytes: int, content_bytes: int) -> FileEntry:
        """Converted: `size_bytes` of the object `item`, which held `content_bytes`."""
        return FileEntry(
            key=item.key,
            version=item.version,
            control=item.control_version,
            bytes=size_bytes,
            content_bytes=content_bytes,
            status=CONVERTED,
            rows_read=self._curated + self._quarantined,
            rows_curated=self._curated,
            rows_quarantined=self._quarantined,
            rows_duplicate=self._duplicate,
            bytes_header=self._header_bytes,
            bytes_curated=self._good_bytes,
            bytes_quarantined=self._rejected_bytes,
            header=self._columns,
        )


def refused_entry(item: StoredObject, refusal: FileRefused, *, size_bytes: int) -> FileEntry:
    """Refused: no row of `item` counts."""
    return FileEntry(
        key=item.key,
        version=item.version,
        control=item.control_version,
        bytes=size_bytes,
        status=REFUSED,
        reason=str(refusal),
    )

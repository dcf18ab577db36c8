"""What of a Parquet file is beyond version 1, which is what Redshift's COPY promises to read.

In: a file's bytes. Out: one line that names it, "" for a v1 file. It decodes no value.
https://github.com/apache/parquet-format/blob/master/Encodings.md
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

_V1_ENCODINGS = {"PLAIN", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED"}
# Thrift's compact protocol: the page header's first field is its type, an i32 as zigzag varint.
_FIRST_FIELD_I32 = 0x15
_PAGE_TYPES = {0: "DATA_PAGE", 2: "INDEX_PAGE", 4: "DICTIONARY_PAGE", 6: "DATA_PAGE_V2"}


def beyond_v1(data: bytes) -> str:
    """Raises ArrowInvalid for what is no Parquet file."""
    metadata = pq.ParquetFile(pa.BufferReader(data)).metadata
    return next(_newer(metadata, data), "")


def _newer(metadata: pq.FileMetaData, data: bytes) -> Iterator[str]:
    if metadata.format_version != "1.0":
        yield f"its footer says format version {metadata.format_version}"
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(place)
            for encoding in sorted(set(chunk.encodings) - _V1_ENCODINGS):
                yield f"column {chunk.path_in_schema} has the encoding {encoding}"
            page = _page_type(data, chunk.data_page_offset)
            if chunk.num_values and page != "DATA_PAGE":
                yield f"column {chunk.path_in_schema} has a page of the type {page}"


def _page_type(data: bytes, at: int) -> str:
    """Of the first data page of a column chunk; a writer has one kind in a file."""
    if data[at] != _FIRST_FIELD_I32:
        return "unknown"
    return _PAGE_TYPES.get(data[at + 1], "unknown")

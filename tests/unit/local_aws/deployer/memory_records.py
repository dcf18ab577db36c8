"""Records as long as the object lives, in the text that the bucket would hold."""

from __future__ import annotations

from local_aws.deployer.records import StackRecord, from_text, to_text


class MemoryRecords:
    """As `Records` of the deployer."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def read(self, stack: str) -> StackRecord:
        return from_text(self._texts[stack]) if stack in self._texts else StackRecord(name=stack)

    def write(self, record: StackRecord) -> None:
        self._texts[record.name] = to_text(record)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(name for name in self._texts if self.read(name).is_there))

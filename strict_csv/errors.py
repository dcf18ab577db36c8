"""The library's named failures; each says what happened, where, and the remedy."""


class StrictCsvError(Exception):
    """A failure with a name; `str()` is "Name: what happened, where, and the remedy"."""

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def message(self) -> str:
        """What happened, where, and the remedy, without the name."""
        return super().__str__()

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class ContractInvalid(StrictCsvError):
    """A dataset's contract breaks a rule; lists every broken rule."""


class ReaderDisagreed(StrictCsvError):
    """Two judges of the reader read one record differently: a defect of the reader."""

"""A body that breaks is read on from where it broke: no byte is lost or doubled, and no endless trying."""

from __future__ import annotations

import pytest
from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from lake.stores.s3_body import ATTEMPTS, ResumedBody
from pipeline.errors import InputChanged

DATA = bytes(range(100))


class Breaking:
    """Gives bytes from `at` on and breaks after `lasts` of them; a `lasts` of 100 never does."""

    def __init__(self, at: int, lasts: int, error: Exception) -> None:
        self._at, self._left, self._error = at, lasts, error
        self.closed = False

    def read(self, size: int, /) -> bytes:
        if not self._left:
            raise self._error
        data = DATA[self._at : self._at + min(size, self._left)]
        self._at, self._left = self._at + len(data), self._left - len(data)
        return data

    def close(self) -> None:
        self.closed = True


class Server:
    """Each GET is answered by a body that lasts as long as said; the last one said lasts for all others."""

    def __init__(self, *lasts: int, error: Exception | None = None) -> None:
        self._lasts, self.asked, self.bodies = list(lasts), [], []
        self._error = error or ResponseStreamingError(error="reset by peer")

    def __call__(self, at: int) -> Breaking:
        lasts = self._lasts.pop(0) if len(self._lasts) > 1 else self._lasts[0]
        self.asked.append(at)
        self.bodies.append(Breaking(at, lasts, self._error))
        return self.bodies[-1]


def read(body: ResumedBody, size: int) -> bytes:
    return b"".join(iter(lambda: body.read(size), b""))


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "error",
    [
        ResponseStreamingError(error="reset by peer"),
        ReadTimeoutError(endpoint_url="s3"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
    ids=["reset", "timeout", "incomplete"],
)
def test_broken_body_is_read_on_from_where_it_broke(size: int, error: Exception) -> None:
    server = Server(13, 29, 100, error=error)
    assert read(ResumedBody(server, start=10, end=90), size) == DATA[10:90]
    assert server.asked == [10, 23, 52]
    assert [body.closed for body in server.bodies] == [True, True, False]


def test_body_that_ends_early_without_an_error_is_read_on_too() -> None:
    class Short(Breaking):
        def read(self, size: int, /) -> bytes:
            return super().read(size) if self._left else b""

    bodies = [Short(0, 40, OSError()), Short(40, 100, OSError())]
    assert read(ResumedBody(lambda at: bodies.pop(0), start=0, end=100), 1000) == DATA


def test_many_breaks_are_borne_as_long_as_each_answer_brings_a_byte() -> None:
    assert read(ResumedBody(Server(1), start=0, end=50), 10) == DATA[:50]


def test_answers_without_a_byte_come_to_an_end() -> None:
    server = Server(20, 0)
    body = ResumedBody(server, start=0, end=50)
    assert body.read(20) == DATA[:20]
    with pytest.raises(ResponseStreamingError, match="reset by peer"):
        body.read(20)
    assert server.asked == [0] + [20] * (ATTEMPTS - 1)


def test_version_that_is_gone_meanwhile_fails_by_name() -> None:
    first = Breaking(0, 10, ResponseStreamingError(error="reset by peer"))

    def get(at: int) -> Breaking:
        if at:
            raise InputChanged("in/a.csv: the pinned version is gone; run again")
        return first

    body = ResumedBody(get, start=0, end=50)
    assert body.read(10) == DATA[:10]
    with pytest.raises(InputChanged):
        body.read(10)

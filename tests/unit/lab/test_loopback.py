"""With a proxy in the environment, loopback is reached directly by urllib and botocore, and nothing else changes."""

from __future__ import annotations

import urllib.request

import pytest
from botocore.utils import should_bypass_proxies

from lab.loopback import without_proxy


def test_without_a_proxy_nothing_is_set() -> None:
    assert without_proxy({"PATH": "/bin", "NO_PROXY": "intern"}) == {}


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "all_proxy"])
def test_loopback_is_excepted_in_both_spellings(name: str) -> None:
    added = without_proxy({name: "http://proxy.example:3128"})
    assert added == {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


def test_exceptions_of_the_user_stay() -> None:
    added = without_proxy({"HTTP_PROXY": "http://p", "no_proxy": "a.example, localhost", "NO_PROXY": "b.example"})
    assert added["NO_PROXY"] == added["no_proxy"] == "a.example,localhost,b.example,127.0.0.1"


def test_urllib_and_botocore_go_around_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert not should_bypass_proxies("http://127.0.0.1:1234/"), "as it is without us"
    for name, value in without_proxy({"HTTP_PROXY": "http://127.0.0.1:9"}).items():
        monkeypatch.setenv(name, value)
    assert should_bypass_proxies("http://127.0.0.1:1234/")
    assert urllib.request.proxy_bypass("127.0.0.1:1234")
    assert not should_bypass_proxies("http://s3.us-east-1.amazonaws.com/")

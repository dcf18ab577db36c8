"""The S3 store against moto in process: pinned reads, conditional creation, versions, deletion."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from lake.stores import s3_store
from lake.stores.s3_store import S3Store
from lake.stores.store import StoredObject
from pipeline.errors import InputChanged

BUCKET = "lake"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3_store._client.cache_clear()
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield S3Store(bucket=BUCKET, region="us-east-1")
    s3_store._client.cache_clear()


def put(key: str, data: bytes) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=data)


def text(store: S3Store, item: StoredObject) -> bytes:
    with store.open(item) as stream:
        return stream.read(100)


def test_pinned_version_is_read_after_an_overwrite(store: S3Store) -> None:
    put("in/a.csv", b"old")
    (pinned,) = store.objects("in/")
    put("in/a.csv", b"newer")
    (latest,) = store.objects("in/")
    assert (text(store, pinned), text(store, latest)) == (b"old", b"newer")
    assert pinned.version != latest.version
    assert (pinned.size_bytes, latest.size_bytes) == (3, 5)


@pytest.mark.parametrize(("start", "end"), [(0, 10), (0, 3), (4, 7), (7, 10), (5, 5), (10, None), (8, None)])
def test_range_of_the_pinned_version(store: S3Store, start: int, end: int | None) -> None:
    put("in/a.csv", b"0123456789")
    (pinned,) = store.objects("in/")
    put("in/a.csv", b"newer and longer")
    with store.open(pinned, start=start, end=end) as stream:
        assert b"".join(iter(lambda: stream.read(2), b"")) == b"0123456789"[start:end]


def test_range_of_an_unversioned_object_is_pinned_too(store: S3Store) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="plain")
    client.put_object(Bucket="plain", Key="a.csv", Body=b"0123456789")
    plain = S3Store(bucket="plain", region="us-east-1")
    (pinned,) = plain.objects("")
    with plain.open(pinned, start=3, end=5) as stream:
        assert stream.read(100) == b"34"
    client.put_object(Bucket="plain", Key="a.csv", Body=b"9876543210")
    with pytest.raises(InputChanged, match=r"a\.csv"), plain.open(pinned, start=3, end=5):
        pass
    assert store.objects("") == []


def test_version_that_is_gone_fails_by_name(store: S3Store) -> None:
    put("in/a.csv", b"old")
    (pinned,) = store.objects("in/")
    boto3.client("s3").delete_object(Bucket=BUCKET, Key="in/a.csv", VersionId=pinned.version)
    with pytest.raises(InputChanged, match=r"in/a\.csv"):
        text(store, pinned)


def test_unversioned_bucket_is_pinned_by_etag(store: S3Store) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="plain")
    client.put_object(Bucket="plain", Key="a.csv", Body=b"old")
    plain = S3Store(bucket="plain", region="us-east-1")
    (pinned,) = plain.objects("")
    assert text(plain, pinned) == b"old"
    client.put_object(Bucket="plain", Key="a.csv", Body=b"new")
    with pytest.raises(InputChanged):
        text(plain, pinned)
    assert store.objects("") == []


def test_key_is_created_once(store: S3Store) -> None:
    assert store.put_new("ledger/1", b"first")
    assert not store.put_new("ledger/1", b"second")
    assert store.read("ledger/1") == b"first"


def test_deleted_objects_and_folder_marks_are_not_landed(store: S3Store) -> None:
    put("in/", b"")
    put("in/a.csv", b"x")
    put("in/sp ace%41ü.csv", b"x")
    store.delete(["in/a.csv", "in/never.csv"])
    assert [item.key for item in store.objects("in/")] == ["in/sp ace%41ü.csv"]


def test_writer_is_visible_only_once_committed(store: S3Store) -> None:
    kept, dropped = store.writer("out/kept"), store.writer("out/dropped")
    kept.file.write(b"12345")
    dropped.file.write(b"1")
    assert store.keys("out/") == []
    assert kept.commit() == 5
    dropped.abandon()
    assert store.keys("out/") == ["out/kept"]


def test_store_can_be_sent_to_spark_tasks(store: S3Store) -> None:
    assert pickle.loads(pickle.dumps(store)) == store


def test_keys_behind_another_are_listed_alone_and_in_order(store: S3Store) -> None:
    for name in ("00000002", "00000001", "00000010", "00000003"):
        store.put_new(f"ledger/{name}", b"x")
    assert store.keys("ledger/", after="ledger/00000002") == ["ledger/00000003", "ledger/00000010"]
    assert store.keys("ledger/", after="ledger/00000010") == []
    assert len(store.keys("ledger/")) == 4


def test_put_writes_over_what_is_there_and_what_is_missing_is_named(store: S3Store) -> None:
    store.put("latest", b"first")
    store.put("latest", b"second")
    assert store.read("latest") == b"second"
    with pytest.raises(InputChanged, match="missing was taken away"):
        store.read("missing")

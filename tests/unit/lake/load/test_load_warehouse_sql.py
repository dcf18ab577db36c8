"""SQL is spelled from validated parts; whatever could break out of its place is refused."""

import pytest

from lake.load import sql_text
from pipeline.errors import LoadFailed


def test_names_fold_and_are_quoted() -> None:
    assert sql_text.table("nf1_glue", "Trips") == '"nf1_glue"."trips"'
    assert sql_text.names(("a", "VendorID")) == '"a", "vendorid"'


@pytest.mark.parametrize("name", ["", "1a", 'a"; DROP TABLE b', "a.b", "a b", "é", "a" * 128])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(LoadFailed, match="no name for SQL"):
        sql_text.name(name)


def test_text_doubles_its_quotes() -> None:
    assert sql_text.literal("O'Hare", "string") == "CAST('O''Hare' AS varchar(65535))"


@pytest.mark.parametrize("value", ["a\\", "a\nb", "a\x00", "x" * 1025])
def test_text_without_a_safe_literal_is_refused(value: str) -> None:
    with pytest.raises(LoadFailed):
        sql_text.text(value)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("string", "varchar(65535)"), ("decimal(8,2)", "decimal(8,2)"), ("double", "double precision")],
)
def test_types_map(kind: str, expected: str) -> None:
    assert sql_text.redshift_type(kind) == expected


@pytest.mark.parametrize("kind", ["int", "decimal(8)", "varchar(1); DROP"])
def test_an_unknown_type_is_refused(kind: str) -> None:
    with pytest.raises(LoadFailed, match="no Redshift type"):
        sql_text.redshift_type(kind)


@pytest.mark.parametrize("arn", ["", "arn:aws:iam::1:role/x", "arn:aws:iam::123456789012:role/x' CSV"])
def test_a_role_that_is_none_is_refused(arn: str) -> None:
    with pytest.raises(LoadFailed, match="no IAM role ARN"):
        sql_text.role(arn)


def test_a_url_is_a_literal_and_odd_keys_are_refused() -> None:
    assert sql_text.s3_url("b", "loads/a/1.manifest") == "'s3://b/loads/a/1.manifest'"
    with pytest.raises(LoadFailed, match="can't stand in a COPY"):
        sql_text.s3_url("b", "loads/a'b")

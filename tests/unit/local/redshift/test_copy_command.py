import pytest

from cwp_local.redshift.copy.command import CopyCommand, copy_command
from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import parse
from cwp_local.redshift.sql.catalog import TableName

ROLE = "arn:aws:iam::000000000000:role/copy"
GOOD = f"COPY t FROM 's3://b/m.json' IAM_ROLE '{ROLE}' FORMAT AS PARQUET MANIFEST"


def _read(text: str) -> CopyCommand:
    return copy_command(parse.statement(text))


def test_all_of_a_copy() -> None:
    command = _read(
        'copy "Acme-West"."Stg" ("A", b) from \'s3://lake/x/y/m.json\' '
        f"iam_role '{ROLE}' manifest format as parquet serializetojson fillrecord statupdate off"
    )
    assert command.table == TableName("acme-west", "stg")
    assert command.columns == ("a", "b")
    assert (command.bucket, command.key, command.role) == ("lake", "x/y/m.json", ROLE)
    assert command.serialize
    assert command.fill


def test_the_least() -> None:
    command = _read(GOOD)
    assert command.table == TableName(None, "t")
    assert command.columns == ()
    assert not command.serialize
    assert not command.fill


def test_the_default_role() -> None:
    assert _read("COPY t FROM 's3://b/k' IAM_ROLE default PARQUET MANIFEST").role == "default"


@pytest.mark.parametrize(
    "option",
    [
        "MAXERROR 3",
        "REGION 'us-east-1'",
        "TRUNCATECOLUMNS",
        "COMPUPDATE OFF",
        "ACCEPTANYDATE",
        "GZIP",
    ],
)
def test_options_that_parquet_does_not_take(option: str) -> None:
    name = option.partition(" ")[0]
    with pytest.raises(SqlError) as refused:
        _read(f"{GOOD} {option}")
    assert str(refused.value) == f"{name} argument is not supported for PARQUET based COPY"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("COPY t FROM 's3://b/k' FORMAT AS PARQUET MANIFEST", "COPY needs credentials: IAM_ROLE"),
        (f"COPY t FROM 's3://b/k' IAM_ROLE '{ROLE}' PARQUET", "by MANIFEST only"),
        (f"COPY t FROM 's3://b/k' IAM_ROLE '{ROLE}' MANIFEST", "FORMAT AS PARQUET only"),
        (f"COPY t FROM 's3://b/k' IAM_ROLE '{ROLE}' FORMAT CSV MANIFEST", "not CSV"),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'admin' PARQUET MANIFEST", "Invalid IAM_ROLE 'admin'"),
        (f"COPY t FROM 'file.parquet' IAM_ROLE '{ROLE}' PARQUET MANIFEST", "from S3 only"),
        (f"{GOOD} MANIFEST", "MANIFEST is specified more than once"),
        (f"{GOOD} EXPLICIT_IDS", "it has no IDENTITY"),
        ("COPY t (a, A) FROM 's3://b/k'", 'column "a" specified more than once'),
        ("COPY t (a FROM 's3://b/k'", "expected )"),
        ("COPY t TO 's3://b/k'", "expected FROM"),
        ("COPY 't' FROM 's3://b/k'", "expected a name"),
        ("COPY t FROM", "syntax error at end of COPY"),
        ("COPY t FROM x", "expected the source"),
    ],
)
def test_refusals(text: str, words: str) -> None:
    with pytest.raises(SqlError) as refused:
        _read(text)
    assert words in str(refused.value)


def test_a_secret_in_a_copy_is_not_repeated() -> None:
    with pytest.raises(SqlError, match="IAM_ROLE only") as refused:
        _read(
            "COPY t FROM 's3://b/k' ACCESS_KEY_ID 'AKIA' SECRET_ACCESS_KEY 'hush' PARQUET MANIFEST"
        )
    assert "hush" not in str(refused.value)
    assert "AKIA" not in str(refused.value)

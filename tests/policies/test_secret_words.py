"""How a secret gives itself away: names, values and references."""

import pytest

from modelport_policies.secret_words import could_be_secret, looks_like_secret, named_like_secret


@pytest.mark.parametrize(
    "name",
    [
        "API_KEY", "apiKey", "api-key", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "dbPasswd",
        "PGPASSWORD", "MYSQL_PWD", "SMTP_PASS", "HF_TOKEN", "OPENAI_API_KEY", "STORAGE_ACCOUNT_KEY",
        "SECRET", "CLIENT_SECRETS", "connectionString", "PRIVATE_KEY", "signing.key", "PASSPHRASE",
        "ConnectionStrings__Password", "GOOGLE_APPLICATION_CREDENTIALS",
    ],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert named_like_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "A", "MAX_TOKENS", "TOKENIZER", "TOKENIZERS_PARALLELISM", "TOKEN_URL", "SECRET_ARN",
        "PASSWORD_FILE", "PASSWORD_MIN_LENGTH", "SECRET_NAME", "KEY", "PRIMARY_KEY", "PWD",
        "COMPASS", "BYPASS", "KEYBOARD", "AWS_REGION", "TOKEN_TTL", "SECRETARY", "MODEL_KEYS",
        "API_KEY_ID", "VAULT_SECRET_PATH", "CREDENTIALS_FILE",
    ],
)  # fmt: skip
def test_names_of_other_things(name: str) -> None:
    assert not named_like_secret(name)


# Put together here, so that no scanner takes these examples for real keys.
@pytest.mark.parametrize(
    "value",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE", "AKIA" + "IOSFODNN7EXAMPLE",
        "x AIza" + "B" * 35, "ghp_" + "a" * 36, "github_pat_" + "a" * 30, "glpat-" + "a" * 20,
        "hf_" + "a" * 34, "sk-" + "proj-" + "a" * 30, "mp_" + "a" * 43, "xoxb-" + "1" * 12,
        "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3In0." + "abc",
        "postgres://user:pa55@db/x", "redis://:pa55@cache:6379", "Server=x;Password=pa55;",
        "DefaultEndpointsProtocol=https;AccountKey=abcdefgh12==",
    ],
)  # fmt: skip
def test_values_of_secrets(value: str) -> None:
    assert looks_like_secret(value)


@pytest.mark.parametrize(
    "value",
    [
        "", "eu-west-1", "https://example.com/a:b@c", "postgres://user@db/x", "http://127.0.0.1:3000",
        "postgres://user:$(PASSWORD)@db/x", "postgres://user:${PASSWORD}@db", "sk-learn", "1:2@3",
        "Password=$(PASSWORD)", "hf_model", "mp_3", "risk-assessment-of-all-the-branches",
        "sha256:" + "a" * 64,
    ],
)  # fmt: skip
def test_values_of_other_things(value: str) -> None:
    assert not looks_like_secret(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("hunter2", True),
        ("0123", True),
        ("true", False),
        (" No ", False),
        ("", False),
        ("managedidentity", False),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:k", False),
        ("arn:aws-cn:ssm:cn-north-1:1:parameter/k", False),
        ("projects/p/secrets/s/versions/1", False),
        ("@Microsoft.KeyVault(SecretUri=https://v)", False),
        ("$(PASSWORD)", False),
        ("${PASSWORD}", False),
        ("hunter2 arn:aws:secretsmanager:eu-west-1:1:secret:k", True),
    ],
)
def test_references_and_switches_are_no_secrets(value: str, expected: bool) -> None:
    assert could_be_secret(value) is expected

"""Likely secrets are found however a record holds them, what only looks like one is not, and none is shown whole.

Every secret here is made up by the test: none stands in this file."""

from __future__ import annotations

import base64
import json
import random
import string
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.opening import Choices, open_word
from unbrick.secrets import hidden, in_record, masked, spans

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
_seeds = count()


def chars(number: int, of: str = ALNUM) -> str:
    return "".join(random.Random(next(_seeds)).choices(of, k=number))


def jwt() -> str:
    parts = (json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps({"sub": chars(12)}), chars(32))
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


SECRETS = [
    pytest.param("Anthropic key", "sk-ant-" + "api03-" + chars(90) + "AA", id="Anthropic"),
    pytest.param("OpenAI key", "sk-" + "proj-" + chars(60), id="OpenAI"),
    pytest.param("Stripe key", "sk_" + "live_" + chars(24), id="Stripe"),
    pytest.param("GitHub token", "ghp" + "_" + chars(36), id="GitHub"),
    pytest.param("GitHub token", "github" + "_pat_" + chars(22) + "_" + chars(59), id="GitHub, fine-grained"),
    pytest.param("GitLab token", "glpat" + "-" + chars(20), id="GitLab"),
    pytest.param("AWS key id", "AKIA" + chars(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), id="AWS"),
    pytest.param("Google key", "AIza" + chars(35), id="Google"),
    pytest.param("Slack token", "xox" + "b-" + chars(12, string.digits) + "-" + chars(24), id="Slack"),
    pytest.param("npm token", "npm" + "_" + chars(36), id="npm"),
    pytest.param("PyPI token", "pypi-" + "AgEIcHlwaS5vcmc" + chars(80), id="PyPI"),
    pytest.param("Hugging Face token", "hf" + "_" + chars(34), id="Hugging Face"),
    pytest.param("SendGrid key", "SG" + "." + chars(22) + "." + chars(43), id="SendGrid"),
    pytest.param("JSON web token", jwt(), id="JSON web token"),
    pytest.param("API key", "sk" + "-" + chars(48), id="OpenAI's first form, and others'"),
    pytest.param("OpenRouter key", "sk-" + "or-v1-" + chars(64, HEX), id="OpenRouter"),
    pytest.param("GitLab token", "glrt" + "-" + chars(20), id="GitLab, of a runner"),
    pytest.param("Grafana token", "glsa" + "_" + chars(32) + "_" + chars(8, HEX), id="Grafana"),
    pytest.param("Google client secret", "GOCSPX" + "-" + chars(28), id="Google, of a client"),
    pytest.param("Slack token", "xapp" + "-1-A" + chars(10, UPPER) + "-" + chars(13, string.digits) + "-"
                 + chars(64, HEX), id="Slack, of an application"),
    pytest.param("Perplexity key", "pplx" + "-" + chars(48), id="Perplexity"),
    pytest.param("xAI key", "xai" + "-" + chars(80), id="xAI"),
    pytest.param("DigitalOcean token", "dop" + "_v1_" + chars(64, HEX), id="DigitalOcean"),
    pytest.param("Databricks token", "dapi" + chars(32, HEX), id="Databricks"),
    pytest.param("Linear key", "lin" + "_api_" + chars(40), id="Linear"),
    pytest.param("Notion token", "secret" + "_" + chars(43), id="Notion"),
    pytest.param("Figma token", "figd" + "_" + chars(40), id="Figma"),
    pytest.param("Fly token", "fo1" + "_" + chars(43), id="Fly"),
    pytest.param("Airtable token", "pat" + chars(14) + "." + chars(64, HEX), id="Airtable"),
    pytest.param("Shopify token", "shpat" + "_" + chars(32, HEX), id="Shopify"),
    pytest.param("Square token", "sq0atp" + "-" + chars(22), id="Square"),
    pytest.param("Supabase token", "sbp" + "_" + chars(40, HEX), id="Supabase"),
    pytest.param("PlanetScale token", "pscale" + "_tkn_" + chars(43), id="PlanetScale"),
    pytest.param("Doppler token", "dp.pt" + "." + chars(43), id="Doppler"),
    pytest.param("Postman key", "PMAK" + "-" + chars(24, HEX) + "-" + chars(34, HEX), id="Postman"),
    pytest.param("New Relic key", "NRAK" + "-" + chars(27, UPPER), id="New Relic"),
    pytest.param("Stripe secret", "whsec" + "_" + chars(32), id="Stripe, of an endpoint"),
    pytest.param("Twilio key", "SK" + chars(32, HEX), id="Twilio"),
    pytest.param("Mailgun key", "key" + "-" + chars(32, HEX), id="Mailgun"),
    pytest.param("age key", "AGE-SECRET-" + "KEY-1" + chars(58, UPPER), id="age"),
    pytest.param("Telegram token", chars(10, "123456789") + ":AA" + chars(33), id="Telegram"),
]

AROUND = [
    pytest.param("{}", id="by itself"),
    pytest.param("set it to {}, then go", id="in a sentence"),
    pytest.param("X={}\nY=1", id="in an environment"),
    pytest.param('{{"k": "{}"}}', id="in JSON"),
]


def line(text: str) -> bytes:
    return json.dumps({"type": "user", "message": {"role": "user", "content": text}}).encode()


@pytest.mark.parametrize(("kind", "secret"), SECRETS)
@pytest.mark.parametrize("around", AROUND)
def test_a_known_kind_is_found(kind: str, secret: str, around: str) -> None:
    assert [*in_record(line(around.format(secret)))] == [(kind, secret)]


PASSWORD = "h7" + chars(10)

NAMED = [
    pytest.param("password", f"mysql -u root --password={PASSWORD}", id="option"),
    pytest.param("password", f"postgres://app:{PASSWORD}@db.internal:5432/app", id="address"),
    pytest.param("password", f"DB_PASSWORD='{PASSWORD}'", id="quoted"),
    pytest.param("secret", f"AWS_SECRET_ACCESS_KEY={PASSWORD}", id="environment"),
    pytest.param("secret", f"SECRET_KEY_BASE={PASSWORD}", id="key base"),
    pytest.param("key", f"api_key: {PASSWORD}", id="YAML"),
    pytest.param("token", f'{{"auth_token": "{PASSWORD}"}}', id="member"),
    pytest.param("bearer token", f"Authorization: Bearer {PASSWORD}{PASSWORD}", id="header"),
]


@pytest.mark.parametrize(("kind", "text"), NAMED)
def test_what_a_name_gives_away_is_found(kind: str, text: str) -> None:
    (found,) = in_record(line(text))
    assert found.kind == kind and found.value in (PASSWORD, PASSWORD * 2)


@pytest.mark.parametrize(("kind", "text"), [
    ("Slack address", "https://hooks.slack.com/services/T0{0}/B0{0}/{1}".format(chars(8, UPPER), chars(24))),
    ("Discord address", f"https://discord.com/api/webhooks/{chars(18, string.digits)}/{chars(68)}"),
    ("Azure signature", f"https://x.blob.core.windows.net/c?sv=2022&sig={chars(43)}%3D&se=1"),
])
def test_the_secret_part_of_an_address_is_found(kind: str, text: str) -> None:
    (found,) = in_record(line(text))
    assert found.kind == kind and found.value in text


def test_a_user_and_password_in_a_header_are_found() -> None:
    pair = base64.b64encode(f"app:{PASSWORD}".encode()).decode()
    assert [*in_record(line(f"Authorization: Basic {pair}"))] == [("password", pair)]


def test_a_member_of_a_tool_call_is_found_by_its_name() -> None:
    raw = json.dumps({"input": {"password": PASSWORD, "count_tokens": 5, "title": PASSWORD}}).encode()
    assert [*in_record(raw)] == [("password", PASSWORD)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_private_key_is_one_secret(end: str) -> None:
    body = end.join(chars(64) for _ in range(12))
    kind = "RSA " + "PRIVATE" + " KEY"
    (found,) = in_record(line(f"-----BEGIN {kind}-----{end}{body}{end}-----END {kind}-----"))
    assert found.kind == "private key" and body in found.value


HARMLESS = [
    pytest.param("password = getpass.getpass()", id="call"),
    pytest.param("token=os.environ['TOKEN']", id="environment read"),
    pytest.param("api_key=settings.api_key", id="member"),
    pytest.param("PASSWORD=${DB_PASSWORD}", id="variable"),
    pytest.param("https://user:password@host/", id="example of an address"),
    pytest.param("postgres://user:$PASS@host/", id="variable in an address"),
    pytest.param("AKIA" + "IOSFODNN7" + "EXAMPLE", id="example key"),
    pytest.param("sk-ant-" + "x" * 40, id="placeholder"),
    pytest.param('"input_tokens": 12345678, "output_tokens": 1', id="counted tokens"),
    pytest.param("Bearer authentication-is-required-here", id="words"),
    pytest.param("iVBOR" + chars(40, ALNUM + "+/") + "AIza" + chars(60), id="inside base64"),
    pytest.param("the secret: never_commit_this_file", id="sentence"),
    pytest.param("https://example.com:8080@evil", id="port"),
    pytest.param(hidden("ghp" + "_" + chars(36)), id="redacted before"),
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_is_not_marked(text: str) -> None:
    assert [*in_record(line(text))] == []


@pytest.mark.parametrize(("kind", "secret"), SECRETS)
def test_what_is_shown_of_one_is_its_beginning_and_its_length(kind: str, secret: str) -> None:
    shown = masked(secret)
    assert secret[:4] in shown and secret[5:] not in shown and f"{len(secret):,}" in shown
    assert hidden(f"a {secret} b") == f"a [redacted {kind}] b"


@given(st.text(max_size=200) | st.text("sk-ant_pio=:/@eyJ. \"'\\Aab1", max_size=200))
def test_any_text_is_read_and_what_stays_is_in_order(text: str) -> None:
    found = [*spans(text)]
    assert all(0 <= start < end <= len(text) for _kind, start, end in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(secret.value for secret in in_record(text.encode("utf-8", "surrogatepass")))


@pytest.mark.parametrize("unit", [
    "sk-ant-", "eyJaaaaaaaaaaaa.", "password=", "://a:", "Bearer ", "-----BEGIN PRIVATE KEY-----\\n", "A", "token=\\\\",
])
def test_long_runs_are_read_to_their_end(unit: str) -> None:
    secret = "ghp" + "_" + chars(36)
    assert secret not in hidden(unit * (100_000 // len(unit)) + f" {secret}")


def sessions() -> list[Path]:
    return sorted(ROOT.glob("sample_sessions/*/*/"))[::6]


def test_the_samples_hold_none() -> None:
    for folder in sessions():
        main = next(iter([*folder.glob("body.json"), folder]))
        with open_word(str(main), Choices(surroundings=False), folder) as opened:
            assert [one for raw in opened.bundle.main.lines() for one in in_record(raw)] == []


@pytest.mark.skipif(not CORPUS.exists(), reason="no corpus of real sessions beside the checkout")
def test_real_sessions_without_secrets_give_no_false_alarm() -> None:
    lines = (raw for path in CORPUS.rglob("*.jsonl") for raw in path.read_bytes().splitlines())
    assert [one.kind for raw in lines for one in in_record(raw)] == []

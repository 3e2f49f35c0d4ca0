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
from unbrick.secrecy.secrets import hidden, in_record, masked, spans

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
ROOT = Path(__file__).parents[3]
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
    pytest.param("Vault token", "hvs" + "." + chars(95), id="Vault"),
    pytest.param("Vault token", "s" + "." + "aX7" + chars(18) + "b4Q", id="Vault, of old"),
    pytest.param("Discord token", base64.b64encode(chars(18, "123456789").encode()).decode() + "." + chars(6) + "."
                 + chars(38), id="Discord, of a bot"),
    pytest.param("Notion token", "ntn" + "_" + chars(11, string.digits) + chars(35), id="Notion, today's"),
    pytest.param("Azure secret", "aB3" + "8Q~" + chars(34), id="Azure, of a client"),
    pytest.param("Azure key", chars(52) + "JQQJ99" + chars(26), id="Azure, with a signature"),
    pytest.param("Google token", "1//" + "0g" + chars(60), id="Google, to refresh another"),
    pytest.param("Docker token", "dckr" + "_pat_" + chars(27), id="Docker"),
    pytest.param("Atlassian token", "ATATT3" + chars(186), id="Atlassian"),
    pytest.param("Sentry token", "sntryu" + "_" + chars(64, HEX), id="Sentry"),
    pytest.param("Netlify token", "nfp" + "_" + chars(36), id="Netlify"),
    pytest.param("NVIDIA key", "nvapi" + "-" + chars(64), id="NVIDIA"),
    pytest.param("LangSmith key", "lsv2" + "_pt_" + chars(32, HEX) + "_" + chars(10, HEX), id="LangSmith"),
    pytest.param("Replicate token", "r8" + "_" + chars(37), id="Replicate"),
    pytest.param("RubyGems key", "rubygems" + "_" + chars(48, HEX), id="RubyGems"),
    pytest.param("Terraform token", chars(14) + ".atlasv1" + "." + chars(67), id="Terraform"),
    pytest.param("Tailscale key", "tskey" + "-auth-" + chars(17) + "-" + chars(32), id="Tailscale"),
    pytest.param("Mailchimp key", chars(32, HEX) + "-us" + "14", id="Mailchimp"),
    pytest.param("AWS key", "ABSK" + chars(128), id="AWS, of Bedrock"),
    pytest.param("Facebook token", "EAAC" + chars(150), id="Facebook"),
    pytest.param("Octopus key", "API" + "-" + chars(26, UPPER), id="Octopus"),
    pytest.param("EasyPost key", "EZAK" + chars(54), id="EasyPost"),
    pytest.param("Frame.io token", "fio-u" + "-" + chars(64), id="Frame.io"),
    pytest.param("private key", base64.b64encode(
        f"-----BEGIN {'PRIVATE'} KEY-----\n{chars(64)}\n{chars(64)}\n".encode()).decode(), id="kubeconfig"),
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


LOGIN = base64.b64encode(f"app:{PASSWORD}".encode()).decode()
COOKIE = "s%3A" + chars(32)
STORAGE = chars(86) + "=="

TOLD = [
    pytest.param("password", f"curl -u app:{PASSWORD} https://x/", PASSWORD, id="curl -u"),
    pytest.param("password", f"curl -sSku 'app:{PASSWORD}' https://x/", PASSWORD, id="curl, several options, quoted"),
    pytest.param("password", f"curl -X POST \\\n  --user=app:{PASSWORD}", PASSWORD, id="curl --user, on its own line"),
    pytest.param("password", f'["curl", "-u", "app:{PASSWORD}"]x', PASSWORD, id="curl in a list of words"),
    pytest.param("password", f"machine api.x.org login me password {PASSWORD}", PASSWORD, id=".netrc"),
    pytest.param("password", f"     1→machine x.org\n     2→  login me\n     3→  password {PASSWORD}\n", PASSWORD,
                 id=".netrc with numbers of lines"),
    pytest.param("password", f'{{"auths": {{"x": {{"auth": "{LOGIN}"}}}}}}', LOGIN, id="Docker's auth"),
    pytest.param("password", f'     3→\t\t"auth": "{LOGIN}"', LOGIN, id="Docker's auth in a printed file"),
    pytest.param("password", f"//registry.npmjs.org/:_auth={LOGIN}", LOGIN, id=".npmrc"),
    pytest.param("cookie", f"Cookie: theme=dark; sid={COOKIE}; lang=en", COOKIE, id="Cookie"),
    pytest.param("cookie", f"Set-Cookie: sid={COOKIE}; Path=/; HttpOnly", COOKIE, id="Set-Cookie"),
    pytest.param("cookie", f'{{"headers": {{"set-cookie": ["sid={COOKIE}; Path=/"]}}}}', COOKIE, id="as a member"),
    pytest.param("cookie", f"curl 'https://x/' \\\n  -b 'theme=dark; sid={COOKIE}' \\", COOKIE, id="curl as copied"),
    pytest.param("password", f"sshpass -p '{PASSWORD}' ssh host", PASSWORD, id="sshpass"),
    pytest.param("password", f"export DB_PASS={PASSWORD}", PASSWORD, id="PASS"),
    pytest.param("password", f"Server=x;Uid=a;Pwd={PASSWORD};", PASSWORD, id="connection string"),
    pytest.param("key", f"AccountName=x;AccountKey={STORAGE};End", STORAGE, id="Azure storage"),
    pytest.param("token", f"Authorization: Token {PASSWORD}{PASSWORD}", PASSWORD * 2, id="token in a header"),
    pytest.param("token", f"AWS_SESSION_TOKEN={PASSWORD * 80}", PASSWORD * 80, id="longer than a line"),
]


WORD = "grapefruit"
SHORT = "h7Gk2"
DIGITS = chars(32, HEX)
UUID = "-".join(chars(number, HEX) for number in (8, 4, 4, 4, 12))
ROW = f"#HttpOnly_.x.org\tTRUE\t/app/\tFALSE\t1799999999\tsid\t{chars(20)}"

TOLD += [
    pytest.param("password", f"mysql -u root -p{WORD} shop", WORD, id="mysql"),
    pytest.param("password", f"mysqldump -h db -uroot -p'{SHORT}' shop > x.sql", SHORT, id="mysqldump, short, quoted"),
    pytest.param("password", f"mariadb --user=root -p{SHORT}", SHORT, id="mariadb"),
    pytest.param("password", f'["mysql", "-uroot", "-p{SHORT}"]x', SHORT, id="mysql in a list of words"),
    pytest.param("password", f"docker login -u me -p {WORD} registry.x.org", WORD, id="docker login"),
    pytest.param("password", f"redis-cli -h x -a {WORD} ping", WORD, id="redis-cli"),
    pytest.param("password", f"sshpass -p {WORD} ssh host", WORD, id="sshpass, letters alone"),
    pytest.param("password", f"psql postgresql://app:{WORD}@db.internal/app", WORD, id="psql, letters alone"),
    pytest.param("password", f"PGPASSWORD={WORD} psql -h db", WORD, id="psql's variable, letters alone"),
    pytest.param("password", f"export DB_PASS='{SHORT}'", SHORT, id="variable, short, quoted"),
    pytest.param("password", f"tool --db-password={WORD} run", WORD, id="option, letters alone"),
    pytest.param("password", f"tool --password {PASSWORD} run", PASSWORD, id="option and its word"),
    pytest.param("token", f"gh auth --api-token {DIGITS}", DIGITS, id="token's option and its word"),
    pytest.param("password", f"the password is `{PASSWORD}` there", PASSWORD, id="password in a sentence"),
    pytest.param("key", f"my API key is {DIGITS}, use it", DIGITS, id="digits in a sentence"),
    pytest.param("token", f"Snyk token: `{UUID}`", UUID, id="digits in groups, quoted"),
    pytest.param("secret", f"the client secret {DIGITS} is old", DIGITS, id="digits behind a word"),
    pytest.param("signature", f"https://x/o?X-Amz-Expires=9&X-Amz-Signature={DIGITS}{DIGITS}", DIGITS * 2,
                 id="AWS's signature"),
    pytest.param("signature", f"https://x/o?X-Goog-Signature={DIGITS * 16}", DIGITS * 16, id="Google's signature"),
    pytest.param("signature", f"https://x/o?Expires=1&Signature={chars(40)}~-&Key-Pair-Id=K", None, id="CloudFront's"),
    pytest.param("cookie", f"# Netscape HTTP Cookie File\n{ROW}\n", ROW.split("\t")[-1], id="file of cookies"),
    pytest.param("password", f"curl -u app:{WORD} https://x/", WORD, id="curl -u, letters alone"),
    pytest.param("password", f"curl -s https://x/ --user 'app:{SHORT}'", SHORT, id="curl --user, short, quoted"),
    pytest.param("password", f'["curl", "-u", "app:{WORD}"]x', WORD, id="curl in a list of words, letters alone"),
    pytest.param("password", f"db:\n  user: app\n  password: {WORD}\n  port: 1", WORD, id="YAML, letters alone"),
    pytest.param("password", f"password: '{SHORT}'", SHORT, id="YAML, short, quoted"),
    pytest.param("password", f"spring.datasource.password={WORD}\nx=1", WORD, id="properties, letters alone"),
    pytest.param("password", f"Password: {WORD}", WORD, id="letters alone at the end"),
    pytest.param("password", f"the password is `{WORD}`, keep it", WORD, id="letters alone in a sentence, quoted"),
    pytest.param("password", f"log in with password '{SHORT}' first", SHORT, id="short in a sentence, quoted"),
    pytest.param("password", f"- name: DB_PASSWORD\n  value: {PASSWORD}\n", PASSWORD, id="name and value"),
]


@pytest.mark.parametrize(("kind", "text", "value"), TOLD)
@pytest.mark.parametrize("depth", range(4))
def test_what_its_surroundings_give_away_is_found(kind: str, text: str, value: str, depth: int) -> None:
    for _ in range(depth):
        text = json.dumps({"output": text})
    (found,) = in_record(line(text))
    assert found.kind == kind and (found.value == value if value else len(found.value) == 42)


@pytest.mark.parametrize(("kind", "member", "value"), [
    pytest.param("password", ["curl", "-u", f"app:{PASSWORD}", "https://x/"], PASSWORD, id="curl's words"),
    pytest.param("password", ["docker", "login", "-u", "me", "-p", WORD], WORD, id="docker's words"),
    pytest.param("password", ["sshpass", "-p", WORD, "ssh", "x"], WORD, id="sshpass's words"),
    pytest.param("password", ["psql", "--password", PASSWORD, 7], PASSWORD, id="an option's word"),
    pytest.param("token", [{"name": "API_TOKEN", "value": DIGITS}], DIGITS, id="name and value"),
    pytest.param("password", {"password": WORD}, WORD, id="letters alone"),
])
def test_what_members_of_json_tell_together_is_found(kind: str, member: object, value: str) -> None:
    assert [*in_record(json.dumps({"input": member}).encode())] == [(kind, value)]


def test_each_cookie_of_a_session_is_found_and_no_other() -> None:
    values = [chars(24) for _ in range(3)]
    text = f"cookie: _ga=GA1.1.{chars(20, string.digits)}; a={values[0]}; b=1; c={values[1]};d={values[2]}"
    assert [one.value for one in in_record(line(text))] == values


@pytest.mark.parametrize("torn", [b'"content":"say\\n%s and', b'"x":"a\\t%s'])
def test_a_token_behind_an_escape_on_a_torn_line_is_found(torn: bytes) -> None:
    secret = "ghp" + "_" + chars(36)
    assert [*in_record(torn % secret.encode())] == [("GitHub token", secret)]


def test_a_private_key_that_was_printed_with_numbers_of_lines_is_one_secret() -> None:
    kind = "RSA " + "PRIVATE" + " KEY"
    body = [chars(64) for _ in range(12)]
    lines = [f"-----BEGIN {kind}-----", *body, f"-----END {kind}-----"]
    text = "\n".join(f"{number:>6}→{one}" for number, one in enumerate(lines, 1))
    (found,) = in_record(line(text))
    assert found.kind == "private key" and all(one in found.value for one in body)


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
    *(pytest.param(text, id=text) for text in (
        "mysql -u root -p shop", "mysql -uroot -ppassword", "mysql -u root -p$MYSQL_PWD", "mysql -p<password> x",
        "MYSQL_ROOT_PASSWORD=example", "POSTGRES_PASSWORD=postgres", "DB_PASSWORD=${DB_PASS:-secret}",
        "PASSWORD=getpass.getpass()", "DB_PASSWORD=your_password_here", "--password=<password>", "--password=secret",
        "--password PASSWORD", "--password the password to use", "--password-stdin", "docker login -p password",
        "docker run -p 8080:80 x", "sshpass -p password ssh x", "redis-cli -a yourpassword",
        "postgres://postgres:postgres@db/", "postgres://user:mypassword@db/", "the password is required here",
        "the password is configuration-dependent", "--token $TOKEN", "--api-key YOUR_API_KEY", "the token type is 7",
        "https://x/?X-Amz-Signature=<signature>", "https://x/?Signature=required", "a/b\tTRUE\tc",
        f"commit {chars(40, HEX)}", f"the key {chars(32, HEX)} of the cache", "token: string", "password: required",
    )),
    pytest.param(json.dumps([{"name": "password", "value": "string"}]), id="name and value of a schema"),
    pytest.param(json.dumps(["docker", "run", "-p", "8080:80", "-u", "1000:1000", "redis"]), id="words of a command"),
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
    pytest.param("docker run -u 1000:1000 -p 80:8080 x", id="user and group"),
    pytest.param("sudo -u www-data:www-data id", id="user and group by name"),
    pytest.param("curl -u user:password https://x/", id="example of curl"),
    pytest.param('curl -u "$USER:$TOKEN_1" https://x/', id="variables for curl"),
    pytest.param("curl -u admin:secret https://x/", id="words of an example for curl"),
    pytest.param("curl https://x:8443/ -o out:put", id="another option of curl"),
    pytest.param("class User:\n    name: str\n    password: SecretStr\n", id="type"),
    pytest.param("self.user, self.password = credentials\n", id="assignment"),
    pytest.param("await login({\n  password: form.password\n})", id="member of an object as an argument"),
    pytest.param("password: hashedPassword\n", id="name in camelCase"),
    pytest.param("Password: must not be empty", id="sentence behind a colon"),
    pytest.param("the password is wrong, and was changed", id="words about a password"),
    pytest.param("password is 'required'", id="quoted word about a password"),
    pytest.param("forgot_password=grapefruits\n", id="longer name"),
    pytest.param("Cookie: theme=dark; lang=en; seen=2026-05-04T09:00", id="cookies of no session"),
    pytest.param("the machine x has a login page and a password form1", id="words of .netrc"),
    pytest.param('"auth": "required"', id="auth, a word"),
    pytest.param("s.getElementsByTagName2New(x)", id="member of an object"),
    pytest.param("v1.2.3-" + chars(40, HEX), id="version and commit"),
    pytest.param("MTIz.abcdef.xyz", id="too short for Discord"),
    pytest.param("sha256:" + chars(64, HEX), id="digest"),
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
    "mysql ", "mysql -p", "--password ", "/\tTRUE\t1\t", "DB_PASSWORD=" + "my" * 64 + "~ ", "token value: ",
])
def test_long_runs_are_read_to_their_end(unit: str) -> None:
    secret = "ghp" + "_" + chars(36)
    assert secret not in hidden(unit * (100_000 // len(unit)) + f" {secret}")


def sessions() -> list[Path]:
    return sorted(path.parent for path in ROOT.glob("sample_sessions/*/*/expected.json"))[::6]


def test_the_samples_hold_none() -> None:
    for folder in sessions():
        main = next(iter([*folder.glob("body.json"), folder]))
        with open_word(str(main), Choices(surroundings=False), folder) as opened:
            assert [one for raw in opened.bundle.main.lines() for one in in_record(raw)] == []


@pytest.mark.skipif(not CORPUS.exists(), reason="no corpus of real sessions beside the checkout")
def test_real_sessions_without_secrets_give_no_false_alarm() -> None:
    lines = (raw for path in CORPUS.rglob("*.jsonl") for raw in path.read_bytes().splitlines())
    assert [one.kind for raw in lines for one in in_record(raw)] == []

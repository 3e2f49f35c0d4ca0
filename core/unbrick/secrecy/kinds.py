"""The kinds of secrets: what each is called, how it is written, and what of it is hidden."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from unbrick.secrecy.likely import (
    armoured,
    chosen,
    guess,
    legacy,
    login,
    numbered,
    pair,
    password,
    random,
    session,
    signed,
    told,
    wrapped,
)

LETTER, HEX, BIG, BASE32 = r"[A-Za-z0-9]", r"[0-9a-f]", r"[A-Z0-9]", r"[A-Z2-7]"
WORD, BASE64 = r"[\w-]", r"[A-Za-z0-9+/=]"


class Kind(NamedTuple):
    """What is looked for. A search stops at a seldom letter and then reads the rest; what stands before that letter is
    looked back at. Groups in the rest hold what is hidden; without one it is all, from `before` characters before the
    stop. `hint` is the rest as far as JSON does not spell it otherwise. Each part is bounded, so that the time is
    linear. No name: the word that stands there gives one."""

    name: str
    stop: str
    rest: str
    before: int = 0
    likely: Callable[[str], bool] = random
    hint: str = ""


_SELDOM = "~QKCPWBJGzwxkgpbcu.:/XVYFHLMZDNEAROSjUqIv_T79y86345hf2m1-l0dirnosate"
"""Letters to stop at, the best first: seldom ones, and such as others stop at anyway."""


def _begun(name: str, begin: str, rest: str, likely: Callable[[str], bool] = random) -> Kind:
    """A kind by how it begins: where it does so in the middle of something else, such as the base64 of an image, it is
    none; the letter of an escape before it is no letter."""
    at = min(range(len(begin)), key=lambda place: _SELDOM.index(begin[place]))
    whole = re.escape(begin)
    guard = rf"(?<={whole})(?:(?<![A-Za-z0-9+/]{whole})|(?<=\\[bfnrt]{whole}))"
    return Kind(name, begin[at], re.escape(begin[at + 1 :]) + guard + rest, at, likely)


_TOKENS: tuple[tuple[str, str, str, int, int], ...] = (
    ("Anthropic key", "sk-ant-", WORD, 20, 300),
    ("OpenAI key", "sk-proj- sk-svcacct- sk-admin-", WORD, 20, 300),
    ("API key", "sk-", LETTER, 32, 64),
    ("OpenRouter key", "sk-or-v1-", HEX, 64, 64),
    ("Langfuse key", "sk-lf-", r"[0-9a-f-]", 36, 36),
    ("Stripe key", "sk_live_ sk_test_ rk_live_ rk_test_", LETTER, 20, 250),
    ("ElevenLabs key", "sk_", HEX, 48, 48),
    ("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", LETTER, 36, 255),
    ("GitHub token", "github_pat_", r"\w", 50, 255),
    ("GitLab token", "glpat- gldt- glrt- glft- glptt- glsoat- glimt- glcbt- gloas- glagent-", r"[\w.-]", 20, 300),
    ("Grafana token", "glc_", BASE64, 32, 400),
    ("Sourcegraph token", "sgp_", r"[0-9a-f_]", 40, 60),
    ("Groq key", "gsk_", LETTER, 40, 100),
    ("Cerebras key", "csk-", r"[a-z0-9]", 40, 60),
    ("Pinecone key", "pcsk_", r"\w", 60, 90),
    ("AWS key id", "AKIA ASIA ABIA ACCA", BASE32, 16, 16),
    ("AWS key", "ABSK", BASE64, 109, 273),
    ("Google key", "AIza", WORD, 35, 35),
    ("Google client secret", "GOCSPX-", WORD, 28, 28),
    ("Google token", "ya29.", WORD, 40, 400),
    ("Google token", "1//0", WORD, 40, 200),
    ("Slack token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs-", r"[A-Za-z0-9-]", 16, 300),
    ("npm token", "npm_", LETTER, 36, 36),
    ("PyPI token", "pypi-AgE", WORD, 50, 400),
    ("RubyGems key", "rubygems_", HEX, 48, 48),
    ("NuGet key", "oy2", r"[a-z0-9]", 43, 43),
    ("Docker token", "dckr_pat_ dckr_oat_", WORD, 27, 60),
    ("Hugging Face token", "hf_ api_org_", LETTER, 34, 34),
    ("Replicate token", "r8_", LETTER, 37, 40),
    ("NVIDIA key", "nvapi-", WORD, 60, 80),
    ("Together key", "tgp_v1_", WORD, 40, 60),
    ("LangSmith key", "lsv2_pt_ lsv2_sk_", r"[0-9a-f_]", 43, 43),
    ("Tavily key", "tvly-", WORD, 32, 60),
    ("Firecrawl key", "fc-", HEX, 32, 32),
    ("E2B key", "e2b_", HEX, 40, 40),
    ("Jina key", "jina_", WORD, 50, 80),
    ("Perplexity key", "pplx-", LETTER, 40, 64),
    ("xAI key", "xai-", LETTER, 70, 90),
    ("Vault token", "hvs. hvb. hvr.", WORD, 24, 400),
    ("Notion token", "secret_", LETTER, 43, 43),
    ("Notion token", "ntn_", LETTER, 46, 46),
    ("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", HEX, 64, 64),
    ("Databricks token", "dapi", HEX, 32, 32),
    ("Linear key", "lin_api_", LETTER, 40, 40),
    ("Figma token", "figd_", WORD, 40, 60),
    ("Fly token", "fo1_ fm1a_ fm1r_ fm2_", r"[\w+/=-]", 40, 2000),
    ("Shopify token", "shpat_ shpss_ shpca_ shppa_", HEX, 32, 32),
    ("Square token", "sq0atp- sq0csp-", WORD, 22, 60),
    ("Supabase token", "sbp_ sb_secret_", r"\w", 31, 44),
    ("PlanetScale token", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.-]", 32, 64),
    ("Neon key", "napi_", r"[a-z0-9]", 64, 64),
    ("Doppler token", "dp.pt. dp.st. dp.ct. dp.sa.", r"[\w.]", 40, 80),
    ("New Relic key", "NRAK-", BIG, 27, 27),
    ("Stripe secret", "whsec_", BASE64, 32, 64),
    ("Twilio key", "SK", HEX, 32, 32),
    ("Mailgun key", "key-", HEX, 32, 32),
    ("age key", "AGE-SECRET-KEY-1", BIG, 58, 58),
    ("Atlassian token", "ATATT3 ATCTT3", r"[\w=-]", 100, 250),
    ("Bitbucket password", "ATBB", LETTER, 32, 32),
    ("Sentry token", "sntrys_", r"[\w+/=]", 60, 500),
    ("Sentry token", "sntryu_", HEX, 64, 64),
    ("Netlify token", "nfp_", LETTER, 36, 36),
    ("Heroku key", "HRKU-", WORD, 36, 70),
    ("Pulumi token", "pul-", HEX, 40, 40),
    ("Tailscale key", "tskey-", r"[A-Za-z0-9-]", 20, 80),
    ("1Password token", "ops_eyJ", BASE64, 200, 4000),
    ("Alibaba key id", "LTAI", LETTER, 20, 20),
    ("Brevo key", "xkeysib-", r"[A-Za-z0-9-]", 81, 81),
    ("HubSpot token", "pat-na1- pat-na2- pat-eu1-", r"[0-9a-f-]", 36, 36),
    ("Contentful token", "CFPAT-", WORD, 43, 43),
    ("Buildkite token", "bkua_", HEX, 40, 40),
    ("Prefect key", "pnu_", LETTER, 36, 36),
    ("OpenShift token", "sha256~", WORD, 43, 43),
    ("Sonar token", "squ_ sqp_ sqa_", HEX, 40, 40),
    ("Artifactory key", "AKCp", LETTER, 69, 69),
    ("Yandex key", "AQVN", WORD, 35, 38),
    ("Adobe secret", "p8e-", LETTER, 32, 32),
    ("ClickHouse key", "4b1d", LETTER, 38, 38),
    ("Clojars token", "CLOJARS_", r"[a-z0-9]", 60, 60),
    ("Duffel token", "duffel_live_ duffel_test_", r"[\w=-]", 43, 43),
    ("EasyPost key", "EZAK EZTK", LETTER, 54, 54),
    ("Facebook token", "EAAC EAAM", LETTER, 100, 300),
    ("Flutterwave key", "FLWSECK-", r"[A-Za-z0-9-]", 34, 60),
    ("Frame.io token", "fio-u-", r"[\w=-]", 64, 64),
    ("Infracost token", "ico-", LETTER, 32, 32),
    ("Octopus key", "API-", BIG, 26, 26),
    ("Readme key", "rdme_", r"[a-z0-9]", 70, 70),
    ("Scalingo token", "tk-us-", WORD, 48, 48),
    ("Shippo token", "shippo_live_ shippo_test_", r"[0-9a-fA-F]", 40, 40),
    ("Typeform token", "tfp_", r"[\w.=-]", 59, 59),
    ("Plaid token", "access-sandbox- access-development- access-production-", r"[0-9a-f-]", 36, 36),
)
"""What is told by how it begins: a name, the beginnings, and what characters and how many follow."""

_SHAPES = (
    ("OpenAI key", "sk-None-", rf"{WORD}{{20,300}}", random),
    ("Grafana token", "glsa_", rf"{LETTER}{{32}}_{HEX}{{8}}", random),
    ("Slack token", "xapp-", rf"[0-9]-{BIG}{{8,16}}-[0-9]{{8,16}}-{HEX}{{32,128}}", random),
    ("Airtable token", "pat", rf"{LETTER}{{14}}\.{HEX}{{64}}", random),
    ("Postman key", "PMAK-", rf"{HEX}{{24}}-{HEX}{{34}}", random),
    ("SendGrid key", "SG.", rf"{WORD}{{22}}\.{WORD}{{43}}", random),
    ("Resend key", "re_", rf"{LETTER}{{8}}_{LETTER}{{24}}(?!\w)", random),
    ("CircleCI token", "CCIPAT_", rf"{LETTER}{{22}}_{HEX}{{40}}", random),
    ("Dynatrace token", "dt0c01.", rf"{BIG}{{24}}\.{BIG}{{64}}", random),
    ("Cloudflare key", "v1.0-", rf"{HEX}{{24}}-{HEX}{{146}}", random),
    ("Dropbox token", "sl.", rf"(?:u\.)?{WORD}{{130,2000}}", random),
    ("Mapbox token", "sk.eyJ1", rf"{WORD}{{40,300}}\.{WORD}{{22}}", random),
    ("crates.io token", "cio", rf"{LETTER}{{32}}(?!\w)", legacy),
    ("Vault token", "s.", rf"{LETTER}{{24}}(?![\w.(])", legacy),
    *(("Discord token", first, rf"{WORD}{{22,27}}\.{WORD}{{6}}\.{WORD}{{27,40}}", numbered) for first in "MNO"),
    ("JSON web token", "eyJ", rf"{WORD}{{10,2000}}\.eyJ{WORD}{{10,6000}}\.{WORD}{{10,1000}}", signed),
    ("private key", "LS0tLS1CRUdJTi", rf"{BASE64}{{60,20000}}", wrapped),
)
"""What is told by how it begins and by its parts."""

_QUOTES = r"[\"'\\]{0,16}"
_IS = rf"{_QUOTES} ?[=:]{{1,2}}>? ?"
_SAYS = rf"(?={_QUOTES}(?: ?(?:[=:]|\\+u003[ad])|(?:,|\\+n)[\s\"\\]{{0,40}}value))"
_NAME = r"(?:_?[A-Za-z]{1,6}|(?:_[A-Z]{1,6}){2})?"
"""What may follow the word in a name: `SECRET_KEY_BASE`, `passwordHash`."""
_VALUE = rf"(?:{_IS}|{_QUOTES}[,\n][\s\"\\]{{0,40}}value{_QUOTES}: ?){_QUOTES}" + r"([\w+/=.~!@#$%^*?-]{8,2000})"
_HEADER = r" +([\w.~+/=-]{20,2000})"
_LOGIN = r"[^\s:/\"'\\]{1,64}:(?!//)([^\s\"'\\]{4,128})"
_OPTION = r"(?<=[\s\"'\\nrt-]-)"
_PAIR = r"(?:_g|_fb|__utm)[^\s;\"'\\]{0,200}|[^\s=;,\"'\\]{1,80}=(?:([^\s;\"'\\]{16,4096})|[^\s;\"'\\]{0,15})"
_PAIRS = _QUOTES + rf"(?:(?:{_PAIR})(?:; ?)?)?" * 16
"""The values of cookies that are long enough for a session's; those of analytics are passed over."""
_NEXT = r"[\s→0-9]{1,16}"
"""Between two words, also with the number of a line."""
_OPENS = "|".join(
    f"(?<=(?i:{word}{dash}key))" for dash in ("", "[ _-]")
    for word in ("api", "access", "account", "secret", "private", "auth", "signing", "encryption", "subscription")
)
"""What makes the word `key` one that opens something."""

_SPOKEN = r"(?: is| was)?:? ?[`*\"'\\]{0,6}" \
          rf"((?:{HEX}{{32,64}}|{HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}})(?![\w-]))"
"""A key that consists of digits alone, as those of many services do, in a sentence."""
_CHOSEN = r"[\"'\\]{0,4}([^\s\"'\\$<>{}()|;&`,]{5,128})(?=[\s\"'\\;&|)]|\Z)"
"""What stands alone where only a password can."""
_OWN = r"ord(?<=[Pp]assword)(?<![\w$-][Pp]assword)"
_OWN_SAYS = rf"{_OWN}(?:[:=]| is| was| [`\"'\\])"
"""The word by itself, and what may stand between it and a password that consists of letters alone."""
_BARE = r"[^\s\"'\\$<>{}()|;&`,\[\]]{5,128}"
_ARGUMENTS = r"(?:[ \"',\\][^\n|;]{0,200}?)?[ \"',\\]"
"""What stands between a command and one of its options."""
_LONG = r"-(?:[a-z]{1,12}-){0,2}"
_OPENER = r"(?:token|secret|(?:api|access|secret|private|auth)-?key)"
_TAB = r"(?:\s|\\+t){1,8}"
_SIGNED = r"([\w~%+/=-]{27,1024})"

_WORDS = (
    ("password", "w", r"(?<=[Pp]assw)(?:or)?d"), ("password", "W", r"(?<=PASSW)(?:OR)?D"),
    ("password", "p", r"hrase(?<=[Pp]assphrase)"), ("password", "P", r"(?:(?<=_P)(?:ASS|WD)|wd(?<=[;\"' ]Pwd))"),
    ("secret", "c", r"ret(?<=[Ss]ecret)"), ("secret", "C", r"RET(?<=SECRET)"),
    ("token", "k", r"en(?<=[Tt]oken)(?!s)"), ("token", "K", r"EN(?<=TOKEN)(?!S)"),
)

_AROUND = (
    Kind("password", "W", rf"(?:ORD=(?<=PASSWORD=)|D=(?<=PASSWD=)){_CHOSEN}", 0, told),
    Kind("password", "P", rf"(?<=_P)(?:ASS|WD)={_CHOSEN}", 0, told),
    Kind("password", "-", rf"{_LONG}pass(?:w(?:or)?d|phrase)?=\\?{_CHOSEN}", 0, told),
    Kind("password", "-", rf"{_LONG}pass(?:w(?:or)?d|phrase)?[ \"',\\]{{1,8}}([^\s\"'\\]{{8,128}})", 0, login),
    Kind("token", "-", rf"{_LONG}{_OPENER}[ =\"',\\]{{1,8}}([\w+/=.~-]{{16,2000}})", 0, guess),
    *(Kind("password", stop, rf"{rest}{_ARGUMENTS}-p{_CHOSEN}", 0, told)
      for stop, rest in (("q", r"l(?<=mysql)(?:dump|admin|import|check|show)?"), ("b", r"(?<=mariadb)"))),
    Kind("password", "k", rf"er(?<=docker)[ \"',\\]{{1,8}}login{_ARGUMENTS}-p[ \"',\\]{{1,8}}{_CHOSEN}", 0, told),
    Kind("password", "c", rf"url(?<=curl){_ARGUMENTS}(?:-[A-Za-z]{{0,4}}[uU]|--(?:proxy-)?user)[\"'\\, =]{{0,8}}"
         rf"[^\s:/\"'\\]{{1,64}}:(?!//){_CHOSEN}", 0, password),
    *(Kind("password", "w", rf"{_OWN}(?: is| was)?:? {quote}({_BARE})(?={quote})", 0, chosen, _OWN_SAYS)
      for quote in "`\"'"),
    Kind("password", "w", rf"{_OWN}(?:: {{0,4}}|=)[\"']?({_BARE})[\"']?(?=[ \t]*(?:\n|\\n|\Z))", 0, chosen, _OWN_SAYS),
    Kind("password", "-", rf"cli(?<=redis-cli){_ARGUMENTS}-a[ \"',\\]{{1,8}}{_CHOSEN}", 0, told),
    Kind("password", "w", r"ord(?<=[Pp]assword) (?:is|was):? [`\"'\\]{0,6}([^\s`\"'\\]{8,64})", 0, login),
    Kind("key", "k", rf"ey(?:{_OPENS}){_SPOKEN}"),
    Kind("token", "k", rf"en(?<=[Tt]oken){_SPOKEN}"),
    Kind("secret", "c", rf"ret(?<=[Ss]ecret){_SPOKEN}"),
    *(Kind(name, stop, word + _NAME + _VALUE, 0, guess, word + _NAME + _SAYS) for name, stop, word in _WORDS),
    *(Kind("key", stop, f"{rest}{_SAYS}(?:{_OPENS}){_VALUE}", 0, guess, f"{rest}{_SAYS}(?:{_OPENS})")
      for stop, rest in (("k", "ey"), ("K", "ey"), ("K", "EY"))),
    *(Kind("bearer token", stop, "earer" + _HEADER, 0, guess, "earer ") for stop in "Bb"),
    *(Kind("password", stop, rf"asic +({BASE64}{{8,400}})", 0, pair, "asic ") for stop in "Bb"),
    Kind("token", "k", r"en(?<=ization: [Tt]oken)" + _HEADER, 0, guess, r"en(?<=ization: [Tt]oken) "),
    Kind("password", ":", r"//[^\s:/@\"'\\<>]{0,64}:([^\s/@\"'\\<>]{4,128})@(?=[A-Za-z0-9\[])", 0, password),
    Kind("password", "-", rf"{_OPTION}(?:[A-Za-z]{{0,4}}[uU]|user|proxy-user)[\"'\\,\s=]{{0,40}}{_LOGIN}", 0, login),
    Kind("password", "p", rf"ass(?<=sshpass)[ \"',\\]{{1,8}}-p[ \"',\\]{{0,8}}{_CHOSEN}", 0, told),
    Kind("password", "c", rf"hine(?<=machine){_NEXT}\S{{1,253}}{_NEXT}login{_NEXT}\S{{1,128}}{_NEXT}"
         rf"(?:account{_NEXT}\S{{1,128}}{_NEXT})?password\s{{1,4}}(\S{{4,256}})", 0, login,
         r"hine(?<=machine)[\s\\].{1,300}?login"),
    Kind("password", "u", rf"th(?<=[\"'_]auth){_IS}{_QUOTES}({BASE64}{{8,400}})", 0, pair,
         rf"th(?<=[\"'_]auth){_SAYS}"),
    Kind("cookie", "k", rf"ie(?<=[Cc]ookie){_QUOTES} ?[:= ] ?{_PAIRS}", 0, session,
         rf"ie(?<=[Cc]ookie){_QUOTES} ?[:= ]"),
    Kind("cookie", "-", rf"{_OPTION}b[ =]{_PAIRS}", 0, session, rf"{_OPTION}b[ =]{_QUOTES}[\w.-]{{1,80}}="),
    Kind("Azure secret", "Q", r"~(?<=[\w~.]{3}[0-9]Q~)[\w~.-]{31,34}", 4),
    Kind("Azure key", "Q", rf"QJ99(?<={LETTER}{{52}}JQQJ99){BASE64}{{26,32}}", 53),
    Kind("Azure signature", "g", r"=(?<=[?&;6]sig=)([A-Za-z0-9%+/]{43,70}(?:%3[Dd]|=))"),
    Kind("signature", "-", rf"Signature=(?:(?<=X-Amz-Signature=)|(?<=X-Goog-Signature=)){_SIGNED}"),
    Kind("signature", "g", rf"nature=(?<=[?&;6]Signature=){_SIGNED}"),
    Kind("cookie", "/", rf"(?<=[\st]/)[^\s\\\"]{{0,100}}{_TAB}(?:TRUE|FALSE){_TAB}[0-9]{{1,16}}{_TAB}"
         rf"[^\s\\]{{1,200}}{_TAB}([^\s\"\\]{{10,4096}})", 0, guess),
    Kind("Terraform token", "v", rf"1\.(?<={LETTER}{{14}}\.atlasv1\.)[\w=-]{{60,70}}", 20),
    Kind("Mailchimp key", "-", rf"us(?<={HEX}{{32}}-us)[0-9]{{1,2}}(?!\w)", 32),
    Kind("Telegram token", ":", rf"(?<=[0-9]{{8}}:)AA{WORD}{{33}}(?![\w-])"),
    Kind("Slack address", "k", rf"\.com/services/(T{BIG}{{6,12}}/B{BIG}{{6,12}}/{LETTER}{{20,30}})"),
    Kind("Discord address", "w", rf"ebhooks/(?<=api/webhooks/)[0-9]{{17,20}}/({WORD}{{60,90}})"),
    Kind("Teams address", "W", rf"ebhook/(?<=IncomingWebhook/)({HEX}{{32}}/[0-9a-f-]{{36}})"),
    Kind("private key", "P", r"RIVATE KEY(?: BLOCK)?-----(?:[\s\\]|\\[nr]){1,8}"
         r"(?:[A-Z][\w-]{1,20}: [^\n\\]{0,100}(?:[\s→0-9]|\\[nr]){1,16}){0,4}([A-Za-z0-9+/=\\\s→]{40,20000})",
         0, armoured, r"RIVATE KEY(?: BLOCK)?-----"),
    Kind("private key", "P", r"rivate-Lines: [0-9]{1,3}\s{1,4}([A-Za-z0-9+/=\s→]{40,20000})", 0, armoured,
         r"rivate-Lines: "),
)
"""What its surroundings give away."""


def _tokens() -> Iterator[Kind]:
    for name, begins, of, least, most in _TOKENS:
        # More of the same letters behind a token of a fixed length belong to something else.
        end = "(?![A-Za-z0-9])" if least == most else ""
        for begin in begins.split():
            yield _begun(name, begin, f"{of}{{{least},{most}}}{end}")


KINDS: tuple[Kind, ...] = (*_tokens(), *(_begun(*shape) for shape in _SHAPES), *_AROUND)
_STOPS = tuple(dict.fromkeys(kind.stop for kind in KINDS))


def _alternatives(rests: Mapping[int, str]) -> str:
    """One pattern for all kinds: by the letter that a search stops at, then by what follows."""
    return "|".join(
        f"{re.escape(stop)}(?:{'|'.join(rests[number] for number, kind in enumerate(KINDS) if kind.stop == stop)})"
        for stop in _STOPS
    )


@cache
def hints() -> re.Pattern[bytes]:
    """What a line of JSON holds where it may hold a secret."""
    return re.compile(_alternatives({number: kind.hint or kind.rest for number, kind in enumerate(KINDS)}).encode())


@cache
def written() -> re.Pattern[str]:
    """What a text holds where it may hold a secret: the kind's number is in the name of the last group."""
    rests = {number: f"(?P<kind{number}>{kind.rest})" for number, kind in enumerate(KINDS)}
    return re.compile(_alternatives(rests), re.ASCII)

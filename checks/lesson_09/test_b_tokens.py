"""Lesson 09: what a token says, and which ones are believed."""

import base64
import hmac
import json
import random
import time

from workshop.testbed import because

TOKEN = "/api/auth/token"
ME = "/api/accounts/me/"
KEY = "a key for checks, and for nothing else at all"
"""SECRET_KEY in this step."""
SAYS = "`issue_token` in shelf/accounts/tokens.py, and 'What a token says' in the lesson."
BELIEVES = "`read_token` in shelf/accounts/tokens.py, and 'Which tokens count' in the lesson."
ASKS = "shelf/accounts/dependencies.py, and 'Who is asking' in the lesson."


def test_only_tokens_of_shelf_count(start_shelf):
    """A token says who and until when; one that is forged, expired, unsigned or not for Shelf opens nothing."""
    minutes = random.randint(2, 50)
    shelf = start_shelf(env={"SECRET_KEY": KEY, "ACCESS_MINUTES": str(minutes)}, inside=live_in_kathmandu)
    caller = shelf.sign_up()
    claims = says_enough(shelf, caller, minutes)
    again = {"Authorization": f"bearer {forged(claims)}"}
    shelf.get(ME, headers=again).expect(200, about="A token with the same claims, made and signed as Shelf does it:")
    for what, authorization in worthless(claims, caller.token):
        answer = shelf.get(ME, headers={"Authorization": authorization})
        words = {"cause": why_believed(what), "look": BELIEVES} if answer.status != 500 else {}
        challenged(answer.expect(401, about=f"{what}:", **words), what)


def live_in_kathmandu():
    """Runs inside the service: where it is 05:45 later than in UTC."""
    import os
    import time

    os.environ["TZ"] = "Asia/Kathmandu"
    if hasattr(time, "tzset"):
        time.tzset()


# What a token says


def says_enough(shelf, caller, minutes):
    """Return the claims of a new token; fail the step unless they say what they should, and no more."""
    answer = shelf.post(TOKEN, data={"username": caller.username, "password": caller.password}).expect(200)
    for name, expected in (("token_type", "bearer"), ("expires_in", minutes * 60)):
        found = str(answer[name]).lower() if name == "token_type" else answer[name]
        assert found == expected, because(
            saw=f"ACCESS_MINUTES is {minutes}, and POST {TOKEN} answers `{name}`: {json.dumps(answer[name])}",
            expected=f"{json.dumps(expected)}",
            cause="the answer does not say what OAuth2 clients read, or the setting is not asked.",
            look=SAYS,
        )
    token = str(answer["access_token"])
    header, claims = opened(token)
    assert header.get("alg") == "HS256", because(
        saw=f"The header of the token is {json.dumps(header)}",
        expected='{"alg": "HS256", "typ": "JWT"}',
        cause="it is signed with another algorithm.",
        look=SAYS,
    )
    assert token == signed(token, KEY), because(
        saw="HS256 with SECRET_KEY gives the token another signature than it has.",
        expected="a token that is signed with SECRET_KEY as it is.",
        cause="another key: one that stands in the code, is made anew at each start, or is changed before it is used.",
        look=SAYS,
    )
    says_until_when(claims, minutes)
    says_who(claims, caller)
    told = json.dumps(claims)
    assert not [each for each in (caller.username, "@", "password", "$argon2") if each in told], because(
        saw=f"The token says {told}",
        expected="no name, no address, no hash: a token is signed, not locked. Everybody who has it can read it.",
        cause="more is written into it than Shelf needs to find the account.",
        look=SAYS,
    )
    return claims


def says_who(claims, caller):
    assert isinstance(claims.get("sub"), str), because(
        saw=f"The token says {json.dumps(claims)}",
        expected="the id of the account as `sub`, and as a string.",
        cause="the standard wants a string. Readers that follow it, as PyJWT does, refuse a number.",
        look=SAYS,
    )
    account_id = caller.get(ME).expect(200, about="A new token:")["id"]
    expected = {"sub": str(account_id), "iss": "shelf", "aud": "shelf"}
    assert {name: claims.get(name) for name in expected} == expected, because(
        saw=f"The token of account {account_id} says {json.dumps(claims)}",
        expected=f"{json.dumps(expected)} among them.",
        cause="a claim is missing, or says something else.",
        look=SAYS,
    )


def says_until_when(claims, minutes):
    since, until = claims.get("iat"), claims.get("exp")
    assert type(since) is int is type(until), because(
        saw=f"The token says {json.dumps(claims)}",
        expected="`iat` and `exp`, in whole seconds since 1970: when it was made, and when it ends.",
        cause="a claim is missing or of another type. Without `exp`, a token that is lost opens the account for ever.",
        look=SAYS,
    )
    fine = until - since == minutes * 60 and abs(since - time.time()) < 300
    assert fine, because(
        saw=f"It is {int(time.time())}, ACCESS_MINUTES is {minutes}, and in Nepal a token says {json.dumps(claims)}",
        expected=f"`iat`: now, and `exp`: {minutes * 60} more, in seconds since 1970, UTC.",
        cause="the setting is not asked, or a moment without a time zone was taken for UTC.",
        look=SAYS,
    )


# The forger


def opened(token):
    """The header and the claims of a token."""
    parts = str(token).split(".")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except ValueError:
        header = claims = None
    is_token = len(parts) == 3 and isinstance(header, dict) and isinstance(claims, dict)
    assert is_token, because(
        saw=f"The access token is {str(token)[:80]}",
        expected="a JSON Web Token: header, claims and signature, with dots between them.",
        cause="the token is made in another way.",
        look=SAYS,
    )
    return header, claims


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged(claims, key=KEY, alg="HS256", **header):
    """A token with these claims."""
    head = encoded(json.dumps({"alg": alg, "typ": "JWT"} | header).encode())
    text = f"{head}.{encoded(json.dumps(claims).encode())}"
    how = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}.get(alg)
    return f"{text}.{encoded(hmac.new(key.encode(), text.encode(), how).digest()) if how else ''}"


def signed(token, key):
    """The token with the signature that this key gives it."""
    text = token.rpartition(".")[0]
    return f"{text}.{encoded(hmac.new(key.encode(), text.encode(), 'sha256').digest())}"


def worthless(claims, token):
    """What must be refused: a name for it, and the Authorization header."""
    for what, made in tokens(claims, token):
        yield what, f"Bearer {made}"
    yield "A token without the word Bearer", token
    yield "A token behind the word Basic", f"Basic {token}"
    yield "The word Bearer alone", "Bearer"


def tokens(claims, token):
    now = int(time.time())
    head, body, signature = token.split(".")
    other = {**claims, "sub": str(int(claims["sub"]) + 1)}
    yield "A token signed with another key", forged(claims, key="an" + KEY)
    yield "A token signed with an empty key", forged(claims, key="")
    for alg in ("none", "None", "nOnE"):
        yield f'An unsigned token ("alg": "{alg}")', forged(claims, alg=alg)
    yield "A token without its signature", f"{head}.{body}."
    yield "A token whose claims were changed", f"{head}.{encoded(json.dumps(other).encode())}.{signature}"
    for alg in ("HS384", "HS512"):
        yield f"A token of another algorithm ({alg}, with the right key)", forged(claims, alg=alg)
    yield "A token of another algorithm (RS256, unsigned)", forged(claims, alg="RS256")
    yield "A token that names an empty file as its key", forged(claims, key="", kid="../../../../dev/null")
    brought = {"kty": "oct", "k": encoded(b"brought along")}
    yield "A token that brings its own key", forged(claims, key="brought along", jwk=brought)
    yield "An expired token", forged(claims | {"iat": now - 7200, "exp": now - 3600})
    yield "A token that begins tomorrow", forged(claims | {"nbf": now + 86400})
    yield "A token that was made tomorrow", forged(claims | {"iat": now + 86400, "exp": now + 90000})
    for name in ("exp", "iat", "sub", "aud", "iss"):
        yield f"A token without `{name}`", forged({key: claims[key] for key in claims if key != name})
    for value in ("tomorrow", None, [now + 60], 1e400):
        yield f"A token whose `exp` is {value!r}", forged(claims | {"exp": value})
    for name in ("aud", "iss"):
        yield f"A token with another `{name}`", forged(claims | {name: "other"})
    for value in (int(claims["sub"]), True, None, [claims["sub"]], "me", "", "9" * 30, "-1", "1.0", "\x00"):
        yield f"A token whose `sub` is {value!r}", forged(claims | {"sub": value})
    yield "A token whose `sub` is nobody's number", forged(claims | {"sub": str(10**6 + random.randrange(10**6))})
    yield "A token whose claims are a list", forged([claims])
    yield "A token of one part", "x" * 30
    yield "A token of random letters", f"{encoded(b'{')}.{encoded(b'}')}.{encoded(b'?')}"


def why_believed(what):
    """The likely reason for believing such a token."""
    for piece, why in WHY.items():
        if piece in what:
            return why
    return "the claims are not looked at, or the signature is not."


WHY = {
    "another algorithm": "the algorithm is taken from the token's header, or several are allowed. Allow only yours.",
    "unsigned": "the algorithm is taken from the token's own header, or the signature is not verified.",
    "another key": "the signature is not verified.",
    "claims were changed": "the signature is not verified.",
    "without its signature": "the signature is not verified.",
    "without `": "a claim that is missing is not looked at, unless the reader is told to require it.",
    "`exp` is": "a claim has a value that is no whole number, and it is believed all the same.",
    "`aud`": "the audience is not looked at: a token that was made for another service counts here.",
    "`iss`": "the issuer is not looked at: a token that another service made counts here.",
    "Basic": "the scheme before the token is not looked at.",
    "nobody's number": "the claims are believed, and nobody looks whether that account is still there.",
    "without the word": "the scheme before the token is not looked at.",
    "Expired": "the reader does not look at `exp`.",
    "expired": "the reader does not look at `exp`.",
}


# What is asked


def challenged(answer, what):
    """Fail the step unless a 401 says how to come in, in the form of all errors."""
    challenge = answer.headers.get("www-authenticate", "")
    assert challenge.lower().startswith("bearer"), because(
        saw=f"{what}: {answer.method} {answer.path} answered 401, with WWW-Authenticate: {challenge or 'missing'}",
        expected="`WWW-Authenticate: Bearer`: a 401 names the way to come in.",
        cause="the error is raised without the header, or a handler of errors drops it.",
        look=ASKS,
    )
    kind = answer.headers.get("content-type", "")
    assert kind.startswith("application/problem+json"), because(
        saw=f"{what}: {answer} ({kind})",
        expected="a problem document, as all errors since lesson 08.",
        cause="the answer is made past the handlers of errors.",
        look=ASKS,
    )

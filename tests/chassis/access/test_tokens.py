"""Only a token our issuer signed, for us, now, speaks for anyone."""

import base64
import json
import time
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.access import keys, tokens
from chassis.access.tokens import TokenRules, TokenVerifier, UnsafeAlgorithm, member_key
from chassis.refusals import NotSignedIn, Unavailable
from tests.issuer import AUDIENCE, Issuer
from tests.waiting import until

pytestmark = pytest.mark.loopback


async def _identify(verifier: TokenVerifier, token: str) -> str:
    return (await verifier.identify(f"Bearer {token}")).member_key


async def test_a_good_token_speaks_for_a_member_known_by_a_keyed_hash(
    issuer: Issuer, verifier: TokenVerifier
) -> None:
    key = await _identify(verifier, issuer.token("somebody"))

    assert key == member_key("a member key secret of tests", issuer.url, "somebody")
    assert len(key) == 32
    assert "somebody" not in key


async def test_an_rsa_key_is_as_good(issuer: Issuer, verifier: TokenVerifier) -> None:
    issuer.rotate("rsa-1", kind="RSA")

    assert await _identify(verifier, issuer.token("somebody"))


def _unsigned(issuer: Issuer) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "key-1"}).encode()).rstrip(
        b"="
    )
    payload = issuer.token("somebody").split(".")[1]
    return f"{header.decode()}.{payload}."


def _signed_with_the_public_key(issuer: Issuer) -> str:
    public = issuer.keys["key-1"].public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # PyJWT refuses to sign so, hence by hand: an attacker would not ask it.
    import hashlib
    import hmac

    header = base64.urlsafe_b64encode(
        json.dumps({"alg": "HS256", "kid": "key-1", "typ": "JWT"}).encode()
    ).rstrip(b"=")
    payload = issuer.token("somebody").split(".")[1].encode()
    mac = hmac.new(pem, header + b"." + payload, hashlib.sha256).digest()
    return b".".join([header, payload, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def _tampered(issuer: Issuer) -> str:
    header, payload, signature = issuer.token("somebody").split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["sub"] = "somebody-else"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{forged}.{signature}"


HOSTILE: dict[str, Callable[[Issuer], str]] = {
    "no algorithm": _unsigned,
    "the public key as a shared secret": _signed_with_the_public_key,
    "changed after signing": _tampered,
    "another's key under our key id": lambda issuer: issuer.token(
        "somebody", key=ec.generate_private_key(ec.SECP256R1())
    ),
    "wrong issuer": lambda issuer: issuer.token("somebody", iss="https://elsewhere.example.org"),
    "wrong audience": lambda issuer: issuer.token("somebody", aud="console"),
    "no audience": lambda issuer: issuer.token("somebody", aud=None),
    "ended": lambda issuer: issuer.token("somebody", exp=time.time() - tokens.LEEWAY_SECONDS - 5),
    "no end": lambda issuer: issuer.token("somebody", exp=None),
    "not yet good": lambda issuer: issuer.token("somebody", nbf=time.time() + tokens.LEEWAY_SECONDS + 60),
    "no subject": lambda issuer: issuer.token("somebody", sub=None),
    "empty subject": lambda issuer: issuer.token(""),
    "an end that is no number": lambda issuer: issuer.token("somebody", exp="tomorrow"),
    "unknown key id": lambda issuer: issuer.token("somebody", headers={"kid": "key-9"}),
    "key id as a path": lambda issuer: issuer.token("somebody", headers={"kid": "../../dev/null"}),
    "endless key id": lambda issuer: issuer.token("somebody", headers={"kid": "k" * 1_000}),
    "key id of another kind": lambda issuer: issuer.token("somebody", headers={"kid": ""}),
    "key brought along": lambda issuer: issuer.token(
        "somebody", headers={"kid": "key-9", "jku": "http://127.0.0.1:1/jwks"}
    ),
    "unknown critical header": lambda issuer: issuer.token(
        "somebody", headers={"crit": ["b64x"], "b64x": False}
    ),
    "a client that is no service": lambda issuer: issuer.service_token("stranger"),
    "not a token": lambda issuer: "abc",
    "three dots": lambda issuer: "...",
    "not text": lambda issuer: "\udcff.\udcff.\udcff",
    "too long": lambda issuer: "a" * 9_000,
}  # fmt: skip


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
async def test_a_token_that_proves_nothing_is_refused(
    make: Callable[[Issuer], str], issuer: Issuer, verifier: TokenVerifier
) -> None:
    await _identify(verifier, issuer.token("somebody"))  # the keys are known before the attack

    with pytest.raises(NotSignedIn) as refused:
        await _identify(verifier, make(issuer))

    assert 'error="invalid_token"' in refused.value.headers["WWW-Authenticate"]


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer  "])
async def test_without_a_bearer_token_nobody_speaks(
    header: str | None, verifier: TokenVerifier
) -> None:
    with pytest.raises(NotSignedIn):
        await verifier.identify(header)


async def test_clocks_may_differ_by_the_leeway(issuer: Issuer, verifier: TokenVerifier) -> None:
    now = int(time.time())

    assert await _identify(verifier, issuer.token("a", exp=now - tokens.LEEWAY_SECONDS + 20))
    assert await _identify(verifier, issuer.token("b", nbf=now + tokens.LEEWAY_SECONDS - 20))


async def test_a_remembered_token_is_refused_once_it_ends(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token("somebody")
    await _identify(verifier, token)
    await _identify(verifier, token)  # the first made the keys known; this one is remembered
    later = time.time() + issuer.token_life_seconds + tokens.LEEWAY_SECONDS + 1

    class LaterClock:
        time = staticmethod(lambda: later)

    monkeypatch.setattr(tokens, "time", LaterClock)
    monkeypatch.setattr(jwt.api_jwt, "datetime", _datetime_at(later))
    with pytest.raises(NotSignedIn):
        await _identify(verifier, token)


def _datetime_at(moment: float) -> type:
    from datetime import datetime, tzinfo

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.fromtimestamp(moment, tz)

    return Later


async def test_a_rotated_key_is_accepted_with_one_fetch(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _identify(verifier, issuer.token("somebody"))
    monkeypatch.setattr(keys, "FETCH_INTERVAL_MIN_SECONDS", 0.0)
    issuer.rotate("key-2")

    await _identify(verifier, issuer.token("somebody"))

    assert issuer.asked["jwks"] == 2


async def test_what_a_withdrawn_key_signed_is_refused_after_the_next_fetch(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = issuer.token("somebody")
    await _identify(verifier, old)
    monkeypatch.setattr(keys, "FETCH_INTERVAL_MIN_SECONDS", 0.0)
    issuer.rotate("key-2", keep=False)
    await _identify(verifier, issuer.token("somebody"))

    with pytest.raises(NotSignedIn):
        await _identify(verifier, old)


async def test_keys_are_renewed_aside_after_a_while(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _identify(verifier, issuer.token("somebody"))
    monkeypatch.setattr(keys, "FETCH_INTERVAL_MIN_SECONDS", 0.0)
    monkeypatch.setattr(keys, "REFRESH_SECONDS", 0.0)

    await _identify(verifier, issuer.token("somebody-else"))

    await until(lambda: issuer.asked["jwks"] >= 2, what="the keys are read again")


async def test_unknown_key_ids_do_not_make_us_hammer_the_issuer(
    issuer: Issuer, verifier: TokenVerifier
) -> None:
    await _identify(verifier, issuer.token("somebody"))

    for number in range(50):
        with pytest.raises(NotSignedIn):
            await _identify(verifier, issuer.token("x", headers={"kid": f"made-up-{number}"}))

    assert issuer.asked["jwks"] == 1


async def test_known_keys_work_while_the_issuer_is_away_and_unknown_ones_say_so(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _identify(verifier, issuer.token("somebody"))
    monkeypatch.setattr(keys, "FETCH_INTERVAL_MIN_SECONDS", 0.0)
    issuer.away = True

    assert await _identify(verifier, issuer.token("somebody-else"))
    issuer.rotate("key-2")
    with pytest.raises(Unavailable) as refused:
        await _identify(verifier, issuer.token("somebody"))
    issuer.away = False

    assert refused.value.status == 503
    assert int(refused.value.headers["Retry-After"]) > 0
    assert await _identify(verifier, issuer.token("somebody"))


async def test_the_memory_of_tokens_is_bounded(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "TOKENS_REMEMBERED_MAX", 5)

    for number in range(12):
        await _identify(verifier, issuer.token(f"member-{number}"))

    assert len(verifier._remembered) == 5


async def test_a_service_is_known_by_its_client(issuer: Issuer, verifier: TokenVerifier) -> None:
    identity = await verifier.identify(f"Bearer {issuer.service_token('reporting')}")

    assert identity.client_id == "reporting"


async def test_a_member_who_signed_in_through_a_services_client_stays_a_member(
    issuer: Issuer, verifier: TokenVerifier
) -> None:
    identity = await verifier.identify(f"Bearer {issuer.token('somebody', azp='reporting')}")

    assert identity.client_id is None


@pytest.mark.parametrize("algorithms", [(), ("none",), ("HS256",), ("ES256", "HS512")])
def test_settings_that_would_trust_a_shared_secret_are_refused(algorithms: tuple[str, ...]) -> None:
    with pytest.raises(UnsafeAlgorithm):
        TokenRules(
            issuer="https://issuer.example.org",
            audience=AUDIENCE,
            algorithms=algorithms,
            service_clients=(),
            member_key_secret="x",
        )

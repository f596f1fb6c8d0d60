"""The demo issuer: codes are good once and for one client, keys outlive restarts, regions get none."""

import base64
import hashlib
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from demo.issuer import Settings, make_app
from demo.members import FIRST_REGISTRAR, member_of, member_of_subject, offered

ISSUER = "http://127.0.0.1:20001"
CONSOLE = "http://127.0.0.1:8080"
VERIFIER = "a-proof-key-that-is-long-enough-for-the-standard"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
WANTED = {
    "response_type": "code",
    "client_id": "console",
    "redirect_uri": f"{CONSOLE}/signed-in",
    "state": "s-1",
    "nonce": "n-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def client(directory: Path) -> httpx.AsyncClient:
    settings = Settings(
        mode="demo",
        http_port=20001,
        issuer_url=ISSUER,
        issuer_directory=directory,
        issuer_clients={"console": "console-secret", "referral": "referral-secret"},
        demo_secret="demo-secret",
        console_url=CONSOLE,
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(make_app(settings)), base_url=ISSUER)


async def verified(http: httpx.AsyncClient, token: str, audience: str = "waymark") -> dict:
    kid = jwt.get_unverified_header(token)["kid"]
    keys = {key["kid"]: key for key in (await http.get("/jwks")).json()["keys"]}
    return jwt.decode(
        token, jwt.PyJWK(keys[kid]), algorithms=["ES256"], audience=audience, issuer=ISSUER
    )


async def a_code(http: httpx.AsyncClient, subject: str = "demo-referrer-Y99001", **more) -> str:
    answer = await http.post("/authorize", data={**WANTED, "subject": subject, **more})
    assert answer.status_code == 303
    returned = parse_qs(urlsplit(answer.headers["location"]).query)
    assert returned["state"] == ["s-1"]
    return returned["code"][0]


async def exchange(http: httpx.AsyncClient, code: str, **more) -> httpx.Response:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": WANTED["redirect_uri"],
        "code_verifier": VERIFIER,
    }
    return await http.post(
        "/token", data={**fields, **more}, auth=httpx.BasicAuth("console", "console-secret")
    )


async def test_a_chosen_member_gets_tokens_that_name_them_and_nobody_else(tmp_path):
    async with client(tmp_path) as http:
        page = await http.get("/authorize", params=WANTED)
        assert page.status_code == 200
        assert "demo-referrer-Y99001" in page.text
        answer = (await exchange(http, await a_code(http))).json()
        access = await verified(http, answer["access_token"])
        identity = await verified(http, answer["id_token"], audience="console")
    assert access["sub"] == identity["sub"] == "demo-referrer-Y99001"
    assert identity["nonce"] == "n-1"
    # A service is told by subject and client being the same: a member never is.
    assert access["client_id"] != access["sub"]


async def test_a_code_is_good_once_and_only_with_its_proof_and_its_address(tmp_path):
    async with client(tmp_path) as http:
        code = await a_code(http)
        assert (await exchange(http, code)).status_code == 200
        assert (await exchange(http, code)).json() == {"error": "invalid_grant"}
        for wrong in (
            {"code_verifier": VERIFIER + "x"},
            {"code_verifier": ""},
            {"redirect_uri": f"{CONSOLE}/other"},
        ):
            answer = await exchange(http, await a_code(http), **wrong)
            assert answer.status_code == 400
            assert answer.json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "http://127.0.0.1:8081/signed-in"},
        {"redirect_uri": "https://elsewhere.example.org/"},
        {"redirect_uri": f"{CONSOLE}@elsewhere.example.org/"},
        {"redirect_uri": ""},
        {"client_id": "stranger"},
        {"response_type": "token"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
    ],
)
async def test_a_wrong_sign_in_request_is_answered_here_and_sent_nowhere(tmp_path, change):
    async with client(tmp_path) as http:
        asked = await http.get("/authorize", params={**WANTED, **change})
        sent = await http.post(
            "/authorize", data={**WANTED, "subject": "demo-referrer-Y99001", **change}
        )
    for answer in (asked, sent):
        assert answer.status_code in (400, 401)
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    "subject", ["", "referral", "console", "demo-service-QZZ", "demo-person-1"]
)
async def test_nobody_can_choose_to_be_a_service_or_a_person_helped(tmp_path, subject):
    async with client(tmp_path) as http:
        answer = await http.post("/authorize", data={**WANTED, "subject": subject})
    assert answer.json() == {"error": "access_denied"}


async def test_a_service_gets_a_token_for_itself_and_only_with_its_secret(tmp_path):
    async with client(tmp_path) as http:
        grant = {"grant_type": "client_credentials"}
        good = await http.post("/token", data=grant, auth=("referral", "referral-secret"))
        claims = await verified(http, good.json()["access_token"])
        bad = await http.post("/token", data=grant, auth=("referral", "console-secret"))
        none = await http.post("/token", data=grant)
        broken = await http.post("/token", data=grant, headers={"Authorization": "Basic %%%"})
    assert claims["sub"] == claims["client_id"] == "referral"
    for answer in (bad, none, broken):
        assert answer.status_code == 401
        assert answer.json() == {"error": "invalid_client"}
        assert "www-authenticate" in answer.headers


async def test_tokens_outlive_a_restart_and_one_rotation(tmp_path):
    secret = {"Authorization": "Bearer demo-secret"}
    asked = {"role": "pcn-manager", "organisation_code": "U99001"}
    async with client(tmp_path) as http:
        before = (await http.post("/demo/token", json=asked, headers=secret)).json()
    async with client(tmp_path) as http:
        assert (await verified(http, before["access_token"]))["sub"] == "demo-pcn-manager-U99001"
        rotated = (await http.post("/demo/rotate", headers=secret)).json()["kid"]
        after = (await http.post("/demo/token", json=asked, headers=secret)).json()
        assert jwt.get_unverified_header(after["access_token"])["kid"] == rotated
        await verified(http, before["access_token"])
        await verified(http, after["access_token"])
        await http.post("/demo/rotate", headers=secret)
        kids = {key["kid"] for key in (await http.get("/jwks")).json()["keys"]}
        assert jwt.get_unverified_header(before["access_token"])["kid"] not in kids
        # Public halves only.
        assert all("d" not in key for key in (await http.get("/jwks")).json()["keys"])
    assert [file.stat().st_mode & 0o077 for file in tmp_path.glob("*.pem")] == [0, 0]


async def test_the_demo_doors_want_the_demo_secret_and_a_member_that_can_be(tmp_path):
    async with client(tmp_path) as http:
        asked = {"role": "referrer", "organisation_code": "Y99001"}
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert (await http.post("/demo/token", json=asked, headers=headers)).status_code == 403
            assert (await http.post("/demo/rotate", headers=headers)).status_code == 403
        secret = {"Authorization": "Bearer demo-secret"}
        for wrong in (
            b"{",
            b"[]",
            b'{"role": "service", "organisation_code": "QZZ"}',
            b'{"role": "referrer", "organisation_code": "Y99001<script>"}',
            b"x" * 20_000,
        ):
            answer = await http.post("/demo/token", content=wrong, headers=secret)
            assert answer.status_code in (400, 413)
            assert answer.json() == {"error": "invalid_request"}


def test_it_refuses_to_start_outside_demo_mode(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "demo.issuer"],
        env={
            "WAYMARK_MODE": "region",
            "WAYMARK_HTTP_PORT": "1",
            "WAYMARK_ISSUER_URL": ISSUER,
            "WAYMARK_ISSUER_DIRECTORY": str(tmp_path / "keys"),
            "WAYMARK_ISSUER_CLIENTS": "{}",
            "WAYMARK_DEMO_SECRET": "x",
            "WAYMARK_CONSOLE_URL": CONSOLE,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("WAYMARK_MODE: ")
    assert not (tmp_path / "keys").exists()


def test_a_subject_and_its_member_name_each_other():
    for member in (*offered(), FIRST_REGISTRAR, member_of("provider", "0198c0de-0000-7000-8000")):
        assert member is not None
        assert member_of_subject(member.subject) == member
    assert FIRST_REGISTRAR.subject == "demo-registrar-QZZ"

"""Settings: every fault at once, no secret shown, nothing misspelt passes."""

import os

import pytest

from chassis.settings import ServiceSettings, WrongSettings, explain, load, read

GOOD = {
    "WAYMARK_MODE": "demo",
    "WAYMARK_KAFKA": "127.0.0.1:9092,127.0.0.1:9093",
    "WAYMARK_DATABASE_API_URL": "postgresql://referral_api:open-sesame@127.0.0.1/referral",
    "WAYMARK_DATABASE_WORKER_URL": "postgresql://referral_worker:open-sesame@127.0.0.1/referral",
    "WAYMARK_ISSUER_URL": "http://127.0.0.1:8080/",
    "WAYMARK_CLIENT_ID": "referral",
    "WAYMARK_CLIENT_SECRET": "open-sesame-open-sesame",
    "WAYMARK_MEMBER_KEY_SECRET": "open-sesame-open-sesame",
}


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch):
    """Set the whole of the platform's environment: what is not given is not there."""

    def set_to(values: dict[str, str]) -> None:
        for key in [key for key in os.environ if key.upper().startswith("WAYMARK_")]:
            monkeypatch.delenv(key)
        for key, value in values.items():
            monkeypatch.setenv(key, value)

    return set_to


def faults_of() -> list[str]:
    with pytest.raises(WrongSettings) as wrong:
        read(ServiceSettings)
    return wrong.value.faults


def test_good_settings_are_read_with_their_defaults(environ):
    environ(GOOD | {"WAYMARK_SERVICE_CLIENTS": "referral, console"})

    settings = read(ServiceSettings)

    assert settings.issuer_url == "http://127.0.0.1:8080"
    assert settings.service_clients == ("referral", "console")
    assert settings.topic_partitions == 6
    assert settings.otlp_endpoint is None


def test_all_faults_are_told_at_once(environ):
    environ(
        {
            "WAYMARK_MODE": "production",
            "WAYMARK_HTTP_PORT": "99999",
            "WAYMARK_KAFKA": "nowhere",
            "WAYMARK_KAFKAA": "127.0.0.1:9092",
            "WAYMARK_CLIENT_SECRET": "short",
        }
    )

    faults = faults_of()

    for key in ["MODE", "HTTP_PORT", "KAFKA", "KAFKAA", "CLIENT_SECRET", "ISSUER_URL", "CLIENT_ID"]:
        assert len([line for line in faults if line.startswith(f"WAYMARK_{key}:")]) == 1
    assert "WAYMARK_KAFKAA: is not a setting" in faults


def test_wrong_settings_end_the_process_with_two_and_a_line_for_each(environ, capsys):
    environ(GOOD | {"WAYMARK_HTTP_PORT": "x", "WAYMARK_LOG_LEVEL": "loud"})

    with pytest.raises(SystemExit) as end:
        load(ServiceSettings)

    assert end.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize("key", ["WAYMARK_CLIENT_SECRET", "WAYMARK_DATABASE_API_URL"])
def test_a_fault_does_not_quote_the_secret_it_is_about(environ, key):
    environ(GOOD | {key: "hush-hush"})

    assert "hush" not in " ".join(faults_of())


def test_neither_repr_nor_explanation_shows_a_secret(environ):
    environ(GOOD)
    settings = read(ServiceSettings)

    told = repr(settings) + str(settings) + "\n".join(explain(settings))

    assert "sesame" not in told


def test_the_explanation_says_where_each_value_comes_from(environ):
    environ(GOOD)
    lines = {line.split()[0]: line for line in explain(read(ServiceSettings))}

    assert set(lines) == {f"WAYMARK_{name.upper()}" for name in ServiceSettings.model_fields}
    assert lines["WAYMARK_KAFKA"].split()[1:3] == [GOOD["WAYMARK_KAFKA"], "environment"]
    assert lines["WAYMARK_LOG_LEVEL"].split()[1:3] == ["info", "default"]
    assert lines["WAYMARK_CLIENT_SECRET"].split()[1] == "********"


def test_a_region_refuses_an_issuer_without_tls_and_planned_faults(environ):
    environ(GOOD | {"WAYMARK_MODE": "region", "WAYMARK_FAULT": "relay.after_send:1"})

    assert faults_of() == [
        "WAYMARK_ISSUER_URL: must be https:// in region mode",
        "WAYMARK_FAULT: is for demo mode only",
    ]


def test_an_algorithm_with_a_shared_secret_is_refused(environ):
    environ(GOOD | {"WAYMARK_ISSUER_ALGORITHMS": "ES256,HS256"})

    assert [line.split(":")[0] for line in faults_of()] == ["WAYMARK_ISSUER_ALGORITHMS"]

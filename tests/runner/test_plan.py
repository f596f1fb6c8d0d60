"""Each process is told what its settings ask for, and nothing it has no business to know."""

import os
from importlib import import_module
from pathlib import Path

import pytest

import demo.issuer
import demo.mail_sink
import demo.receiver
from chassis.access.service_client import ServiceClient
from chassis.database import Database
from chassis.service import WorkerContext
from chassis.settings import read
from console.settings import ConsoleSettings
from demo.access import DemoAccess
from demo.members import FIRST_REGISTRAR
from runner import plan
from runner.places import ROOT
from runner.vault import Vault
from services.directory.settings import DirectorySettings
from services.notifications.settings import NotificationsSettings
from services.referral.settings import ReferralSettings
from services.reporting.settings import ReportingSettings

SETTINGS = {
    "directory": DirectorySettings,
    "referral": ReferralSettings,
    "notifications": NotificationsSettings,
    "reporting": ReportingSettings,
    "console": ConsoleSettings,
    "issuer": demo.issuer.Settings,
    "mail": demo.mail_sink.Settings,
    "receiver": demo.receiver.Settings,
    "simulator": DemoAccess,
}
EVERY = (*plan.PLAN, plan.SIMULATOR)


def told(process: plan.Process, state: Path) -> dict[str, str]:
    addresses = plan.Addresses(
        kafka="127.0.0.1:20001",
        databases={
            service: {
                role: f"postgresql://{service}_{role}:secret@127.0.0.1:20002/{service}"
                for role in ("owner", "api", "worker")
            }
            for service in plan.DATABASES
        },
        ports={one.service: 20_010 + place for place, one in enumerate(plan.PLAN)},
        smtp_port=20_030,
        issuer="http://127.0.0.1:20010",
    )
    return plan.environment(
        process, addresses=addresses, vault=Vault(state), mode="demo", port=20_050, state=state
    )


@pytest.fixture
def as_told(monkeypatch, tmp_path):
    """The environment of this test is the one a process is given."""

    def become(process: plan.Process) -> None:
        for name in [name for name in os.environ if name.startswith("WAYMARK_")]:
            monkeypatch.delenv(name)
        for name, value in told(process, tmp_path).items():
            if name.startswith("WAYMARK_"):
                monkeypatch.setenv(name, value)

    return become


@pytest.mark.parametrize("process", EVERY, ids=lambda process: process.service)
def test_every_process_accepts_what_it_is_told(process, as_told):
    as_told(process)
    settings_type = SETTINGS[process.service]
    settings = read(settings_type) if process.database else settings_type()
    assert settings is not None


@pytest.mark.parametrize("process", EVERY, ids=lambda process: process.service)
def test_a_process_learns_of_no_database_but_its_own_and_never_its_owner_role(process, tmp_path):
    values = [value for name, value in told(process, tmp_path).items() if name.startswith("WAY")]
    seen = {
        f"{service}_{role}"
        for service in plan.DATABASES
        for role in ("owner", "api", "worker")
        if any(f"{service}_{role}:" in value for value in values)
    }
    own = {f"{process.service}_api", f"{process.service}_worker"} if process.database else set()
    assert seen == own


def test_what_the_runner_is_told_does_not_reach_the_services(monkeypatch, tmp_path):
    monkeypatch.setenv("WAYMARK_DATABASE_URL", "postgresql://postgres:root@127.0.0.1/postgres")
    monkeypatch.setenv("WAYMARK_STATE", "/elsewhere")
    monkeypatch.setenv("WAYMARK_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    environment = told(plan.process_of("referral"), tmp_path)
    assert "WAYMARK_DATABASE_URL" not in environment
    assert "WAYMARK_STATE" not in environment
    assert environment["WAYMARK_OTLP_ENDPOINT"] == "http://127.0.0.1:4318"


def test_one_demo_member_may_send_the_load_of_many(as_told):
    as_told(plan.process_of("referral"))

    assert read(ReferralSettings).requests_per_second_max == plan.DEMO_REQUESTS_PER_SECOND_MAX


def test_what_goes_back_to_practices_goes_to_the_demonstration_s_receiver(as_told):
    as_told(plan.process_of("referral"))

    receiver = plan.PLAN.index(plan.process_of("receiver"))
    assert read(ReferralSettings).writeback_receiver_url == f"http://127.0.0.1:{20_010 + receiver}"


def test_only_the_issuer_knows_every_client_s_secret(tmp_path):
    vault = Vault(tmp_path)
    secrets = {client: plan.client_secret(client, vault) for client in plan.CLIENTS}
    assert len(set(secrets.values())) == len(plan.CLIENTS)
    for process in EVERY:
        environment = told(process, tmp_path)
        known = {c for c, text in secrets.items() if any(text in v for v in environment.values())}
        if process.service == "issuer":
            assert known == set(plan.CLIENTS)
        else:
            assert known <= {process.service}


def test_the_first_registrar_is_the_demonstration_s_own():
    assert FIRST_REGISTRAR.subject == plan.REGISTRAR_SUBJECT


@pytest.mark.parametrize("process", EVERY, ids=lambda process: process.service)
async def test_the_plan_names_every_group_that_a_service_reads_in(process, as_told):
    if not process.database:
        assert process.groups == ()
        return
    as_told(process)
    service = import_module(f"{process.module}.main").SERVICE
    settings = read(SETTINGS[process.service])
    database, clients = Database(settings.database_worker_url, "worker"), ServiceClient(settings)

    reading = service.projections(WorkerContext(settings, database, clients))

    assert process.groups == tuple(one.consumer for one in reading)
    await clients.close()


def test_every_module_of_the_plan_can_be_run():
    for process in EVERY:
        module = ROOT / process.module.replace(".", "/")
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists(), module

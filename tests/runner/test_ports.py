"""Ports: the wanted one if it is free, the same again next time, never from the clients' range."""

import socket
from pathlib import Path

import pytest

from runner import ports
from runner.ports import PortFinder, is_free
from runner.refusals import Unusable

pytestmark = pytest.mark.enable_socket


def test_a_port_somebody_listens_on_is_not_free_and_is_passed_over(tmp_path):
    first = PortFinder(tmp_path).take()
    with socket.create_server(("127.0.0.1", first)):
        assert not is_free(first)
        other = PortFinder(tmp_path).take(wanted=first)
        assert other != first
    assert is_free(first)
    assert PortFinder(tmp_path).take(wanted=first) == first


def test_the_same_clone_gets_the_same_ports_and_no_port_twice(tmp_path):
    one, again = PortFinder(tmp_path), PortFinder(tmp_path)
    given = [one.take() for _ in range(10)]
    assert given == [again.take() for _ in range(10)]
    assert len(set(given)) == 10
    assert PortFinder(tmp_path, frozenset(given)).take() not in given


def test_no_port_lies_where_the_kernel_takes_source_ports_from(tmp_path):
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert lowest >= ports.PORT_MAX
    given = PortFinder(tmp_path).take()
    assert ports.PORT_MIN <= given < ports.PORT_MAX


def test_when_nothing_is_free_one_line_says_so_with_its_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(Unusable) as refused:
        PortFinder(tmp_path).take()
    assert "no free port" in refused.value.fact
    assert "ss -ltnp" in refused.value.remedy

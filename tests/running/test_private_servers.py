"""The private PostGIS and Redis: they keep their data, survive accidents and leave nothing behind."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from running import servers as servers_module
from running.errors import CannotRun
from running.postgres import installations
from running.servers import private_servers
from running.supervisor import Supervisor
from tests.running.conftest import is_running, processes_mentioning, wait_until

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def var(place):
    folder = place / "var"
    folder.mkdir()
    return folder


@pytest.fixture
def supervisor(var):
    running = Supervisor(logs=var)
    yield running
    running.stop()
    shutil.rmtree((var / "sockets").resolve(), ignore_errors=True)


def query(servers, statement):
    psql = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement]
    done = subprocess.run(psql, env=os.environ | servers.environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def owner_of_process(pid):
    return Path(f"/proc/{pid}").stat().st_uid


def postmaster(var):
    return int((var / "servers/postgres/postmaster.pid").read_text().split()[0])


def test_the_database_has_postgis_and_keeps_its_rows(var, supervisor):
    servers = private_servers({}, var=var)
    servers.start(supervisor)
    assert query(servers, "SELECT ST_AsText(ST_MakePoint(1, 2))") == "POINT(1 2)"
    query(servers, "CREATE TABLE kept AS SELECT 42 AS answer")
    supervisor.stop()
    again = private_servers({}, var=var)
    again.start(supervisor)
    assert query(again, "SELECT answer FROM kept") == "42"


def test_the_servers_are_reached_through_private_sockets_alone(var, supervisor):
    servers = private_servers({}, var=var)
    servers.start(supervisor)
    assert query(servers, "SHOW listen_addresses") == ""
    sockets = (var / "sockets").resolve()
    assert sockets.stat().st_mode & 0o777 == 0o700
    redis = processes_mentioning(str(sockets))
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=False).stdout
    assert not any(f"pid={pid}," in listening for pid in redis)


@pytest.mark.skipif(not AS_ROOT, reason="the servers run as another user only when root starts them")
def test_the_servers_do_not_run_as_root(var, supervisor):
    private_servers({}, var=var).start(supervisor)
    assert owner_of_process(postmaster(var)) != 0
    assert (var / "servers").stat().st_uid != 0
    assert (var / "servers").stat().st_mode & 0o077 == 0


def test_servers_that_the_environment_names_are_not_started(var, supervisor):
    named = {"DATABASE_URL": "postgis://somewhere/db", "REDIS_URL": "redis://somewhere"}
    servers = private_servers(named, var=var)
    servers.start(supervisor)
    assert servers.environment == {}
    assert not (var / "servers/postgres").exists()
    assert not processes_mentioning(str((var / "sockets").resolve()))


def test_a_deep_folder_is_no_obstacle(place, supervisor):
    deep = place.joinpath(*["a-rather-long-name-of-a-folder"] * 6)
    deep.mkdir(parents=True)
    servers = private_servers({}, var=deep)
    servers.start(supervisor)
    assert query(servers, "SELECT 1") == "1"
    shutil.rmtree((deep / "sockets").resolve())


@pytest.mark.skipif(not AS_ROOT, reason="only root has folders that the servers' user cannot enter")
def test_data_goes_outside_when_the_servers_cannot_enter_the_clone(var, supervisor, place, monkeypatch):
    outside = place / "outside"
    monkeypatch.setattr(servers_module, "OUTSIDE", outside)
    closed = place / "closed"
    (closed / "var").mkdir(parents=True)
    closed.chmod(0o700)
    for _ in range(2):
        servers = private_servers({}, var=closed / "var")
        servers.start(supervisor)
        assert query(servers, "SELECT 1") == "1"
        supervisor.stop()
    assert [folder.resolve() for folder in outside.iterdir()] == [(closed / "var/servers").resolve()]
    shutil.rmtree((closed / "var/sockets").resolve())


def test_a_start_after_a_crash_recovers(var, supervisor):
    servers = private_servers({}, var=var)
    servers.start(supervisor)
    query(servers, "CREATE TABLE kept AS SELECT 42 AS answer")
    crashed = processes_mentioning(str((var / "sockets").resolve()))
    for pid in crashed:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not any(is_running(pid) for pid in crashed))
    with pytest.raises(CannotRun, match="was killed by signal 9"):
        supervisor.check()
    supervisor.stop()
    again = private_servers({}, var=var)
    again.start(supervisor)
    assert query(again, "SELECT answer FROM kept") == "42"


def test_the_number_of_a_dead_server_may_belong_to_another_process(var, supervisor):
    private_servers({}, var=var).start(supervisor)
    note = (var / "servers/postgres/postmaster.pid").read_text()
    supervisor.stop()
    bystander = subprocess.Popen(["sleep", "1000"])
    try:
        stale = var / "servers/postgres/postmaster.pid"
        stale.write_text(note.replace(note.split()[0], str(bystander.pid), 1))
        private_servers({}, var=var).start(supervisor)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_servers_that_a_killed_run_left_working_are_stopped_first(var, supervisor):
    forgotten = Supervisor(logs=var)
    private_servers({}, var=var).start(forgotten)
    old = postmaster(var)
    servers = private_servers({}, var=var)
    servers.start(supervisor)
    assert postmaster(var) != old
    assert query(servers, "SELECT 1") == "1"
    forgotten.stop()


def test_a_cluster_that_was_half_made_is_made_anew(var, supervisor):
    private_servers({}, var=var)
    (var / "servers/postgres.unfinished").mkdir()
    (var / "servers/postgres.unfinished/PG_VERSION").write_text("15\n")
    servers = private_servers({}, var=var)
    servers.start(supervisor)
    assert query(servers, "SELECT 1") == "1"


def test_a_cluster_of_a_missing_version_is_left_alone(var):
    private_servers({}, var=var)
    data = var / "servers/postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotRun, match="made by PostgreSQL 9.*install postgresql-9-postgis-3"):
        private_servers({}, var=var)
    assert (data / "PG_VERSION").read_text() == "9\n"
    shutil.rmtree((var / "sockets").resolve())


def test_a_missing_redis_is_named(var, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("running.servers.server_account", lambda: None)
    with pytest.raises(CannotRun, match="Redis is missing: install redis-server"):
        private_servers({"DATABASE_URL": "postgis://somewhere/db"}, var=var)
    shutil.rmtree((var / "sockets").resolve())


def test_only_installations_with_postgis_are_offered():
    versions = [int(installation.version) for installation in installations()]
    assert versions == sorted(versions, reverse=True)
    assert versions

"""The embedded Valkey lives as long as anybody uses it, whatever happens to whom; real processes, the real server."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from integrations.model.errors import NotConfigured, StoreUnavailable
from integrations.store import embedded

ROOT = Path(__file__).resolve().parents[2]
USE = """
import os, sys, time
from pathlib import Path
from integrations.store.embedded import ensure
folder = Path(sys.argv[1])
url = ensure(folder)
print(url, flush=True)
"""
STAY = USE + "sys.stdin.readline()"
LAST_WORDS = (
    """
import redis, signal
def last_words(*_):
    time.sleep(0.5)
    redis.Redis.from_url(url).set("last", "words")
    sys.exit()
signal.signal(signal.SIGINT, last_words)
"""
    + STAY
)
CHILD_LOOKS_ON = (
    USE
    + """
if not os.fork():
    print(os.getpid(), flush=True)
    time.sleep(30)
sys.stdin.readline()
"""
)
CHILD_TAKES_PART = (
    USE
    + """
if not os.fork():
    ensure(folder)
    print(os.getpid(), flush=True)
    time.sleep(30)
sys.stdin.readline()
"""
)


class App:
    """A process that uses the server until its stdin ends, as leader of its own group."""

    def __init__(self, folder: Path, script: str = STAY) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, str(folder)],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def ready(self) -> redis.Redis:
        return client(self.line())

    def end(self, number: signal.Signals | None = None) -> None:
        if number:
            self.process.send_signal(number)
        self.process.communicate(timeout=5)


def client(url: str, tries: int = 40) -> redis.Redis:
    """A client that, as the app's own does, tries again while the server restarts."""
    retry = Retry(ConstantBackoff(0.1), tries)
    return redis.Redis.from_url(url, decode_responses=True, retry=retry, retry_on_error=[redis.ConnectionError])


def run_id(server: redis.Redis) -> str:
    return server.info("server")["run_id"]


def pid(server: redis.Redis) -> int:
    return server.info("server")["process_id"]


def keeper_of(server: redis.Redis) -> int:
    return int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(pid(server))]))


def alive(process: int) -> bool:
    return subprocess.run(["ps", "-p", str(process)], check=False, stdout=subprocess.DEVNULL).returncode == 0


def free(file: Path, kind: int = fcntl.LOCK_EX) -> bool:
    """Whether this lock can be had, alone or with others."""
    if not file.exists():
        return True
    with file.open() as opened:
        try:
            fcntl.flock(opened, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def gone(folder: Path) -> bool:
    return free(folder / "server") and free(folder / "keeper")


def soon(condition: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture(scope="module", autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """After the last test no server and no keeper runs; a folder's name tells which test left one."""
    yield
    folders = {file.parent for file in tmp_path_factory.getbasetemp().rglob("keeper")}
    folders -= set(embedded._users)  # the other tests' own
    soon(lambda: all(map(gone, folders)))
    assert [folder for folder in folders if not gone(folder)] == []


@pytest.fixture(autouse=True)
def leave() -> Iterator[None]:
    """After each test this process uses no server but those it used before (the other tests' own)."""
    before = set(embedded._users)
    yield
    for folder in set(embedded._users) - before:
        embedded.release(folder)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def app(data: Path) -> Iterator[Callable[..., App]]:
    apps: list[App] = []

    def start(script: str = STAY, folder: Path = data) -> App:
        apps.append(App(folder, script))
        return apps[-1]

    yield start
    for each in apps:
        each.process.kill()
        each.process.communicate()


@pytest.mark.parametrize(("leaver", "number"), [(0, None), (0, signal.SIGKILL), (1, signal.SIGKILL)])
def test_when_one_of_two_users_ends_the_other_goes_on(app, data: Path, leaver: int, number) -> None:
    apps = [app()]
    server = apps[0].ready()
    apps.append(app())
    before = run_id(apps[1].ready())
    apps[leaver].end(number)
    time.sleep(0.6)
    assert not gone(data)
    assert run_id(server) == before


@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGKILL])
def test_when_both_users_end_the_server_is_gone_soon(app, data: Path, number) -> None:
    first, second = app(), app()
    first.ready(), second.ready()
    first.end(number), second.end(number)
    assert soon(lambda: gone(data))
    assert not (data / "valkey.sock").exists()


def test_ctrl_c_lets_the_app_write_its_last_value(app, data: Path) -> None:
    one = app(LAST_WORDS)
    one.ready()
    os.killpg(one.process.pid, signal.SIGINT)
    one.end()
    assert soon(lambda: gone(data))
    assert client(embedded.ensure(data)).get("last") == "words"


def test_a_service_manager_that_terminates_everything_at_once_loses_no_last_value(app, data: Path) -> None:
    one = app(LAST_WORDS)
    server = one.ready()
    for each in (keeper_of(server), pid(server)):
        os.kill(each, signal.SIGTERM)
    one.end(signal.SIGINT)
    assert soon(lambda: gone(data))
    assert client(embedded.ensure(data)).get("last") == "words"


def test_four_processes_that_start_at_once_share_one_server(app) -> None:
    apps = [app() for _ in range(4)]
    assert len({run_id(each.ready()) for each in apps}) == 1


def test_threads_that_start_at_once_share_one_server(data: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(embedded.ensure, [data] * 8))
    assert len(urls) == 1
    embedded.release(data)
    assert soon(lambda: gone(data)), "one release undoes any number of calls"


def test_a_server_killed_is_back_with_its_data(data: Path) -> None:
    server = client(embedded.ensure(data))
    server.set("kept", "yes")
    before = run_id(server)
    os.kill(pid(server), signal.SIGKILL)
    assert server.get("kept") == "yes"
    assert run_id(server) != before


def test_after_keeper_and_server_were_killed_the_next_call_brings_both_back(data: Path) -> None:
    server = client(embedded.ensure(data))
    server.set("kept", "yes")
    keeper = keeper_of(server)
    os.kill(keeper, signal.SIGKILL)
    os.kill(pid(server), signal.SIGKILL)
    assert soon(lambda: gone(data))
    assert client(embedded.ensure(data)).get("kept") == "yes"


def test_a_new_keeper_adopts_the_server_of_one_that_was_killed(data: Path) -> None:
    server = client(embedded.ensure(data))
    before = run_id(server)
    os.kill(keeper_of(server), signal.SIGKILL)
    assert soon(lambda: free(data / "keeper"))
    assert run_id(client(embedded.ensure(data))) == before
    assert not free(data / "keeper")
    embedded.release(data)
    assert soon(lambda: gone(data))


def test_data_survive_a_full_stop_and_start(data: Path) -> None:
    client(embedded.ensure(data)).set("kept", "yes")
    embedded.release(data)
    assert soon(lambda: gone(data))
    assert client(embedded.ensure(data)).get("kept") == "yes"


def test_a_newcomer_during_the_shutdown_waits_and_loses_nothing(data: Path) -> None:
    for number in range(5):
        assert client(embedded.ensure(data), tries=0).incr("visits") == number + 1
        embedded.release(data)
        time.sleep(0.2 + number * 0.05)


def test_nobody_joins_a_server_that_is_being_shut_down(app, data: Path) -> None:
    server = client(embedded.ensure(data))
    process, before = pid(server), run_id(server)
    os.kill(process, signal.SIGSTOP)
    embedded.release(data)
    assert soon(lambda: not free(data / "users", fcntl.LOCK_SH)), "the keeper has it while the server takes its time"
    newcomer = app()
    os.kill(process, signal.SIGCONT)
    assert run_id(newcomer.ready()) != before


def test_a_file_cut_off_by_a_crash_is_read_up_to_there(data: Path) -> None:
    server = client(embedded.ensure(data))
    server.set("kept", "yes")
    embedded.release(data)
    assert soon(lambda: gone(data))
    (log,) = (data / "appendonlydir").glob("*.incr.aof")
    with log.open("ab") as end:
        end.write(b"*3\r\n$3\r\nSET\r\n$4\r\nha")
    assert client(embedded.ensure(data)).get("kept") == "yes"


def test_a_path_with_odd_characters_works(tmp_path: Path) -> None:
    odd = tmp_path / "'a b' 1%20#ü?"
    server = client(embedded.ensure(odd))
    assert Path(server.config_get("dir")["dir"]) == odd


def test_a_path_too_deep_for_a_socket_has_it_in_a_private_folder_elsewhere(tmp_path: Path) -> None:
    characters = len(str(tmp_path / "valkey.sock")) + 1
    deep = tmp_path / ("é" * max(12, 99 - characters))  # up to 99 characters, but more bytes
    server = client(embedded.ensure(deep))
    address = Path(server.config_get("unixsocket")["unixsocket"])
    assert len(str(address)) < 100
    assert address.parent.stat().st_mode & 0o777 == 0o700
    assert Path(server.config_get("dir")["dir"]) == deep
    embedded.release(deep)
    assert soon(lambda: gone(deep))
    assert not address.parent.exists(), "and takes it away again"


def test_a_relative_path_and_a_link_name_the_same_server(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data.parent)
    Path("link").symlink_to(data)
    assert embedded.ensure(Path("data")) == embedded.ensure(Path("link")) == embedded.ensure(data)
    assert [folder for folder in embedded._users if folder.is_relative_to(data.parent)] == [data]


def test_two_folders_have_two_servers(tmp_path: Path) -> None:
    one, two = (client(embedded.ensure(tmp_path / name)) for name in "ab")
    one.set("mine", "a")
    assert two.get("mine") is None


def test_nobody_else_may_look_in_and_no_port_is_open(data: Path) -> None:
    data.mkdir(mode=0o755)
    server = client(embedded.ensure(data))
    assert data.stat().st_mode & 0o777 == 0o700
    assert all(not path.stat().st_mode & 0o077 for path in data.rglob("*"))
    assert server.config_get("port")["port"] == "0"
    assert server.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


def test_a_forked_child_that_only_looks_on_is_no_user(app, data: Path) -> None:
    one = app(CHILD_LOOKS_ON)
    one.ready()
    child = int(one.line())
    one.process.kill()
    assert soon(lambda: gone(data))
    os.kill(child, signal.SIGKILL)


def test_a_forked_child_that_asks_is_a_user_of_its_own(app, data: Path) -> None:
    one = app(CHILD_TAKES_PART)
    server = one.ready()
    child, before = int(one.line()), run_id(server)
    one.process.kill()
    time.sleep(0.6)
    assert run_id(server) == before
    os.kill(child, signal.SIGKILL)
    assert soon(lambda: gone(data))


def test_a_folder_deleted_under_the_app_is_made_anew(data: Path) -> None:
    server = client(embedded.ensure(data))
    old = pid(server)
    shutil.rmtree(data)
    server = client(embedded.ensure(data))
    assert pid(server) != old
    assert soon(lambda: not alive(old))
    assert server.set("new", "value")


def test_a_folder_made_anew_by_another_process_is_joined_by_the_next_call(app, data: Path) -> None:
    embedded.ensure(data)
    shutil.rmtree(data)
    other = app()
    server = other.ready()
    before = run_id(server)
    embedded.ensure(data)
    other.end()
    time.sleep(0.6)
    assert run_id(server) == before


def test_a_socket_cleaned_away_comes_back(data: Path) -> None:
    client(embedded.ensure(data)).set("kept", "yes")
    (data / "valkey.sock").unlink()
    assert client(embedded.ensure(data)).get("kept") == "yes"


def test_stale_files_of_a_crash_do_not_matter(data: Path) -> None:
    data.mkdir()
    (data / "server").write_text(str(os.getpid()))
    for name in ("keeper", "users", "valkey.sock"):
        (data / name).write_text("")
    assert client(embedded.ensure(data)).ping()


def test_the_log_stays_small(data: Path) -> None:
    data.mkdir()
    (data / "valkey.log").write_bytes(b"x" * 1_100_000)
    embedded.ensure(data)
    assert (data / "valkey.log").stat().st_size < 10_000


@pytest.mark.parametrize("place", ["file", "file/below", "locked/below"])
def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "locked").mkdir(mode=0o500)
    if place.startswith("locked") and os.geteuid() == 0:
        pytest.skip("root writes anywhere")
    with pytest.raises(NotConfigured, match="Set it to a folder that this account may write, or set REDIS_URL"):
        embedded.ensure(tmp_path / place)


def test_a_folder_of_another_account_is_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: data.parent.stat().st_uid + 1)
    with pytest.raises(NotConfigured, match="belongs to another account"):
        embedded.ensure(data)


def test_a_platform_without_a_binary_is_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "sparc")
    with pytest.raises(NotConfigured, match="set REDIS_URL"):
        embedded.ensure(data)


def test_a_server_that_does_not_come_up_is_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_binary", lambda: "/bin/false")
    monkeypatch.setattr(embedded, "START_WITHIN", 0.5)
    with pytest.raises(StoreUnavailable):
        embedded.ensure(data)

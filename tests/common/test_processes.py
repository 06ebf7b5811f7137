# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from surmax.common import processes
from surmax.common.processes import run, running

# Writes its number and that of its child to a file; both wait.
NAPPING = ["sh", "-c", 'sleep 100 & echo $$ $! >"$0"; wait', "pids"]

# Says in a file when all three programs are known to the shell that outlives a SIGKILL: it cannot
# know one that is only just starting.
SCRIPT = """
import sys, threading, time
from pathlib import Path
from surmax.common.processes import _state, end_on_signals, run
def known():
    while len(_state.groups) < 3:
        time.sleep(0.01)
    Path("known").touch()
threading.Thread(target=known, daemon=True).start()
end_on_signals()
napping = {napping!r}
commands = [[*napping[:-1], f"pids{{k}}"] for k in range(2)]
jobs = [threading.Thread(target=run, args=(one,), kwargs={{"timeout": 99}}) for one in commands]
for job in jobs:
    job.start()
run(napping, timeout=99)
"""


def alive(pid):
    """Whether a process is there and no zombie."""
    with suppress(OSError):
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        return status.rpartition(")")[2].split()[0] != "Z"
    return False


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
    return found


def pids(path):
    """Return what a napping program has written, once it has."""
    wait_for(lambda: path.is_file() and path.read_text(encoding="utf-8").endswith("\n"))
    return path.read_text(encoding="utf-8").split()


def test_output_is_read_whatever_it_is():
    done = run(["sh", "-c", r"printf 'a\377b'; echo c >&2; exit 3"], timeout=20)
    assert (done.returncode, done.stdout) == (3, "a\ufffdbc\n")
    done = run(["sh", "-c", "echo a; echo c >&2"], timeout=20, apart=True)
    assert (done.stdout, done.stderr) == ("a\n", "c\n")
    with pytest.raises(FileNotFoundError):
        run(["no-such-program"], timeout=1)


def test_a_program_has_no_input():
    assert run(["cat"], timeout=20).stdout == ""


@pytest.mark.parametrize("how", ["late", "error"])
def test_what_a_program_started_ends_with_it(tmp_path, how):
    if how == "late":
        with pytest.raises(subprocess.TimeoutExpired):
            run(NAPPING, timeout=1, cwd=tmp_path)
    else:
        with pytest.raises(AssertionError), running(NAPPING, cwd=tmp_path):
            assert not pids(tmp_path / "pids")
    assert not any(map(alive, pids(tmp_path / "pids")))
    assert processes._state.groups == set()


@pytest.mark.parametrize(
    ("how", "code"), [("INT", None), ("TERM", 143), ("HUP", 129), ("KILL", -9)]
)
def test_programs_end_with_this_process(tmp_path, how, code):
    script = SCRIPT.format(napping=NAPPING)
    # A shell that starts programs in the background lets them ignore SIGINT.
    default = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{default}\n{script}"]
    parent = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    found = [pid for name in ("pids", "pids0", "pids1") for pid in pids(tmp_path / name)]
    assert all(map(alive, found))
    if how == "KILL":
        wait_for((tmp_path / "known").exists)
    parent.send_signal(getattr(signal, f"SIG{how}"))
    parent.communicate(timeout=20)
    wait_for(lambda: not any(map(alive, found)))
    assert code in (None, parent.returncode)


def test_an_ignored_signal_stays_ignored():
    script = (
        "import os, signal\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from surmax.common.processes import end_on_signals\n"
        "end_on_signals()\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "print('there')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"there\n"


def test_a_signal_waits_for_short_steps():
    script = (
        "import os, signal\n"
        "from surmax.common.processes import Ended, end_on_signals, held, run\n"
        "end_on_signals()\n"
        "try:\n"
        "    with held(), held():\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        print('done', flush=True)\n"
        "    print('never', flush=True)\n"
        "except Ended as ended:\n"
        "    print(ended, ended.code, flush=True)\n"
        "run(['echo'], timeout=9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    # Nothing can be started any more.
    assert (done.returncode, done.stderr) == (143, b"")
    assert done.stdout.decode().splitlines() == ["done", "ended by SIGTERM 143"]


def test_a_fork_has_programs_of_its_own(tmp_path):
    with running(NAPPING, cwd=tmp_path) as process:
        found = pids(tmp_path / "pids")
        child = os.fork()
        if child == 0:
            processes.end_all()
            os._exit(len(processes._state.groups))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert all(map(alive, found))
        assert process.poll() is None

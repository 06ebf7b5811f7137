# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.repository import ROOT
from surmax.golden import InputError
from surmax.synth.tasks.run import run_tasks
from surmax.synth.tasks.task import Task, code_digest, one_line, perform

# Worker processes import the sample functions from here.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(ROOT / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])]
)


def task(name, cost=0.0, **arguments):
    return Task(f"helpers.task_samples.{name}", arguments, f"{name} {arguments}", cost)


def alive(pid):
    """Whether a process is there and no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_for(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
    return found


def test_results_come_in_order_and_are_kept(tmp_path):
    log = tmp_path / "log"
    tasks = [task("square", value=k, log=str(log)) for k in (3, 1, 2, 3)]
    seen = []

    def progress(outcome, done, wanted):
        seen.append((outcome.kept, done, wanted))

    first = run_tasks(tasks, cache=tmp_path / "c", workers=2, progress=progress)
    assert [one.result for one in first] == [
        {"square": k * k, "pair": [k, k]} for k in (3, 1, 2, 3)
    ]
    assert seen == [(False, 1, 3), (False, 2, 3), (False, 3, 3)]
    assert sorted(log.read_text().split()) == ["1", "2", "3"]
    again = run_tasks(tasks, cache=tmp_path / "c", workers=2, progress=progress)
    assert [(one.result, one.error, one.kept) for one in again] == [
        (one.result, "", True) for one in first
    ]
    assert seen[3:] == [(True, 1, 3), (True, 2, 3), (True, 3, 3)]
    assert len(log.read_text().split()) == 3
    assert len(list((tmp_path / "c").iterdir())) == 3


def test_failures_are_one_line_and_lose_no_other(tmp_path):
    tasks = [
        task("refuse", value=4),
        task("fail", lines=["yosys failed:", "much", "ERROR: no such cell"]),
        task("die"),
        task("not_json"),
        *(task("square", value=k) for k in range(4)),
    ]
    outcomes = run_tasks(tasks, cache=tmp_path, workers=2)
    errors = [one.error for one in outcomes]
    assert errors[0] == "value must be 1, not 4"
    assert errors[1] == "RuntimeError: yosys failed: ERROR: no such cell"
    assert errors[2].startswith("BrokenProcessPool: A process")
    assert errors[3] == "TypeError: Object of type set is not JSON serializable"
    assert errors[4:] == [""] * 4
    assert [one.result["square"] for one in outcomes[4:]] == [0, 1, 4, 9]
    # A failure is not kept: the next run tries again.
    assert len(list(tmp_path.iterdir())) == 4


def test_costly_tasks_start_first(tmp_path):
    log = tmp_path / "log"
    tasks = [task("square", cost=k % 3, value=k, log=str(log)) for k in range(6)]
    run_tasks(tasks, cache=tmp_path / "c", workers=1)
    assert log.read_text().split() == ["2", "5", "1", "4", "0", "3"]


def test_what_a_digest_depends_on(monkeypatch):
    first = task("square", value=1).digest
    assert task("square", cost=5, value=1).digest == first
    assert task("square", value=2).digest != first
    assert task("fail", value=1).digest != first
    monkeypatch.setattr("surmax.synth.tasks.task.code_digest", lambda function: "another")
    assert task("square", value=1).digest != first


@pytest.mark.parametrize(
    ("function", "arguments", "kind"),
    [
        ("helpers.task_samples.nothing", {}, AttributeError),
        ("no_such_module.f", {}, ModuleNotFoundError),
        ("helpers.task_samples.square", {"value": {1}}, TypeError),
        ("helpers.task_samples.square", {"value": float("nan")}, ValueError),
    ],
)
def test_a_task_that_can_not_run_is_refused_at_once(function, arguments, kind, tmp_path):
    with pytest.raises(kind):
        run_tasks([Task(function, arguments, "")], cache=tmp_path)


def test_bad_workers(tmp_path):
    with pytest.raises(InputError, match=r"workers must be .*, not 0"):
        run_tasks([], cache=tmp_path, workers=0)


def test_a_worker_with_other_sources_is_refused():
    function = "helpers.task_samples.square"
    assert perform(function, {"value": 2}, code_digest(function))[0]["square"] == 4
    result, error = perform(function, {"value": 2}, "other")
    assert result is None
    assert error == "the worker has another version of surmax or of its tools"


def test_one_line_is_short():
    assert one_line(ValueError()) == "ValueError"
    assert one_line(InputError("a\nb\nc")) == "a b c"
    assert len(one_line(ValueError("x" * 1000))) == 400


SCRIPT = """
import signal, sys
from pathlib import Path
from surmax.synth.tasks.task import Task
from surmax.synth.tasks.run import run_tasks
if __name__ == "__main__":
    # Tests in the background of a shell ignore it, and so would the script.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tasks = [Task("helpers.task_samples.square", {"value": 5}, "", 1.0)]
    tasks += [Task("helpers.task_samples.nap", {"log": f"nap{k}"}, "") for k in range(2)]
    run_tasks(tasks, cache=Path("c"), workers=2)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_no_process_and_loses_no_result(how, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    parent = subprocess.Popen([sys.executable, "script.py"], cwd=tmp_path, stderr=-1, text=True)
    naps = [tmp_path / "nap0", tmp_path / "nap1"]
    wait_for(lambda: all(nap.is_file() and nap.read_text() for nap in naps))
    pids = [pid for nap in naps for pid in nap.read_text().split()]
    assert all(map(alive, pids))
    parent.send_signal(how)
    parent.communicate(timeout=30)
    wait_for(lambda: not any(map(alive, pids)))
    kept = [json.loads(path.read_text()) for path in (tmp_path / "c").glob("*.json")]
    assert [one["result"]["square"] for one in kept] == [25]


def test_a_cluster_needs_an_address_that_answers(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("surmax.synth.tasks.cluster._PATIENCE", 1)
    with pytest.raises(InputError, match=r"scheduler is 'tcp://127.0.0.1:1': no Dask scheduler"):
        run_tasks([task("die")], cache=tmp_path, scheduler="tcp://127.0.0.1:1")


def test_a_cluster_without_the_package_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'surmax\[cluster\]'"):
        run_tasks([task("die")], cache=tmp_path, scheduler="tcp://127.0.0.1:1")


def test_a_killed_dask_worker_loses_no_result(tmp_path):
    distributed = pytest.importorskip("distributed")
    log = tmp_path / "log"
    tasks = [task("slow", value=k, seconds=0.3, log=str(log)) for k in range(8)]
    tasks += [task("refuse", value=9)]
    killed = []

    def progress(outcome, done, wanted):
        if done == 2:
            # Lines of tasks that began and did not finish yet, the last of which runs now.
            killed.append(int(log.read_text().split()[-1]))
            os.kill(killed[0], signal.SIGKILL)

    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, local_directory=str(tmp_path), **options) as cluster:
        outcomes = run_tasks(
            tasks, cache=tmp_path / "c", scheduler=cluster.scheduler_address, progress=progress
        )
    assert [one.result for one in outcomes] == [*range(8), None]
    assert outcomes[-1].error == "value must be 1, not 9"
    began = [line.split() for line in log.read_text().splitlines()]
    assert len({pid for _, pid in began}) >= 2
    assert len(began) > 8  # the task of the killed worker began twice
    assert len(list((tmp_path / "c").glob("task-*.json"))) == 8

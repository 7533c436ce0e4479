"""Runs in the interpreter that has Ray: a task pinned to each node runs a command there, each line tells of one node.

The first line names the nodes: {"nodes": [...]}. Every other line is what became of the command on one of them.
"""

import json
import os
import sys
import threading
import time
from typing import Any

# For how long Ray may take to let a program join, in seconds.
_LEAST_S = 3.0  # who would have less is not asked any more
JOIN_S = 30.0


def tell(**values: Any) -> None:
    """Write one line, whole."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def ask(command: list[str], node: str, limit_s: float) -> dict[str, Any]:
    """Run the command on the node of the task; the word {python} is the interpreter of Ray's workers there."""
    import os
    import subprocess
    import sys

    # Ray hides the GPUs from a task that asks for none, and all of them are to be seen.
    env = dict(os.environ)
    if env.get("CUDA_VISIBLE_DEVICES") == "":
        del env["CUDA_VISIBLE_DEVICES"]
    words = [sys.executable if word == "{python}" else word for word in command]
    try:
        done = subprocess.run(
            [*words, "--node", node],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit_s,
            check=False,
            env=env,
        )
    except subprocess.TimeoutExpired:
        return {"ended": "timeout", "seconds": limit_s}
    except OSError as error:
        return {"ended": "not-started", "err": str(error)}
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    return {"ended": "exit", "code": done.returncode, "out": out, "err": err[-8192:]}


def names(nodes: list[dict[str, Any]]) -> dict[str, str]:
    """Return the name of each node by its id: the one that it was given, else that of its host; all differ."""
    found = {}
    for node in nodes:
        given, address = str(node.get("NodeName") or ""), str(node.get("NodeManagerAddress"))
        host = str(node.get("NodeManagerHostname") or address)
        found[node["NodeID"]] = given if given and given != address else host
    taken = list(found.values())
    return {
        number: name if taken.count(name) == 1 else name + ":" + number[:8]
        for number, name in found.items()
    }


def main(address: str, command: list[str], node_s: float, at_once: int, until: float) -> None:
    """Ask the nodes, so many at a time, and tell of each as it answers; *until* is a time of the clock of processes."""
    del sys.path[0]  # the folder of this file, where a module called ray is another one
    joining = threading.Timer(min(until - time.monotonic(), JOIN_S), give_up)
    joining.daemon = True
    joining.start()
    import ray

    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    nodes = ray.nodes()
    joining.cancel()
    called = names(nodes)
    alive = {node["NodeID"] for node in nodes if node["Alive"]}
    # A node that died and joined again is there twice; the one that lives counts.
    dead = {called[number] for number in called if number not in alive}
    tell(nodes=sorted(set(called.values())))
    for name in sorted(dead - {called[number] for number in alive}):
        tell(node=name, ended="dead")
    waiting = sorted(alive, key=lambda number: called[number], reverse=True)
    running: dict[Any, tuple[str, float]] = {}
    while (waiting or running) and time.monotonic() < until:
        while waiting and len(running) < at_once and until - time.monotonic() > _LEAST_S:
            number = waiting.pop()
            limit_s = min(node_s, until - time.monotonic())
            task = pinned(ray, number).remote(command, called[number], max(1, limit_s - 2))
            running[task] = called[number], time.monotonic() + limit_s
        if not running:
            break
        for task in answered(ray, running):
            name, _ = running.pop(task)
            try:
                tell(node=name, **ray.get(task))
            except Exception as error:  # noqa: BLE001  whatever Ray raises is what became of the node
                tell(node=name, ended="failed", err=" ".join(str(error).split())[:2000])
        for task in [task for task in running if running[task][1] < time.monotonic()]:
            tell(node=running.pop(task)[0], ended="timeout", seconds=node_s)
            ray.cancel(task, force=True)
    leave(ray, running, [called[number] for number in waiting], node_s)


def leave(
    ray: Any, running: dict[Any, tuple[str, float]], waiting: list[str], node_s: float
) -> None:
    """Tell whose time is up and whose turn never came, and then end the tasks, for which Ray may take longer."""
    for name, _ in running.values():
        tell(node=name, ended="timeout", seconds=node_s)
    for name in waiting:
        tell(node=name, ended="turn")
    for task in running:
        ray.cancel(task, force=True)


def pinned(ray: Any, number: str) -> Any:
    """Return what runs on one node alone, whatever else has its processors."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    remote = ray.remote(num_cpus=0, max_retries=0)(ask)
    return remote.options(scheduling_strategy=NodeAffinitySchedulingStrategy(number, soft=False))


def answered(ray: Any, running: dict[Any, tuple[str, float]]) -> list[Any]:
    """Wait a little for one of the tasks, and return those that are done."""
    done, _ = ray.wait(list(running), num_returns=1, timeout=0.5)
    found: list[Any] = done
    return found


def give_up() -> None:
    """End where Ray lets no program join: its own waiting cannot be ended otherwise."""
    sys.stderr.write("it lets no program join\n")
    sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    numbers = float(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
    main(sys.argv[1], json.loads(sys.argv[2]), *numbers)

"""Runs in the interpreter that has Ray: a task pinned to each node runs a command there, each line tells of one node.

The first line names the nodes: {"nodes": [...]}. Every other line is what became of the command on one of them.
"""

import json
import sys
import time
from typing import Any


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


def main(address: str, command: list[str], node_s: float) -> None:
    """Ask all nodes at once and tell of each as it answers."""
    del sys.path[0]  # the folder of this file, where a module called ray is another one
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    nodes = ray.nodes()
    called = names(nodes)
    alive = {node["NodeID"] for node in nodes if node["Alive"]}
    # A node that died and joined again is there twice; the one that lives counts.
    dead = {called[number] for number in called if number not in alive}
    tell(nodes=sorted(set(called.values())))
    for name in sorted(dead - {called[number] for number in alive}):
        tell(node=name, ended="dead")
    remote = ray.remote(num_cpus=0, max_retries=0)(ask)
    running = {
        remote.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(number, soft=False)
        ).remote(command, called[number], max(1, node_s - 2)): called[number]
        for number in sorted(alive)
    }
    until = time.monotonic() + node_s
    while running and time.monotonic() < until:
        done, _ = ray.wait(list(running), num_returns=1, timeout=0.5)
        for task in done:
            name = running.pop(task)
            try:
                tell(node=name, **ray.get(task))
            except Exception as error:  # noqa: BLE001  whatever Ray raises is what became of the node
                tell(node=name, ended="failed", err=" ".join(str(error).split())[:2000])
    for task, name in running.items():
        tell(node=name, ended="timeout", seconds=node_s)
        ray.cancel(task, force=True)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3]))

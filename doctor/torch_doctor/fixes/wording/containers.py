"""How to start a container again, by its engine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Fix
from torch_doctor.core.startup import regex
from torch_doctor.fixes.kinds import CONTAINER, RestartAsItIs, RestartContainer
from torch_doctor.fixes.person import Person

_GPUS = {"podman": "--device nvidia.com/gpu=all"}
_POD = (
    "ask for a GPU in the Pod: resources.limits nvidia.com/gpu: 1 (its device plugin must run), "
    "and runtimeClassName: nvidia where that is not the default runtime"
)
_COMPOSE = "in compose: deploy.resources.reservations.devices with capabilities: [gpu]"
# What a device request names itself, in the place of the variable.
_CAPABILITIES = "NVIDIA_DRIVER_CAPABILITIES"
_AS_IT_WAS = "and the rest of the command as it was"
_ON_WINDOWS = " (Docker Desktop gives GPUs with its WSL 2 backend alone)"
_NV = ("apptainer", "singularity")
_WITH_GPUS = "asked-for-gpus"


def restart_container(action: RestartContainer, person: Person) -> Fix | None:
    """Start the container again, in the words of its engine."""
    engine = person.engine or "docker"
    plain = action.gpus and not (action.variables or action.shared_memory or action.memory_lock)
    if plain and _WITH_GPUS in person.tried:
        return None
    if engine == "kubernetes":
        return _in_a_pod(action)
    if person.compose:
        return _in_compose(action, engine)
    if engine in _NV and action.gpus:
        return Fix(f"start it with --nv: {engine} exec --nv, {_AS_IT_WAS}", scope=CONTAINER)
    options = tuple(_options(action, engine))
    own = _with_options(person.started or "", options)
    compose = f"; {_COMPOSE}" if plain and engine == "docker" and not action.runtime else ""
    if own is None:
        program = "podman" if engine == "podman" else "docker"
        how = f": {program} run {' '.join(options)}, {_AS_IT_WAS}" if options else ""
        how += _ON_WINDOWS if how and person.system == "windows" else ""
        return Fix(f"start the container {action.why}{how}{compose}", scope=CONTAINER)
    values = _VALUES if _VARIABLE.search(own) else ""
    return Fix(f"start the container {action.why}{values}{compose}", (own,), CONTAINER)


def _with_options(command: str, options: tuple[str, ...]) -> str | None:
    """Return a *command* with *options* behind its "run"; None where it is none, or has one of them already."""
    names = [re.escape(re.split(r"[ =]", option)[0]) for option in options if option[:2] == "--"]
    asked = re.search(rf"\s(?:{'|'.join((*names, '--ipc'))})(?=[ =])", command)
    run = _RUN.match(command)
    if run is None or asked or not options:
        return None
    return f"{run[0]} {' '.join(options)}{command[run.end() :]}"


_RUN = regex(r"^(?:sudo )?(?:docker|podman|nerdctl)(?: container)? run(?= )")
_VARIABLE = regex(r" -e \w+(?= )")
_VALUES = " (-e NAME takes the value that the shell has)"


def restart_as_it_is(action: RestartAsItIs, person: Person) -> Fix:
    """Restart the container, or have its Pod made anew."""
    if person.engine == "kubernetes":
        named = "kubectl delete pod, with its name of this list"
        text = f"delete the Pod, so that it is made anew ({named}): {action.why}"
        return Fix(text, ("kubectl get pods",), CONTAINER)
    engine = "podman" if person.engine == "podman" else "docker"
    if person.compose:
        return Fix(
            f"restart the container: {action.why}", (f"{engine} compose restart",), CONTAINER
        )
    text = f"restart the container ({engine} restart, with its name of this list): {action.why}"
    return Fix(text, (f"{engine} ps",), CONTAINER)


def _in_a_pod(action: RestartContainer) -> Fix:
    if action.shared_memory:
        text = "mount an emptyDir with medium: Memory at /dev/shm, and start the Pod again"
        volume = "volumes: [{name: shm, emptyDir: {medium: Memory}}]"
        mount = "volumeMounts: [{name: shm, mountPath: /dev/shm}]"
        return Fix(text, scope=CONTAINER, lines=(volume, mount))
    if action.variables or action.memory_lock:
        pairs = ", ".join(f"{name}={value}" for name, value in action.variables)
        each = (f'{{name: {name}, value: "{value}"}}' for name, value in action.variables)
        lines = (f"env: [{', '.join(each)}]",) if action.variables else ()
        text = f"start the Pod again {action.why}{f' (env: {pairs})' if pairs else ''}"
        return Fix(text, scope=CONTAINER, lines=lines)
    return Fix(_POD, scope=CONTAINER, lines=("resources: {limits: {nvidia.com/gpu: 1}}",))


def _in_compose(action: RestartContainer, engine: str) -> Fix:
    """Say what the service's part of the compose file must hold, and how it is started anew."""
    lines = tuple(_in_the_file(action, engine))
    program = "podman compose" if engine == "podman" else "docker compose"
    what = "this line" if len(lines) == 1 else "these lines"
    what += " (a device reservation)" if lines[0].startswith("deploy:") else ""
    text = f"give the service {what} in the compose file, under its name, and start it {action.why}"
    return Fix(text, (f"{program} up -d --force-recreate",), CONTAINER, lines=lines)


def _in_the_file(action: RestartContainer, engine: str) -> Iterator[str]:
    named = dict(action.variables)
    if action.runtime:
        yield f"runtime: {action.runtime}"
    elif action.gpus and engine == "podman":
        yield "devices: [nvidia.com/gpu=all]"
    elif action.gpus:
        asked = "".join(f", {part}" for part in named.pop(_CAPABILITIES, "").split(",") if part)
        device = f"{{driver: nvidia, count: all, capabilities: [gpu{asked}]}}"
        yield f"deploy: {{resources: {{reservations: {{devices: [{device}]}}}}}}"
    if named:
        each = (f'{name}: "{value}"' for name, value in named.items())
        yield f"environment: {{{', '.join(each)}}}"
    if action.shared_memory:
        yield f"shm_size: {action.shared_memory}"
    if action.memory_lock:
        yield "ulimits: {memlock: -1}"
        yield "cap_add: [IPC_LOCK]"


def _options(action: RestartContainer, engine: str) -> Iterator[str]:
    if action.runtime:
        yield f"--runtime {action.runtime}"
    elif action.gpus:
        yield _GPUS.get(engine, "--gpus all")
    for name, value in action.variables:
        yield f"-e {name}={value}"
    if action.shared_memory:
        yield f"--shm-size={action.shared_memory}"
    if action.memory_lock:
        yield "--ulimit memlock=-1 --cap-add IPC_LOCK"


# Options of docker run that a value follows.
_WITH_VALUE = frozenset(
    (
        *(
            "-e",
            "-h",
            "-l",
            "-m",
            "-p",
            "-u",
            "-v",
            "-w",
            "--add-host",
            "--cap-add",
            "--cpus",
            "--device",
        ),
        *(
            "--entrypoint",
            "--env",
            "--env-file",
            "--gpus",
            "--hostname",
            "--ipc",
            "--label",
            "--log-opt",
        ),
        *(
            "--memory",
            "--mount",
            "--name",
            "--net",
            "--network",
            "--pid",
            "--platform",
            "--publish",
            "--pull",
        ),
        *(
            "--restart",
            "--runtime",
            "--security-opt",
            "--shm-size",
            "--tmpfs",
            "--ulimit",
            "--user",
        ),
        *("--userns", "--volume", "--workdir"),
    )
)


def image_in(command: str) -> str | None:
    """Return the image of ``docker run … IMAGE …``, or None."""
    words = iter(command.split())
    if "run" not in command.split() or not any(word == "run" for word in words):
        return None
    for word in words:
        if not word.startswith("-"):
            return word
        if word in _WITH_VALUE:
            next(words, None)
    return None

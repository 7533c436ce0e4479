"""The server: the tools offered over standard input and output by the SDK of the protocol (the extra ``mcp``)."""

from __future__ import annotations

import functools
from collections.abc import Callable

from torch_doctor import __version__
from torch_doctor.core.startup import TYPE_CHECKING, Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.matrix.store import MatrixError
from torch_doctor.serving.tools import ALL

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

_LONGEST = 1000
_AROUND = regex(r"\AError executing tool \w+: |For further information visit \S+")
_ABOUT = (
    "Tells why PyTorch cannot use a GPU and what the cheapest cure is: offline, with a source for every claim. check "
    "looks at this machine, triage reads a report of another one, recommend names builds, explain says what a code or "
    "an error means, lint reads files before they ship. Unknown is an answer: never take it for healthy. Cures are "
    "words and commands for a person; no tool carries one out."
)


def server() -> MCPServer:
    """Return the server with every tool, marked as one that only reads. Raise ModuleNotFoundError without the SDK."""
    from mcp.server.mcpserver import MCPServer
    from mcp.types import ToolAnnotations

    middleware: Any = (_in_one_line,)
    made = MCPServer(
        "torch-doctor",
        title="torch-doctor",
        instructions=_ABOUT,
        version=__version__,
        log_level="ERROR",
        middleware=middleware,
    )
    reads = ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    for tool in ALL:
        made.add_tool(_worded(tool), annotations=reads, structured_output=True)
    return made


def _worded(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Return *tool* whose errors are words for whoever asked; a fault of our own is named, too."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(tool)
    def asked(*values: Any, **named: Any) -> Any:
        try:
            return tool(*values, **named)
        except FileNotFoundError as error:
            missing = error.filename or error
            raise ToolError(f"{missing}: there is no such file or folder") from error
        except (ValueError, TypeError, OSError, MatrixError) as error:
            raise ToolError(str(error)) from error
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise ToolError(f"torch-doctor itself failed: {what}") from error

    return asked


async def _in_one_line(ctx: Any, call_next: Any) -> Any:
    """Fold an error that the SDK words over many lines into one, without its opening and its links."""
    result = await call_next(ctx)
    if isinstance(result, dict) and result.get("isError"):
        for one in result["content"]:
            one["text"] = one_line(_AROUND.sub("", one["text"]), _LONGEST)
    return result

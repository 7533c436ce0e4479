"""Which matrix answers: its date and where it came from, in words and as JSON."""

from __future__ import annotations

from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.matrix.load import InForce


def words(found: InForce) -> str:
    """Return one line without its end."""
    from torch_doctor import __version__

    matrix, taken = found.matrix, found.taken
    line = f"matrix of {matrix.version}, digest {matrix.digest[:12]}, "
    if taken is not None and found.is_taken:
        return f"{line}taken on {taken.day} from {taken.source} (sha256 {taken.sha256[:12]})"
    line += f"packaged with torch-doctor {__version__}"
    if taken is not None and not found.unfit:
        line += f"; the one of {taken.matrix.version} that was taken on {taken.day} is older and does not answer"
    return line


def document(found: InForce) -> dict[str, Any]:
    """Return the same as fields: what was taken, whether it answers, and where it is kept."""
    matrix, taken = found.matrix, found.taken
    head: dict[str, Any] = {
        "version": matrix.version,
        "digest": matrix.digest,
        "origin": "taken" if found.is_taken else "packaged",
        "unfit": found.unfit,
        "taken": None,
    }
    if taken is not None:
        head["taken"] = {
            "version": taken.matrix.version,
            "digest": taken.matrix.digest,
            "source": taken.source,
            "day": taken.day,
            "sha256": taken.sha256,
            "path": taken.path,
        }
    return head

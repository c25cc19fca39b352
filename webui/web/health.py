"""Whether the process lives."""

from flask import Blueprint

from webui.core.permissions import public

bp = Blueprint("health", __name__)


@bp.get("/livez")
@public
def livez() -> tuple[str, dict[str, str]]:
    """Answers while the process can answer at all; asks nothing else."""
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}

"""Liveness check of the process."""

from flask import Blueprint

from webui.core.permissions import public

bp = Blueprint("health", __name__)


@bp.get("/livez")
@public
def livez() -> tuple[str, dict[str, str]]:
    """Responds while the process can respond; uses nothing else."""
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}

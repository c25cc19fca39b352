"""Tenant Console: the application factory."""

from flask import Flask

from config import Config
from webui import models
from webui.audit import guard
from webui.crypto.keyring import KeyRing
from webui.extensions import db, init_database

__all__ = ["create_app", "models"]


def create_app(config: Config, *, setting_up: bool = False) -> Flask:
    """The application for a configuration."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    app.extensions["webui_config"] = config
    init_database(app)
    guard.install(db.session)
    if config.keyring:
        app.extensions["keyring"] = KeyRing.from_json(config.keyring)
    return app

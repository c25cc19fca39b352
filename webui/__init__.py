"""Tenant Console: the application factory."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Config, ConfigError
from webui import accounts, audit, tenants
from webui.accounts.api_tokens import routes as token_routes
from webui.accounts.factors import authenticator_routes, passkey_routes
from webui.accounts.factors.required import init_required, must_enrol
from webui.accounts.self_service import account_routes, theme_routes
from webui.accounts.sessions import person
from webui.accounts.sign_in import code_routes, passkey_sign_in_routes
from webui.accounts.sign_in import routes as sign_in_routes
from webui.api import bearer, history_routes, list_routes, openapi, reference, usage_routes
from webui.api import tenant_routes as api_tenant_routes
from webui.api.paths import TenantIdConverter
from webui.audit import proof_routes
from webui.audit import routes as audit_routes
from webui.audit import template_filters as audit_words
from webui.audit.access_logging import init_access_logging
from webui.commands import groups
from webui.core.extensions import db, init_database, login_manager
from webui.core.permissions import Permission, enforce, may
from webui.crypto.keyring import KeyRing
from webui.history.record import guard
from webui.keys import routes as key_routes
from webui.keys.canary import check_keys
from webui.links import routes as link_routes
from webui.migrations import is_current
from webui.onboarding import routes as onboarding_routes
from webui.onboarding import signup_routes
from webui.tenants.page import routes as tenant_routes
from webui.tenants.page.overview import register_panel
from webui.tenants.page.template_filters import init_tenant_filters
from webui.users import action_routes, new_user_routes
from webui.users import routes as user_routes
from webui.users import token_routes as user_token_routes
from webui.users.template_filters import init_user_filters as init_user_words
from webui.web.compression import init_compression
from webui.web.endpoints import health, security_txt
from webui.web.endpoints.assets import init_assets
from webui.web.endpoints.csp_reports import init_reports
from webui.web.errors import init_errors
from webui.web.headers import HTTPS_ONLY, init_headers
from webui.web.navigation import init_navigation
from webui.web.posted.action_rates import init_rates
from webui.web.posted.body_length_middleware import BodyLengthMiddleware
from webui.web.posted.csrf import check_csrf
from webui.web.posted.csrf_tokens import init_csrf
from webui.web.posted.current_page import here
from webui.web.posted.fetch_site import refuse_other_sites
from webui.web.posted.forms import AS_TYPED, help_of
from webui.web.programs import CookiesOfPages
from webui.web.proxies import init_proxies
from webui.web.redaction import init_redaction
from webui.web.request import Request
from webui.web.request_actor import init_origin
from webui.web.retry_after import init_retry_after
from webui.web.template_filters import init_filters
from webui.web.urls import init_urls
from webui.webhooks.delivery.sending import init_deliveries
from webui.webhooks.panel import delivery_routes
from webui.webhooks.panel import panel as webhook_panel
from webui.webhooks.panel import secret_routes as webhook_routes

# The macros of templates/_macros/facts.html that the cards and the list use.
FACTS = ("fact_of", "secret", "usage_meter")
# Sixteen times the largest field; the rest of a form is small.
MAX_FORM_BYTES = 256 * 1024


def create_app(config: Config, *, setting_up: bool = False, serving: bool = True) -> Flask:
    """Creates the application for a configuration.

    Raises ConfigError, BadKeyRing or SecretError when it must not start with it. With
    ``setting_up`` missing keys are allowed, because ``setup`` creates them. Without ``serving`` it
    handles no requests, so its public address may be missing.
    """
    if serving and not setting_up:
        config.check_serving()
    if not setting_up:
        config.check_keys()
    config.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    app = Flask(__name__, template_folder="../templates", static_folder=None)
    app.config.update(_flask_settings(config))
    app.request_class = Request
    app.session_interface = CookiesOfPages()
    # One address for each page: a redirect would be HTML, also where programs expect JSON.
    app.url_map.merge_slashes = False
    app.extensions["webui_config"] = config
    if config.keyring:
        app.extensions["keyring"] = KeyRing.from_json(config.keyring)
    init_database(app)
    with app.app_context():
        current = is_current()
        if not setting_up and not current:
            raise ConfigError("the database is not up to date: run `flask --app wsgi setup` first")
        # `setup` migrates first and checks the keys afterwards.
        if config.keyring and current:
            check_keys()
    _init_requests(app)
    _init_pages(app)
    init_assets(app, config.instance / "static", HTTPS_ONLY if config.production else {})
    app.wsgi_app = BodyLengthMiddleware(app.wsgi_app, _most_bytes)  # type: ignore[method-assign]
    if config.trusted_proxies:
        hops = config.trusted_proxies
        # X-Forwarded-Host is not used: a proxy passes the Host header on or sets the public name.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _most_bytes(path: str) -> int:
    """Returns how long the body of a request to a path may be."""
    return usage_routes.MOST_BYTES if path == usage_routes.REPORT else MAX_FORM_BYTES


def _flask_settings(config: Config) -> dict[str, object]:
    secure = config.production
    return {
        "SECRET_KEY": config.secret_key,
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        # Parameters of a failed statement contain customers' data, which must not be logged.
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},
        "MAX_CONTENT_LENGTH": MAX_FORM_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_FORM_BYTES,
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # Flask-Login would try this cookie before our own session; no browser has one of this name.
        "REMEMBER_COOKIE_NAME": "__Host-never",
        "TRUSTED_HOSTS": list(config.hosts),
        # `enforce` checks the person first, then `check_csrf` the token.
        "WTF_CSRF_CHECK_DEFAULT": False,
        # The token is valid as long as the session, which has its own limits.
        "WTF_CSRF_TIME_LIMIT": None,
    }


def _init_requests(app: Flask) -> None:
    """Registers what runs around every request, in this order."""
    login_manager.init_app(app)
    init_compression(app)
    init_csrf(app)
    init_origin(app)
    init_proxies(app)
    init_access_logging(app)
    bearer.init_bearer(app)
    app.before_request(refuse_other_sites)
    app.before_request(enforce)
    init_required(app)
    app.before_request(check_csrf)
    init_rates(app)
    init_headers(app)
    init_redaction(app)
    init_errors(app)
    init_retry_after(app)


def _init_pages(app: Flask) -> None:
    """Registers routes, templates and commands."""
    app.url_map.converters["section"] = tenant_routes.SectionConverter
    app.url_map.converters["tenant_id"] = TenantIdConverter
    app.url_map.converters["step"] = onboarding_routes.StepConverter
    for blueprint in (
        health.bp,
        security_txt.bp,
        sign_in_routes.bp,
        code_routes.bp,
        account_routes.bp,
        authenticator_routes.bp,
        passkey_routes.bp,
        token_routes.bp,
        passkey_sign_in_routes.bp,
        signup_routes.bp,
        onboarding_routes.bp,
        theme_routes.bp,
        tenant_routes.bp,
        webhook_routes.bp,
        delivery_routes.bp,
        audit_routes.bp,
        proof_routes.bp,
        user_routes.bp,
        key_routes.bp,
        new_user_routes.bp,
        action_routes.bp,
        user_token_routes.bp,
        link_routes.bp,
        api_tenant_routes.bp,
        list_routes.bp,
        history_routes.bp,
        usage_routes.bp,
        openapi.bp,
        reference.bp,
    ):
        app.register_blueprint(blueprint)
    init_reports(app)
    init_deliveries(app)
    register_panel("webhook", webhook_panel.Panel)
    init_filters(app)
    init_urls(app)
    init_navigation(app)
    init_tenant_filters(app)
    init_user_words(app)
    audit_words.init_audit_filters(app)
    app.jinja_env.filters["help"] = help_of
    app.jinja_env.globals.update(may=may, must_enrol=must_enrol, here=here, Permission=Permission)
    app.jinja_env.globals["as_typed"] = AS_TYPED
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # Every card uses these macros; importing them into each card costs more than rendering.
    facts = app.jinja_env.get_template("_macros/facts.html").module
    app.jinja_env.globals.update({name: getattr(facts, name) for name in FACTS})
    groups.init_cli(app)


# Detects changes without a history entry, in every database session of the process.
guard.install_guard(db.session)

__all__ = ["accounts", "audit", "create_app", "person", "tenants"]

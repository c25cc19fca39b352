"""The yardstick: a bare Flask page with two SELECTs, and a bare save, on the same database."""

from flask import Flask, render_template
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

from config import Config
from webui.core.extensions import Base
from webui.models import Tenant, TenantUsage, User

PAGE = """<!doctype html><html lang="en"><head><title>{{ tenant.name }}</title></head>
<body><h1>{{ tenant.name }}</h1><p>{{ user.username }}</p></body></html>"""

db = SQLAlchemy(model_class=Base)
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = Config.from_environment().database_url
db.init_app(app)
# Compiled once, as Flask does with templates in files.
TEMPLATE = app.jinja_env.from_string(PAGE)


@app.get("/")
def page() -> str:
    """One account and one tenant."""
    user = db.session.scalars(select(User).limit(1)).one()
    tenant = db.session.scalars(select(Tenant).limit(1)).one()
    return render_template(TEMPLATE, user=user, tenant=tenant)


@app.post("/save")
def save() -> dict[str, str]:
    """The same two SELECTs, and one row that is changed and committed."""
    user = db.session.scalars(select(User).limit(1)).one()
    tenant = db.session.scalars(select(Tenant).limit(1)).one()
    row = db.session.merge(TenantUsage(tenant_id=tenant.id, month="1999-12"))
    row.calls = (row.calls or 0) + 1
    db.session.commit()
    return {"user": user.username, "tenant": tenant.name}


@app.get("/livez")
def livez() -> str:
    """Ready."""
    return "ok"

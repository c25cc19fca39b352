"""The button beside a refused number: it fills the field with the number that was meant."""

from flask import request

from webui import values
from webui.web.posted.forms import BaseForm, ParsedField


def fill_meant(form: BaseForm) -> bool:
    """Whether a button "Use 70000" was pressed: its field then has that text.

    The form is to be shown again with all its input; nothing is validated or stored. False also
    when the field was corrected meanwhile.
    """
    name = request.form.get("meant", "")
    field = next((field for field in form if field.name == name), None)
    meant = _meant(field) if isinstance(field, ParsedField) else None
    if meant is None:
        return False
    form[name].data, form.filled = meant, name
    return True


def _meant(field: ParsedField) -> str | None:
    try:
        field.parse(field.data or "")
    except values.Refused as refusal:
        return refusal.meant
    return None

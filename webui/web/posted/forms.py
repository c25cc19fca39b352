"""Base of all forms: strict about the fields that were sent, careful with the input.

A parsed field gets its limits from :mod:`webui.core.limits` and its rule from :mod:`webui.values`;
``data`` is the text as typed, ``value`` is what may be stored.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, g, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, SelectMultipleField, StringField
from wtforms.validators import StopValidation

from webui import values
from webui.core.catalogue import FIELDS
from webui.core.field_types import Choice, Metadata, Sealed, Secret, Text, Whole
from webui.core.limits import REASON
from webui.web.errors import Detail
from webui.web.posted.csrf_tokens import MaskedCSRF

# Fields that are not values of the form itself.
_TECHNICAL = {"csrf_token", "version", "submission", "ceilings_seen"}
MISSING = "This field was not sent. Reload the page and try again."
REPEATED = "This field was sent more than once."
AS_TYPED = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
"""Attributes of a text field in which no keyboard or browser may change or mark anything."""
_AS_TYPED_KINDS = {"identifier", "mono", "number", "json", "secret", "code"}
TOO_MUCH = "This text was too long and was not kept. Shorten it and enter it again."


class ParsedField(StringField):
    """Text with a rule: ``parse`` returns the value or raises values.Refused.

    ``kind`` chooses the template's control; all kinds but ``text`` are taken exactly as typed.
    ``meant``: after a refusal, what was probably meant. ``stored``: the text that the form showed
    for the stored value, and that value: it stays as it is when the text was not changed, even if
    the rule was another one when it was stored.
    """

    def __init__(
        self,
        label: str,
        parse: Callable[[str], Any],
        kind: str = "text",
        missing: str = MISSING,
        render_kw: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        fixed = AS_TYPED if kind in _AS_TYPED_KINDS else {}
        super().__init__(label, render_kw={**fixed, **(render_kw or {})}, **options)
        self.parse = parse
        self.kind = kind
        self.missing = missing
        self.value: Any = None
        self.meant: str | None = None
        self.stored: tuple[str, Any] | None = None

    def pre_validate(self, form: Any) -> None:
        """Parses the text; a refusal becomes the field's error."""
        if self.stored and self.stored[0] == self.data:
            self.value = self.stored[1]
            return
        try:
            self.value = self.parse(self.data or "")
        except values.Refused as refusal:
            self.meant = refusal.meant
            raise StopValidation(str(refusal)) from None


class ChoiceField(ParsedField):
    """One of several values, or the stored value if the catalogue no longer has it."""

    def __init__(self, label: str, words: tuple[tuple[str, str], ...], **options: Any) -> None:
        super().__init__(label, self._choose, kind="select", **options)
        self.words = words

    def _choose(self, raw: str) -> str:
        """Returns the chosen value. Raises values.Refused for one that was not offered."""
        if raw not in dict(self.words):
            raise values.Refused("Choose one from the list.")
        return raw

    @property
    def options(self) -> list[tuple[str, str]]:
        """The options, including the stored value if the catalogue no longer has it."""
        gone = [self.stored] if self.stored and self.stored[0] not in dict(self.words) else []
        return [*self.words, *gone]


class SwitchField(BooleanField):
    """A checkbox."""

    kind = "switch"

    @property
    def value(self) -> bool:
        """Whether the box is checked."""
        return bool(self.data)


class BoxField(SwitchField):
    """A checkbox for an action that is rarely wanted; shown smaller than a switch."""

    kind = "box"


def help_of(field: Any) -> str:
    """Returns the help below a field, unless its error already says the same."""
    said = field.errors and field.kind in ("number", "secret")
    return "" if said else str(field.description)


class PostedForm(FlaskForm):
    """A form that reads only posted text fields. Flask-WTF alone would also read files and JSON."""

    class Meta:
        """How the form is read, and its CSRF token."""

        csrf_class = MaskedCSRF

        def wrap_formdata(self, _form: Any, formdata: Any) -> MultiDict[str, str] | None:
            """Returns the given data or, if none is given, the posted form."""
            given = formdata is None or isinstance(formdata, MultiDict)
            return formdata if given else request.form or None


class BaseForm(PostedForm):
    """A form that requires each of its fields exactly once.

    ``filled``: the name of the field that :func:`meant_values.fill_meant` filled.
    """

    def __init__(self, *formdata: Any, **options: Any) -> None:
        super().__init__(*formdata, **options)
        self.filled: str | None = None
        # The value of a field that was dropped from a too large form is lost: the field says so.
        for name in g.get("too_much", set()) - _TECHNICAL:
            if name in self:
                self.fail(name, TOO_MUCH)

    def validate(self, extra_validators: Any = None) -> bool:
        """Validates; also refuses missing and repeated fields, which browsers never send."""
        valid = self.has_valid_values(extra_validators)
        for field in self:
            if field.name in _TECHNICAL:
                refuse_repeated(field.name)
                continue
            if isinstance(field, SelectMultipleField):
                continue
            sent = request.form.getlist(field.name)
            if len(sent) > 1:
                self.fail(field.name, REPEATED)
                valid = False
            elif not sent and not isinstance(field, BooleanField):
                self.fail(field.name, getattr(field, "missing", MISSING))
                valid = False
        return valid

    def has_valid_values(self, extra_validators: Any = None) -> bool:
        """Whether the values are valid, independent of the request."""
        return bool(super().validate(extra_validators))

    def fail(self, name: str, message: str) -> None:
        """Sets a single error on a field."""
        self[name].errors = [message]

    @property
    def values(self) -> dict[str, Any]:
        """Name -> value of every tenant field in the form."""
        return {f.name: f.value for f in self if f.name in FIELDS}

    @property
    def first_error(self) -> str | None:
        """The name of the first field with an error, which gets the focus."""
        return next((field.name for field in self if field.errors), None)


def tenant_field(name: str) -> Any:
    """Returns the form field of a tenant field, built from its definition in the catalogue."""
    spec = FIELDS[name]
    options: dict[str, Any] = {"description": spec.help, "render_kw": {"autocomplete": "off"}}
    if isinstance(spec, Whole):
        options["render_kw"] |= {
            "inputmode": "numeric",
            "pattern": rf"\s*0*[0-9]{{1,{len(str(spec.maximum))}}}\s*",
            "required": True,
        }
        options["description"] = f"{spec.help} {spec.range_hint}".strip()
        return ParsedField(
            spec.label, lambda raw: values.whole_number(raw, spec), kind="number", **options
        )
    if isinstance(spec, Choice):
        return ChoiceField(spec.label, spec.described(), description=spec.help)
    if isinstance(spec, Metadata):
        return ParsedField(
            spec.label, lambda raw: values.json_object(raw, spec), kind="json", **options
        )
    if isinstance(spec, Secret):
        # No maxlength: a browser would silently cut a pasted password.
        options["render_kw"] |= {"autocomplete": "new-password", "minlength": spec.minimum}
        return ParsedField(spec.label, getattr(values, name), kind="secret", **options)
    if isinstance(spec, Sealed):
        options["render_kw"] |= {"maxlength": spec.maximum * values.NFC_JOINS}
        return ParsedField(spec.label, getattr(values, name), kind="mono", **options)
    if isinstance(spec, Text):
        return text_field(spec, **options)
    return SwitchField(spec.label, description=spec.help)


def text_field(
    spec: Text, label: str = "", parse: Callable[[str], Any] | None = None, **options: Any
) -> ParsedField:
    """Returns a one-line text field with the limits of ``spec``; ``parse`` replaces its rule."""
    attributes = {"maxlength": spec.maximum * values.NFC_JOINS, **options.pop("render_kw", {})}
    if spec.minimum:
        attributes["required"] = True
    rule = parse or (lambda raw: values.text(raw, spec))
    kind = "identifier" if spec.identifier else "text"
    return ParsedField(label or spec.label, rule, kind, render_kw=attributes, **options)


def reason_field() -> ParsedField:
    """The reason of a change: required of staff, stored in the history."""
    return text_field(
        REASON,
        description="Kept in the history. The customer does not see it.",
        render_kw={"placeholder": "Why? Add the ticket number", "autocomplete": "off"},
    )


def posted_version() -> int:
    """Returns the ``version`` that the form was rendered from; 400 when missing or no number."""
    words = "This form is incomplete: its version is missing. Reload the page."
    return int(_posted_once("version", "[0-9]{1,18}", words))


def _posted_once(name: str, pattern: str, words: str) -> str:
    """Returns a hidden field; 400 when it is missing or malformed, 422 when it is repeated."""
    refuse_repeated(name)
    sent = request.form.get(name, "")
    if not re.fullmatch(pattern, sent):
        abort(400, Detail(words))
    return sent


def refuse_repeated(name: str) -> None:
    """422 for a hidden field that was sent more than once."""
    if len(request.form.getlist(name)) > 1:
        abort(422, Detail("A part of this form was sent twice. Reload the page."))


def submission_field() -> HiddenField:
    """The idempotency key of a form without a version: a second click then does nothing."""
    return HiddenField(default=lambda: secrets.token_urlsafe(24))


def posted_submission() -> str:
    """Returns the posted idempotency key (``submission``); 400 when missing or malformed."""
    words = "The form was incomplete. Reload the page and try again."
    return _posted_once("submission", "[A-Za-z0-9_-]{16,64}", words)

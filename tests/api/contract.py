"""schemathesis against the served description: what it finds is where the API breaks its word.

It sends what the description allows and what it forbids, one request at a time and in chains of
which each follows from the response before.
"""

import base64
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.specs.openapi import _auth_retry, _hypothesis

from webui.accounts.api_tokens import authentication, rates
from webui.web.posted import action_rates

DESCRIPTION = "/api/v1/openapi.json"
STATE = {
    "rule": "rules of several fields depend on what is stored",
    "filter": "an account or a field exists or not, and owners may not filter by staff",
    "cursor": "a cursor belongs to the list that it came from",
    "reused": "the key was used with another body",
}
"""Type of a problem -> why a request that fits the description may be refused with it (422)."""
_ANSWERS = {
    "positive_data_acceptance": (
        *("2xx", "422"),  # 422 is judged by `only_for_its_state`.
        "403",  # the role or a field of staff
        "404",  # another tenant's id
        "409",  # a second webhook secret within a day, usage that shrinks
        "412",  # another version
    ),
    "negative_data_rejection": ("401", "403", "404", "405", "412", "415", "422"),
}


# The lengths of these count after trimming and in NFC, as in a form, which no schema can say.
_NORMALISED = re.compile(
    r"component: in body - violates `maxLength` at"
    r" /properties/(name|reason|sip_domain|sip_username|webhook_url)\b"
)
_FIRST, _LAST = date(2000, 1, 1), date(2026, 1, 1)


@schemathesis.check
def only_for_its_state(_ctx: Any, response: Any, case: Any) -> None:
    """What fits the description is refused only for the reasons of STATE.

    The constants of the program's own text, which are tried as well, know no format.
    """
    meta = case.meta
    positive = meta and meta.generation.mode.is_positive and not meta.constants_draws
    if response.status_code == 422 and positive:
        others = {item["type"] for item in response.json()["detail"]} - STATE.keys()
        assert not others, f"refused, though the description allows it: {response.text}"


def _just(*values: str) -> Any:
    return st.sampled_from(values)


def use_formats() -> None:
    """Registers what the formats of the description mean: values that the API accepts."""
    label = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
    host = st.builds("{}.{}.example".format, label, label)
    letters = st.text("abcXYZ019äß漢字 ", max_size=12)
    line = st.builds("{}{}{}".format, st.sampled_from(["a", " Z ", "é", "字"]), letters, letters)
    plain = st.text("ABCdef0189-._/", min_size=3, max_size=20)
    user = st.text("abcXYZ019-_.!~*'()&=+$,;?/", min_size=1, max_size=30)
    password = st.text('abc XYZ019~!"\\', min_size=7, max_size=20).map("a{}".format)
    url = st.builds("https://{}{}".format, host, st.sampled_from(["", ":8443/a?b=c"]))
    formats = {
        "line": line | _just("a", "字" * 255),
        "reason": plain.map("a{} c".format) | _just("abc", "a" * 200),
        "sip-domain": host
        | _just("a", "192.0.2.7:5070", "Zürich.example", ".".join(["a" * 49] * 5) + ":5060"),
        "sip-username": user | _just("a" * 100),
        "sip-password": password | _just("a" * 8, "a" * 128),
        "webhook-url": url | _just("https://a.example/" + "x" * 2_030),
        "entity-tag": st.sampled_from(['"1"', "*", '"1", "2"', 'W/"3"']),
        "token": plain,
        "month": st.dates(max_value=_LAST, min_value=_FIRST).map("{:%Y-%m}".format),
        "cursor": st.binary(min_size=20, max_size=40).map(
            lambda some: base64.urlsafe_b64encode(some).decode()
        ),
    }
    for name, strategy in formats.items():
        schemathesis.openapi.format(name, strategy)


def prepare(patch: pytest.MonkeyPatch) -> None:
    """Makes the generator what this API needs."""
    use_formats()
    # The API refuses 2.0 for a whole number, which JSON Schema cannot say.
    patch.setattr(_hypothesis, "_carries_json", lambda _media_type: False)


def prepare_in_process(patch: pytest.MonkeyPatch) -> None:
    """Makes generator and program what a test in one process needs."""
    prepare(patch)
    # The check of missing tokens passes settings of a socket on, and there is none.
    build = _auth_retry.build_retry_transport_kwargs

    def in_process(*arguments: Any) -> dict[str, Any]:
        return {name: value for name, value in build(*arguments).items() if name in _IN_PROCESS}

    patch.setattr(_auth_retry, "build_retry_transport_kwargs", in_process)
    # In a few seconds a run sends what no program may send in a minute.
    patch.setattr(rates, "_LIMIT", RateLimitItemPerMinute(10**9))
    patch.setattr(authentication, "_count_failure", lambda: None)
    patch.setattr(action_rates, "WINDOW", timedelta(0))


_IN_PROCESS = ("headers", "params", "cookies", "app", "base_url")


def settings(
    token: str, tenant: UUID, examples: int, phases: tuple[str, ...]
) -> SchemathesisConfig:
    """Every check, with the same requests each time; ``examples``: of each operation and kind."""
    return SchemathesisConfig.from_dict(
        {
            "cache": {"enabled": False},
            "headers": {"Authorization": f"Bearer {token}"},
            "parameters": {"path.tenant_id": str(tenant)},
            "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
            "checks": {
                name: {"expected-statuses": list(statuses)} for name, statuses in _ANSWERS.items()
            },
            "phases": {
                **{name: {"enabled": name in phases} for name in _PHASES},
                "fuzzing": {
                    "enabled": "fuzzing" in phases,
                    "error-feedback": {"enabled": False},
                    "extra-data-sources": {"responses": False},
                },
                "stateful": {"max-steps": 4, "enabled": "stateful" in phases},
            },
        }
    )


_PHASES = ("examples", "coverage", "fuzzing", "stateful")


def findings(schema: Any) -> Iterator[str]:
    """Yields what the engine finds, each with the request that shows it."""
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            yield from _of_scenario(event)
        elif isinstance(event, events.NonFatalError):
            yield f"{event.label}: {event.info}"
        elif isinstance(event, events.FatalError):
            yield repr(event.exception)


def _of_scenario(event: events.ScenarioFinished) -> Iterator[str]:
    for checks in event.recorder.checks.values():
        for check in checks:
            found = check.failure_info
            if found is not None and not _NORMALISED.search(found.failure.message):
                title = f"{event.phase} {event.label} {check.name}"
                yield f"{title}: {found.failure}\n{found.code_sample}"

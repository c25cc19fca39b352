"""Validation of input: from the text that a person typed to the value that is stored.

Each function takes text and returns the normalised value, or raises :class:`Refused` with a
sentence for that person. The functions do not depend on forms or the database.
"""

from webui.values.accounts import email, username
from webui.values.hosts import host_name
from webui.values.metadata import compact_json, json_object, same_json
from webui.values.search_keys import (
    account_key,
    identifier,
    name_key,
    plain_signs,
    question,
    question_words,
    search_key,
    search_words,
)
from webui.values.sip import sip_domain, sip_password, sip_username
from webui.values.sort_keys import SORT_LENGTH, past, sort_key, sort_range
from webui.values.text import (
    NFC_JOINS,
    USERNAME,
    Refused,
    text,
    whole_number,
)
from webui.values.time_zones import time_zone
from webui.values.webhook import webhook_url

__all__ = [
    "NFC_JOINS",
    "SORT_LENGTH",
    "USERNAME",
    "Refused",
    "account_key",
    "compact_json",
    "email",
    "host_name",
    "identifier",
    "json_object",
    "name_key",
    "past",
    "plain_signs",
    "question",
    "question_words",
    "same_json",
    "search_key",
    "search_words",
    "sip_domain",
    "sip_password",
    "sip_username",
    "sort_key",
    "sort_range",
    "text",
    "time_zone",
    "username",
    "webhook_url",
    "whole_number",
]

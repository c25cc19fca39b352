"""The search terms that a typed text stands for, with their bound values."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from webui.core.permissions import Permission, may
from webui.tenants.search import identities
from webui.tenants.search.search_terms import (
    Account,
    Beginning,
    Id,
    Identity,
    Name,
    NumberBeginning,
    Owner,
    SearchTerm,
    Sip,
)
from webui.values import account_key, identifier, name_key, past, sort_range

PREFIX_BELOW = 3
"""With fewer characters, only the beginnings of names are searched."""
_UUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}(?![0-9a-f])",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"[^\s]{3,254}")
TermValues = dict[SearchTerm, Mapping[str, Any]]


def terms_of_search(words: str, of: str, on_sqlite: bool) -> TermValues:
    """Returns the terms of a search text, with their bound values."""
    found = _UUID.search(identifier(words))
    if found:
        return {Id(of, on_sqlite): {"id": UUID(found.group())}}
    terms: TermValues = {**_named(words, of, on_sqlite), **terms_of_owner(words, of, on_sqlite)}
    if may(Permission.SEARCH_IDENTITIES):
        sip = identities.parse_identity(words)
        if sip:
            term = Identity if sip.both else Sip
            terms[term(of, on_sqlite)] = {"hosts": sip.hosts, "users": sip.users}
    return terms


def _named(words: str, of: str, on_sqlite: bool) -> TermValues:
    key = name_key(words)
    if not key:
        # The key omits accents and signs, so a text of only these matches no name.
        return {}
    if len(key) < PREFIX_BELOW:
        first, end = sort_range(key)
        beginning = {"low": key, "high": past(key), "first": first, "end": end}
        kind = NumberBeginning if key[-1].isdigit() else Beginning
        return {kind(of, on_sqlite): beginning}
    quoted, escaped = key.replace('"', '""'), re.sub("([/%_])", r"/\1", key)
    values = {"phrase": f'"{quoted}"'} if on_sqlite else {"like": f"%{escaped}%"}
    return {Name(of, on_sqlite): {"key": key, **values}}


def terms_of_owner(words: str, of: str, on_sqlite: bool) -> TermValues:
    """Returns the terms for an owner: beginning of username or e-mail, or the account's id."""
    key = account_key(words)
    if _UUID.fullmatch(key):
        return {Account(of, on_sqlite): {"id": UUID(key)}}
    if not _ACCOUNT.fullmatch(key):
        return {}
    return {Owner(of, on_sqlite): {"low": key, "high": past(key)}}

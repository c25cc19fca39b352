"""Cursors tell their reader nothing: not how many entries the platform has, nor by their length."""

import base64
import re

import pytest

from tests.factories import make_tenant, revise
from tests.history import count_entries
from tests.web.cursors import sealed
from tests.web.pages import tenant_url
from webui.core.extensions import keyring
from webui.history.query.find import NEWEST_FIRST
from webui.history.record.actions import Action
from webui.web.paging import BadCursor


@pytest.fixture
def cursors(owner, tenant):
    """The cursors that an owner meets on the pages of the own tenant."""
    for days in range(60):
        revise(tenant, Action.TENANT_FEATURES, retention_days=days + 1)
    pages = [owner.get(tenant_url(tenant)), owner.get(tenant_url(tenant, "audit"))]
    older = pages[1].by_id("page-older").get("href")
    pages.append(owner.get(older))
    found = [c for page in pages for c in re.findall(r"(?:after|before)=([\w.%-]+)", page.text)]
    assert len(found) >= 3
    return found


def test_hold_nothing_that_can_be_read(cursors):
    numbers = {str(number).encode() for number in range(10, count_entries() + 1)}
    for cursor in cursors:
        _, _, text = cursor.rpartition(".")
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        assert b"history" not in content
        assert not any(b'"%b"' % number in content for number in numbers)


def test_are_of_one_length_whatever_the_number(app):
    lengths = {len(NEWEST_FIRST.encode([number])) for number in (0, 7, 12_345, 2**62)}
    assert len(lengths) == 1


def test_of_the_same_place_differ(app):
    assert NEWEST_FIRST.encode([5]) != NEWEST_FIRST.encode([5])


def test_of_staff_and_of_other_owners_are_refused(owner, tenant, support):
    strangers = make_tenant(name="Strangers")
    for reader, status in ((tenant.id, 200), ("staff", 400), (strangers.id, 400)):
        owner.get(f"{tenant_url(tenant, 'audit')}?after={sealed('5', reader=reader)}", status)
    support.get(f"/audit?after={sealed('5')}")
    support.get(f"/audit?after={sealed('5', reader=tenant.id)}", 400)


@pytest.fixture
def support(sign_in):
    return sign_in("support")


def test_are_read_while_a_key_is_replaced_and_not_after_it_retired(app, monkeypatch):
    cursor, ring = NEWEST_FIRST.encode([5]), keyring()
    newer = ring.with_key("new").with_primary("new")
    monkeypatch.setitem(app.extensions, "keyring", newer)
    assert NEWEST_FIRST.decode(cursor) == [5]
    monkeypatch.setitem(app.extensions, "keyring", newer.without(ring.primary))
    with pytest.raises(BadCursor):
        NEWEST_FIRST.decode(cursor)

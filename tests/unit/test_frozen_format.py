"""Values that were sealed once: whatever changes in the code, they must open for ever."""

import json
from pathlib import Path

import pytest

from webui.crypto import blind_index, fields
from webui.crypto.keyring import KeyRing
from webui.models.seals.sealed_columns import sealed_columns

FROZEN = json.loads(Path(__file__).with_name("frozen_format.json").read_text("utf-8"))
RING = KeyRing.from_json(json.dumps({"primary": "frozen-1", "keys": FROZEN["keys"]}))


@pytest.mark.parametrize("line", FROZEN["sealed"], ids=lambda line: line["token"][:24])
def test_a_sealed_value_opens(line):
    where = line["table"], line["column"], line["row"]
    assert fields.unseal(RING, line["token"], *where) == line["value"]


@pytest.mark.parametrize("line", FROZEN["indexes"], ids=lambda line: line["index"][:24])
def test_a_blind_index_is_found(line):
    where = line["table"], line["column"]
    assert blind_index.index(RING, line["value"], *where, line["key"]) == line["index"]
    assert line["index"] in blind_index.candidates(RING, line["value"].lower(), *where)


def test_every_kind_of_value_is_frozen():
    places = {f"{line['table']}.{line['column']}" for line in FROZEN["sealed"]}
    assert places >= {f"{place.table.name}.{place.attribute.name}" for place in sealed_columns()}

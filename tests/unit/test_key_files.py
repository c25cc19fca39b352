"""The ring's own changes, and the key file."""

import json
import stat
from pathlib import Path

import pytest

from webui.crypto import keyfile
from webui.crypto.keyring import BadKeyRing, KeyMissing, KeyRing, new_keyring_json

ONE = KeyRing("k1", {"k1": bytes(range(32))})


class TestRing:
    def test_gains_a_fresh_key_that_is_not_primary(self):
        both, other = ONE.with_key("k2"), ONE.with_key("k2")
        assert (both.primary, both.ids, ONE.ids) == ("k1", ["k1", "k2"], ["k1"])
        assert both.subkey("k1", "p", "t", "c") == ONE.subkey("k1", "p", "t", "c")
        assert both.subkey("k2", "p", "t", "c") != other.subkey("k2", "p", "t", "c")
        with pytest.raises(BadKeyRing, match="key k1 is in the ring already"):
            ONE.with_key("k1")

    def test_changes_its_primary_key_and_nothing_else(self):
        both = ONE.with_key("k2")
        changed = both.with_primary("k2")
        assert (changed.primary, changed.ids, both.primary) == ("k2", ["k1", "k2"], "k1")
        assert changed.subkey("k1", "p", "t", "c") == ONE.subkey("k1", "p", "t", "c")
        with pytest.raises(KeyMissing, match="key k9 is not in the key ring"):
            both.with_primary("k9")

    def test_loses_a_key_but_never_the_primary_one(self):
        both = ONE.with_key("k2")
        assert (both.without("k2").ids, both.ids) == (["k1"], ["k1", "k2"])
        assert both.without("k9").ids == ["k1", "k2"]
        with pytest.raises(BadKeyRing, match="the primary key is not in the ring"):
            both.without("k1")

    def test_is_the_same_after_writing_and_reading(self):
        both = ONE.with_key("k2").with_primary("k2")
        again = KeyRing.from_json(both.to_json())
        assert (again.primary, again.ids) == ("k2", ["k1", "k2"])
        for kid in both.ids:
            assert again.subkey(kid, "p", "t", "c") == both.subkey(kid, "p", "t", "c")

    def test_is_written_for_people_to_read(self):
        text = ONE.to_json()
        assert text.startswith('{\n  "primary": "k1",\n  "keys": {\n    "k1": "AAEC')
        assert text.endswith("}\n")
        assert json.loads(text)["keys"]["k1"] == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    def test_a_new_one_is_named_k1(self):
        assert list(json.loads(new_keyring_json())["keys"]) == ["k1"]
        assert json.loads(new_keyring_json("main"))["primary"] == "main"

    def test_of_one_key_alone(self):
        both = ONE.with_key("k2")
        assert (both.only("k2").primary, both.only("k2").ids) == ("k2", ["k2"])
        assert both.only("k1").subkey("k1", "p", "t", "c") == ONE.subkey("k1", "p", "t", "c")
        with pytest.raises(KeyMissing, match="key k9 is not in the key ring"):
            both.only("k9")


class TestFile:
    def test_is_read_as_a_ring(self, tmp_path):
        path = tmp_path / "ring.json"
        path.write_text(ONE.to_json())
        assert keyfile.read_ring(path).ids == ["k1"]

    @pytest.mark.parametrize("content", [None, b"\xff\xfe", b"{"])
    def test_says_when_it_cannot_be_read(self, tmp_path, content):
        path = tmp_path / "ring.json"
        if content is not None:
            path.write_bytes(content)
        words = "the key file cannot be read" if content != b"{" else "not the expected JSON"
        with pytest.raises(BadKeyRing, match=words):
            keyfile.read_ring(path)

    def test_is_written_whole_for_its_owner_alone(self, tmp_path):
        path = tmp_path / "made" / "for" / "it" / "ring.json"
        keyfile.write_private(path, "ключ")
        assert path.read_text("utf-8") == "ключ"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        keyfile.write_private(path, "again")
        assert path.read_text("utf-8") == "again"
        assert list(path.parent.iterdir()) == [path]

    def test_reaches_the_disk_with_its_name(self, tmp_path, monkeypatch):
        synced = []
        real = keyfile.os.fsync

        def fsync(descriptor):
            synced.append(stat.S_ISDIR(keyfile.os.fstat(descriptor).st_mode))
            real(descriptor)

        monkeypatch.setattr(keyfile.os, "fsync", fsync)
        keyfile.write_private(tmp_path / "ring.json", "text")
        assert synced == [False, True]

    @pytest.mark.parametrize("failing", ["fsync", "fdopen"])
    def test_leaves_the_old_one_when_writing_fails(self, tmp_path, monkeypatch, failing):
        path = tmp_path / "ring.json"
        keyfile.write_private(path, "old")

        def fail(*_arguments, **_options):
            raise OSError("disk full")

        monkeypatch.setattr(keyfile.os, failing, fail)
        with pytest.raises(OSError, match="disk full"):
            keyfile.write_private(path, "new")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_interrupted_after_the_new_one_took_its_name_it_stays(self, tmp_path, monkeypatch):
        path, replace = tmp_path / "ring.json", Path.replace

        def replace_and_stop(fresh, to):
            replace(fresh, to)
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "replace", replace_and_stop)
        with pytest.raises(KeyboardInterrupt):
            keyfile.write_private(path, "new")
        assert path.read_text() == "new"

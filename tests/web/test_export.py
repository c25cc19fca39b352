"""Exports: exactly the filtered view, provable, harmless in a spreadsheet, never a secret."""

import csv
import io
import json
import shutil
import subprocess
from datetime import timedelta
from uuid import UUID

import pytest

from tests import export_verifier
from tests.factories import an_actor, make_tenant, revise
from tests.history import assert_audited, count_entries
from tests.raw import unchanged
from webui.core.extensions import db
from webui.crypto import signing
from webui.history.checkpoints import checkpoints
from webui.history.proof import csv_export, export
from webui.history.proof import export_verifier as exported
from webui.history.query import find
from webui.history.query.filters import Filters
from webui.history.record import chain
from webui.history.record.actions import Action
from webui.models import AuditEntry
from webui.models.columns import now

SECRET = "planted-hunter2"
IDENTITY = "identity-planted.example"
NASTY = [
    *("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", ' "=1+1', "'=1", "x\n=1+1", "＝1+1", "  @x"),
    *("x;=1+1;y", 'x; "=1+1', "x\t-1"),
]


@pytest.fixture
def rich(secrets):
    """A history with identities, secrets, some formulas and many scripts."""
    secrets |= {SECRET}
    tenant = make_tenant(
        name='Nörthwind, "東京" עברית',
        sip_domain=IDENTITY,
        sip_username="planted-user",
        sip_password=SECRET,
        webhook_url="https://hooks.example/planted-token",
        webhook_secret=SECRET,
        meta_data={"=cmd": ["a", None, 7], "b": "x;=1+1;y", "c": ";"},
    )
    write(tenant, NASTY[:5])
    return tenant


@pytest.fixture
def nasty(rich):
    """The same with every formula, for those who look at cells."""
    write(rich, NASTY[5:])


def write(tenant, texts):
    for text in texts:
        revise(tenant, Action.TENANT_ORGANISATION, actor=an_actor(name=text), name=text)


def bodies(text):
    return [json.loads(line) for line in text.splitlines()[:-1]]


def manifest(text):
    return json.loads(text.splitlines()[-1])


def entries():
    db.session.rollback()
    return list(db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.seq)))


@pytest.mark.parametrize("site", ["cross-site", "same-site", ""])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_another_site_s_link_takes_and_writes_nothing(admin, kind, site):
    answer = admin.get(f"/audit/export.{kind}", 403, sec_fetch_site=site)
    assert "Open the history and export it from there." in answer.words
    assert not [entry for entry in entries() if entry.action == Action.AUDIT_EXPORTED]


def verified(config, tmp_path, text, checkpoint_file=None):
    path = tmp_path / "export.jsonl"
    path.write_text(text, newline="")
    return exported.verify_export(path, signing.public_key(config.audit_key), checkpoint_file)


@pytest.mark.both_databases
class TestJsonLines:
    def test_holds_every_entry_s_exact_text(self, admin, rich):
        before = entries()
        text = admin.get("/audit/export.jsonl").text
        assert text.splitlines()[:-1] == [entry.body for entry in before]
        told = manifest(text)
        assert (told["filter"], told["count"]) == ({}, len(before))
        assert (told["seq"], told["hash"]) == (before[-1].seq, before[-1].hash)

    def test_verifies(self, admin, rich, config, tmp_path):
        text = admin.get("/audit/export.jsonl").text
        verdict = verified(config, tmp_path, text, config.checkpoints)
        assert verdict.problems == []
        assert verdict.uncovered == 0
        assert "the whole history" in verdict.notices[0]

    @pytest.mark.parametrize("query", ["", "?action=tenant.created", "?outcome=failed"])
    def test_verifies_by_the_document_alone(self, admin, rich, config, tmp_path, query):
        checkpoints.make()
        text = admin.get(f"/audit/export.jsonl{query}").text
        path, key = tmp_path / "export.jsonl", signing.public_key(config.audit_key)
        path.write_text(text, newline="")
        assert export_verifier.export_problems(path, key, config.checkpoints) == []
        assert verified(config, tmp_path, text, config.checkpoints).problems == []
        path.write_text(text.replace("pytest", "pytast", 1), newline="")
        assert export_verifier.export_problems(path, key) != [] or "pytest" not in text

    def test_of_nothing_says_that_nothing_passed(self, admin, rich, config, tmp_path):
        text = admin.get("/audit/export.jsonl?outcome=failed").text
        [notice] = verified(config, tmp_path, text).notices
        assert (
            notice == "It contains no entry: the manifest proves that none passed the filter then."
        )

    def test_is_recorded_after_a_checkpoint(self, admin, rich):
        before = count_entries()
        admin.get(f"/audit/export.jsonl?tenant={rich.id}&action=tenant.created")
        told = {"tenant": [str(rich.id)], "action": ["tenant.created"]}
        assert_audited(
            Action.AUDIT_EXPORTED,
            changes={"filter": [None, told], "format": [None, "jsonl"]},
            actor={"name": admin.user.username},
        )
        assert checkpoints.newest_checkpoint().seq == before == count_entries() - 1

    def test_holds_what_the_page_shows(self, admin, rich):
        other = make_tenant(name="Other")
        revise(other, Action.TENANT_BILLING, max_concurrent_calls=11)
        for query, filters in (
            (f"tenant={rich.id}", Filters(tenant=(rich.id,))),
            ("action=tenant.created", Filters(action=("tenant.created",))),
            ("field=name&source=ui", Filters(field=("name",), source=("ui",))),
            ("q=test+needs", Filters(q="test needs")),
            ("outcome=failed", Filters(outcome=("failed",))),
            ("to=2020-01-01", None),
        ):
            text = admin.get(f"/audit/export.jsonl?{query}").text
            shown = find.find_entries(filters, size=1_000).entries if filters else []
            told = [UUID(body["id"]) for body in bodies(text)]
            assert told == [entry.id for entry in reversed(shown)], query

    def test_in_pieces_is_the_same(self, admin, rich, monkeypatch):
        whole = bodies(admin.get("/audit/export.jsonl").text)
        monkeypatch.setattr(export, "PIECE", 3)
        assert bodies(admin.get("/audit/export.jsonl").text)[: len(whole)] == whole

    def test_leaves_out_what_is_written_meanwhile(self, app, rich, config, tmp_path):
        begun = export.begin_export(Filters(), "jsonl", an_actor())
        pieces = export.as_jsonl(begun)
        first = next(pieces)
        make_tenant()
        text = (first + b"".join(pieces)).decode()
        assert verified(config, tmp_path, text).problems == []
        assert manifest(text)["seq"] == begun.seq

    def test_without_the_manifest_is_not_whole(self, admin, rich, config, tmp_path):
        text = admin.get("/audit/export.jsonl").text
        cut = text[: text.rindex("\n", 0, -1) + 1]
        texts = [p.text for p in verified(config, tmp_path, cut).problems]
        assert texts == ["There is no manifest in the last line: the export is not whole."]


class TestForgery:
    """What is done to a file afterwards."""

    @pytest.fixture
    def text(self, admin, rich):
        return admin.get("/audit/export.jsonl").text

    @pytest.mark.parametrize(
        ("forge", "kinds"),
        [
            (lambda a: a[:3] + a[4:], {"manifest"}),
            (lambda a: [*a[:3], a[4], a[3], *a[5:]], {"order", "time", "manifest"}),
            (lambda a: [a[0].replace("test", "tost"), *a[1:]], {"unlinked", "manifest"}),
            (lambda a: [a[0].replace("{", "{ ", 1), *a[1:]], {"unlinked", "format", "manifest"}),
            (lambda a: ["rubbish", *a[1:]], {"format", "manifest"}),
            (lambda a: [*a[:-1], a[-1].replace('"count":', '"count":1')], {"manifest"}),
            (lambda a: a[:-2] + a[-1:], {"manifest"}),
        ],
    )
    def test_is_found(self, text, config, tmp_path, forge, kinds):
        forged = "".join(f"{line}\n" for line in forge(text.splitlines()))
        verdict = verified(config, tmp_path, forged)
        assert {p.kind for p in verdict.problems} == kinds
        assert verdict.notices == []

    def test_without_checkpoints_none_is_said_to_cover(self, text, config, tmp_path):
        summary = verified(config, tmp_path, text).summary
        assert "holds" in summary
        assert summary.endswith("No checkpoint was compared.")

    def test_a_checkpoint_tells_of_a_tail_that_was_cut_before(self, config, text, rich, tmp_path):
        told = manifest(text)
        lines = text.splitlines()[:-2]
        last = json.loads(lines[-1])
        shorter = {name: told[name] for name in ("v", "filter", "at")} | {
            "count": len(lines),
            "sha256": _sha("".join(f"{line}\n" for line in lines)),
            "seq": last["seq"],
            "hash": _sha(lines[-1]),
            "at": "2099-01-01T00:00:00.000000Z",
        }
        signature = signing.sign(config.audit_key, chain.canonical(shorter).encode())
        lines.append(chain.canonical({**shorter, "signature": signature}))
        forged = "".join(f"{line}\n" for line in lines)
        assert verified(config, tmp_path, forged).problems == []
        kinds = [p.kind for p in verified(config, tmp_path, forged, config.checkpoints).problems]
        assert kinds == ["cut"]

    @pytest.mark.parametrize(
        "forge",
        [{"signature": 7}, {"at": 7}, {"at": None}, {"hash": []}, {"filter": 0}, {"seq": "9"}],
    )
    def test_of_the_manifest_s_types_is_found(self, text, config, tmp_path, forge):
        *lines, last = text.splitlines()
        lines.append(chain.canonical({**json.loads(last), **forge}))
        forged = "".join(f"{line}\n" for line in lines)
        verdict = verified(config, tmp_path, forged, config.checkpoints)
        assert {p.kind for p in verdict.problems} == {"manifest"}

    @pytest.mark.parametrize(
        ("forge", "words"),
        [
            ({"hash": "0" * 64}, "The last entry is not the one that the manifest names."),
            ({"seq": 2}, "The last entry is not the one that the manifest names."),
            ({"sha256": "0" * 64}, "The lines are not those that the manifest was made for."),
            ({"count": 1}, "The manifest counts 1 entries, and there are"),
        ],
    )
    def test_by_who_has_the_key_is_found(self, text, config, tmp_path, forge, words):
        *lines, last = text.splitlines()
        told = {**json.loads(last), **forge}
        del told["signature"]
        signature = signing.sign(config.audit_key, chain.canonical(told).encode())
        lines.append(chain.canonical({**told, "signature": signature}))
        verdict = verified(config, tmp_path, "".join(f"{line}\n" for line in lines))
        [problem] = verdict.problems
        assert problem.text.startswith(words)

    def test_a_checkpoint_tells_of_a_history_that_was_rebuilt_before(self, text, config, tmp_path):
        at = manifest(text)["at"]
        other = checkpoints.signed_line(config.audit_key, 3, "f" * 64, at, chain.GENESIS)
        (tmp_path / "kept.jsonl").write_text(f"{other}\n")
        [problem] = verified(config, tmp_path, text, tmp_path / "kept.jsonl").problems
        assert problem.text == "Entry 3 is not the one that a checkpoint was made of."

    def test_a_checkpoint_made_meanwhile_is_no_forgery(
        self, app, rich, config, tmp_path, monkeypatch
    ):
        real = find.every

        def and_somebody_else_makes_one(*arguments):
            make_tenant()
            checkpoints.make()
            return real(*arguments)

        monkeypatch.setattr(find, "every", and_somebody_else_makes_one)
        begun = export.begin_export(Filters(), "jsonl", an_actor())
        text = b"".join(export.as_jsonl(begun)).decode()
        assert verified(config, tmp_path, text, config.checkpoints).problems == []

    def test_nor_is_one_of_a_clock_that_was_put_back(self, text, config, tmp_path, monkeypatch):
        make_tenant()
        monkeypatch.setattr(checkpoints, "now", lambda: now() - timedelta(hours=1))
        checkpoints.make()
        assert verified(config, tmp_path, text, config.checkpoints).problems == []


def _sha(text):
    return chain.digest(text)


def cells_of(answer):
    """The text of a CSV file without the mark at its beginning."""
    return answer.text.removeprefix("\ufeff")


class TestCsv:
    def test_has_a_row_for_every_entry(self, admin, nasty):
        before = entries()
        answer = admin.get("/audit/export.csv")
        assert answer.response.data.startswith("\ufeffseq,id,".encode())
        rows = list(csv.DictReader(io.StringIO(cells_of(answer), newline="")))
        assert [row["hash"] for row in rows] == [entry.hash for entry in before]
        assert tuple(rows[0]) == csv_export.COLUMNS
        assert answer.text.count("\r\n") >= len(before) + 1

    def test_no_cell_is_a_formula(self, admin, nasty):
        text = cells_of(admin.get("/audit/export.csv"))
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert {f"'{nasty}" for nasty in NASTY[:4]} | {"'\t'=1", "'\r'=1", "x\n'=1+1"} <= set(cells)
        for cell in cells:
            for line in cell.splitlines() or [""]:
                assert not line.strip(" \"'`\t").startswith(tuple("=+-@＝")) or line[0] == "'"

    @pytest.mark.parametrize("separator", [";", "\t"])
    def test_nor_where_a_spreadsheet_splits_by_another_separator(self, admin, nasty, separator):
        """As Excel does where a comma is decimal, and LibreOffice as it offers."""
        text = cells_of(admin.get("/audit/export.csv"))
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        cells = [cell for row in lines for cell in row]
        assert "y" in "".join(cells)
        assert [
            c for c in cells if c.lstrip(" \"'`").startswith(tuple("=+-@＝")) and c[0] != "'"
        ] == []
        rows = csv.DictReader(io.StringIO(text, newline=""))
        [created] = [row for row in rows if row["action"] == "tenant.created"]
        assert json.loads(created["changes"])["meta_data"][1]["b"] == "x;=1+1;y"

    def test_opens_in_a_spreadsheet_without_formulas(self, admin, nasty, tmp_path):
        """LibreOffice where it is installed, and everywhere a reader of the same rules."""
        path = tmp_path / "history.csv"
        path.write_bytes(admin.get("/audit/export.csv").response.data)
        assert formulas(path) == []

    def test_no_cell_is_longer_than_a_spreadsheet_takes(self, admin, tenant):
        for letter in "ab":
            revise(tenant, Action.TENANT_ORGANISATION, meta_data={"n": letter * 16_376})
        text = cells_of(admin.get("/audit/export.csv"))
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert max(map(len, cells)) == 32_767
        [cut] = [cell for cell in cells if "The JSON Lines export has all" in cell and "{" in cell]
        assert cut.startswith('{"meta_data":[{"n":"aaa')
        lines = admin.get("/audit/export.jsonl").text.splitlines()
        assert max(map(len, lines)) > 32_768
        assert not any("Shortened" in line for line in lines)

    def test_a_cell_is_measured_as_spreadsheets_measure(self):
        fits = "x" + "📞" * 16_383
        assert csv_export.shortened(fits) == fits
        cut = csv_export.shortened(fits + "x")
        assert len(cut.encode("utf-16-le")) // 2 in (32_766, 32_767)
        assert cut.startswith("x📞📞")
        assert cut.endswith(
            "📞 [Shortened: 32,768 characters. The JSON Lines export has all of them.]"
        )

    @pytest.mark.parametrize("value", [None, 7, "plain", "a=b", "x - y", ""])
    def test_leaves_other_values_alone(self, value):
        assert csv_export.plain(value) == value


def formulas(path):
    """The cells that a spreadsheet would compute."""
    office = shutil.which("soffice")
    if office is None:
        with path.open(newline="", encoding="utf-8-sig") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        return [cell for cell in cells if cell.lstrip(' \t\r\n"').startswith(("=", "+", "-", "@"))]
    command = [office, "--headless", "--convert-to", "fods", "--outdir", path.parent, path]
    subprocess.run(command, check=True, capture_output=True, env={"HOME": str(path.parent)})
    text = path.with_suffix(".fods").read_text()
    return [part for part in text.split("<") if "table:formula=" in part]


class TestSecrets:
    @pytest.mark.parametrize("kind", ["csv", "jsonl"])
    @pytest.mark.parametrize("role", ["admin", "auditor"])
    def test_no_sealed_value_and_no_secret_is_in_any_export(self, sign_in, rich, kind, role):
        text = sign_in(role).get(f"/audit/export.{kind}").text
        planted = [SECRET, IDENTITY, "planted-user", "planted-token"]
        assert [word for word in planted if word in text] == []
        assert "sealed" in text


class TestRefusal:
    @pytest.mark.parametrize("kind", ["csv", "jsonl"])
    @pytest.mark.parametrize("role", ["support", "owner"])
    def test_of_who_may_not(self, sign_in, kind, role):
        assert sign_in(role).get(f"/audit/export.{kind}", None).status == 403

    def test_of_a_filter_that_does_not_exist(self, admin):
        with unchanged():
            assert admin.get("/audit/export.csv?action=nonsense", None).status == 400

    def test_who_only_asks_takes_nothing(self, admin):
        with unchanged():
            answer = admin.client.head("/audit/export.csv")
        assert answer.status_code == 200


class TestOffer:
    def test_is_made_with_the_filters_of_the_page(self, admin, rich):
        page = admin.get(f"/audit?tenant={rich.id}&outcome=success")
        url = f"/audit/export.jsonl?tenant={rich.id}&amp;outcome=success"
        assert url in page.text
        page = admin.get(f"/tenants/{rich.id}/audit?outcome=success")
        assert url in page.text

    def test_is_made_to_nobody_else(self, sign_in, rich):
        assert "/audit/export" not in sign_in("support").get("/audit").text
        assert "/audit/export" not in sign_in("owner", rich).get(f"/tenants/{rich.id}/audit").text

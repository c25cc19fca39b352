"""The one rule for passwords."""

import pytest
from zxcvbn_rs_py import Warning as Weakness

from webui.accounts import password_rule, password_strength
from webui.accounts.password_rule import COMMON, NO_TEXT, OWN_NAME, OWN_WORDS, WEAK, Holder
from webui.core.permissions import Role
from webui.values import Refused

OWNER = Holder(Role.OWNER, "dana.reyes", "Dana@northwind.example", "Blue Harbour")
STAFF = Holder(Role.SUPPORT, "dana.reyes", "Dana@northwind.example")
OWNER_LENGTH, STAFF_LENGTH = "Use 8 to 72 characters.", "Use 12 to 72 characters."
NORTH = "Ｎｏｒｔｈｗｉｎｄ"


def refusal(password, holder):
    with pytest.raises(Refused) as refused:
        password_rule.check_password_rule(password, holder)
    assert not password or password not in str(refused.value)
    return str(refused.value)


class TestLength:
    @pytest.mark.parametrize("password", ["", "seven7!", "z" * 73, "a\u0301" * 145])
    def test_outside_is_refused(self, password):
        assert refusal(password, OWNER) == OWNER_LENGTH
        assert refusal(password, STAFF) == STAFF_LENGTH

    def test_of_who_works_here_begins_at_twelve(self):
        assert refusal("kx7#Pq2vLw9", STAFF) == STAFF_LENGTH
        assert password_rule.check_password_rule("kx7#Pq2vLw9", OWNER) is None
        assert password_rule.check_password_rule("kx7#Pq2vLw9m", STAFF) is None

    def test_is_that_of_what_is_hashed(self):
        joined, parted = "\ufb03", "u\u0308"  # one letter typed as "ffi", and two that join
        assert password_rule.check_password_rule(joined + "x7#Pqz", OWNER) is None
        assert refusal(parted * 6, OWNER) == OWNER_LENGTH
        assert refusal("\ufdfa" * 5, OWNER) == OWNER_LENGTH
        assert (
            password_rule.check_password_rule("".join(map(chr, range(0x4E00, 0x4FF8, 7))), STAFF)
            is None
        )


class TestTaken:
    @pytest.mark.parametrize("password", ["blau-Ofn", "kxhqpzvt", " spaces stay ", "lisbon-lamp"])
    def test_of_an_owner_with_a_phone(self, password):
        assert password_rule.check_password_rule(password, OWNER) is None

    @pytest.mark.parametrize(
        "password", ["correct horse battery", "kxhqpzvtwmrb", "東京タワーの下で七時に会う"]
    )
    def test_of_who_works_here(self, password):
        assert password_rule.check_password_rule(password, STAFF) is None

    def test_of_a_machine_at_any_length(self):
        assert password_rule.check_password_rule("kX7#pQ2v!mL9" * 6, STAFF) is None


class TestCommon:
    def test_list_holds_three_thousand_that_are_long_enough(self):
        words = password_rule._common()
        assert len(words) == 3_000
        assert min(map(len, words)) >= 8
        assert words == {word.casefold() for word in words}

    @pytest.mark.parametrize(
        "password", ["12345678", "password1", "PassWord1", "ｑｗｅｒｔｙｕｉｏｐ"]
    )
    def test_is_refused_in_any_case_and_width(self, password):
        assert refusal(password, OWNER) == COMMON

    def test_as_part_of_a_longer_one_is_taken(self):
        assert password_rule.check_password_rule("password1 and a horse", STAFF) is None


class TestOwnName:
    @pytest.mark.parametrize("holder", [OWNER, STAFF])
    def test_is_refused_in_any_case(self, holder):
        assert refusal("Dana@Northwind.example", holder) == OWN_NAME
        longer = Holder(holder.role, "dana.reyes.2026", "d@x.example")
        assert refusal("Dana.Reyes.2026", longer) == OWN_NAME


class TestWords:
    @pytest.mark.parametrize(
        "password",
        [
            *("lamp-river-Tenant-7", "CONSOLE lamp river", "dana-lamp-river-sky"),
            *("lamp river sky reyes", "lamp+river+northwind", f"lamp+river+{NORTH}"),
        ],
    )
    def test_of_product_and_account_are_none_for_who_works_here(self, password):
        assert refusal(password, STAFF) == OWN_WORDS

    def test_with_three_letters_and_endings_of_addresses_are_only_letters(self):
        ann = Holder(Role.ADMIN, "ann", "ann@cats.info")
        assert password_rule.check_password_rule("planning informal lamps", ann) is None

    @pytest.mark.parametrize(
        "password",
        [
            *("Tenant123", "tenantconsole", "Dana.Reyes1", "Northwind77"),
            *("BlueHarbour", "Harbour2026!", "N0rthw1nd!", "dnaiwhtron"),
        ],
    )
    def test_count_for_nothing_in_an_owners(self, password):
        assert "too easy to guess" in refusal(password, OWNER)

    def test_may_be_part_of_an_owners_that_is_long_enough_without_them(self):
        assert password_rule.check_password_rule("harbour lamp river sky", OWNER) is None

    def test_of_the_organisation_are_what_makes_the_difference(self):
        elsewhere = Holder(Role.OWNER, "dana.reyes", "Dana@northwind.example")
        assert password_rule.check_password_rule("Vexandria-Zk", elsewhere) is None
        named = Holder(Role.OWNER, "dana.reyes", "Dana@northwind.example", "Vexandria Ltd")
        assert refusal("Vexandria-Zk", named)


class TestStrength:
    @pytest.mark.parametrize(
        ("password", "why"),
        [
            ("Winter2026!", "it is close to one that many people use"),
            (" " * 8, "it repeats itself"),
            ("hunkhunkhunk", "it repeats itself"),
            ("abcdefgh12", "it contains a sequence such as abc or 6543"),
            ("lampshade", "it is a common word or name with little around it"),
            ("21.05.1987", "it is built around a year or a date"),
            ("bluelamp7", "it is made of parts that are tried first"),
        ],
    )
    def test_says_why_it_is_too_little(self, password, why):
        assert refusal(password, OWNER) == WEAK.format(why)

    @pytest.mark.parametrize(
        "password", ["Winter2026!!", "Sommer2025!?", "Passwort2026!!", "Qwertz123456!", " " * 12]
    )
    def test_of_who_works_here_is_a_hundred_times_more(self, password):
        assert "too easy to guess" in refusal(password, STAFF)

    def test_has_words_for_whatever_the_library_finds(self):
        every = {name for name in dir(Weakness) if name[0].isupper()}
        assert set(password_strength._WHY) == every

    def test_is_judged_at_a_bounded_cost(self, monkeypatch):
        """72 letters swapped for digits and signs take the library a third of a second."""
        seen = []
        found = password_strength.zxcvbn
        monkeypatch.setattr(password_strength, "zxcvbn", lambda p, k: seen.append(p) or found(p, k))
        password_rule.check_password_rule("4@8({[<6931!|7105$+%" * 3, OWNER)
        assert [len(password) for password in seen] == [40]


class TestNoText:
    def test_is_refused(self):
        assert refusal("half \ud800 of a pair", STAFF) == NO_TEXT

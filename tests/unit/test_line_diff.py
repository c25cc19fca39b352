"""A change of a long text, line by line."""

from webui.history.query.line_diff import LEFT_OUT, NEW, OLD, SAME, Line, lines
from webui.web.template_filters import pretty_json


def diff(old, new):
    return [tuple(line) for line in lines(pretty_json(old), pretty_json(new))]


class TestLines:
    def test_mark_only_what_changed(self):
        assert diff({"a": 1, "b": 2}, {"a": 1, "b": 3}) == [
            (SAME, "{"),
            (SAME, '  "a": 1,'),
            (OLD, '  "b": 2'),
            (NEW, '  "b": 3'),
            (SAME, "}"),
        ]

    def test_count_no_comma_as_a_change(self):
        assert diff({"a": 1}, {"a": 1, "b": 2}) == [
            (SAME, "{"),
            (SAME, '  "a": 1,'),
            (NEW, '  "b": 2'),
            (SAME, "}"),
        ]

    def test_leave_out_what_is_far_from_a_change(self):
        many = {f"key{number:03}": number for number in range(100)}
        found = diff(many, many | {"key050": "x"})
        assert found[0] == (LEFT_OUT, "48 unchanged lines")
        assert found[-1] == (LEFT_OUT, "47 unchanged lines")
        assert [kind for kind, _ in found[1:-1]] == [SAME] * 3 + [OLD, NEW] + [SAME] * 3

    def test_of_equal_texts_are_none(self):
        assert lines("a\nb", "a\nb") == [Line(LEFT_OUT, "2 unchanged lines")]

    def test_show_a_single_line_instead_of_counting_it(self):
        assert lines("a", "a") == [Line(SAME, "a")]
        far = ["{", *"abc", "d", *"efg", "}"]
        found = lines("\n".join(far), "\n".join(far).replace("d", "x"))
        assert [kind for kind, _ in found] == [SAME] * 4 + [OLD, NEW] + [SAME] * 4

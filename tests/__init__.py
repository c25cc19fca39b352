"""The tests. Helpers that assert tell what they saw, like tests themselves."""

import pytest

pytest.register_assert_rewrite("tests.apps", "tests.history", "tests.raw")

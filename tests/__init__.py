"""The tests. Helpers that assert tell what they saw, like tests themselves.

`make check` and `make test` are short because nothing is made, opened or asked twice:

- One page load, several assertions. What is the same for many fields, values or routes is a loop in
  one test that lists everything wrong, not a parameter: each test has a database of its own.
- Attacks by SQL on the same rows: `tests.raw.each_refused`. A long beginning that many tests share:
  `tests.snapshots.begin`.
- An application with settings of its own: the fixture `app_with`, made once; `make_app` only for
  tests that change the application itself.
- A command in a process: `tests.processes.flask`, forked from one that has read the program.
- The mark `both_databases` only where the database itself decides: SQL, locks, types, triggers.
  `make test` runs everything on both anyway.
- Browser tests only for what happens in the browser.

`pytest --durations=20` shows what is slow.
"""

import pytest

pytest.register_assert_rewrite("tests.apps", "tests.history", "tests.raw")

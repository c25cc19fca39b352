"""The SQL of a trigger that refuses a change, for SQLite and PostgreSQL."""


def sqlite_refusal(name: str, when: str, table: str, condition: str, message: str) -> str:
    """Returns a trigger of SQLite that refuses rows that meet ``condition``; if empty, all."""
    return (
        f"CREATE TRIGGER guard_{name} {when} ON {table} "
        f"{f'WHEN {condition} ' if condition else ''}BEGIN "
        f"SELECT RAISE(ABORT, '{message}'); END"
    )


def postgresql_function(name: str, condition: str, message: str) -> str:
    """Returns a trigger function of PostgreSQL that refuses rows that meet ``condition``."""
    return (
        f"CREATE OR REPLACE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {condition} THEN RAISE EXCEPTION '{message}' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN NEW; END $$"
    )


def postgresql_trigger(name: str, when: str, table: str, level: str, function: str) -> str:
    """Returns a trigger of PostgreSQL that calls ``function`` for each ROW or STATEMENT."""
    return (
        f"CREATE TRIGGER guard_{name} {when} ON {table} "
        f"FOR EACH {level} EXECUTE FUNCTION guard_{function}()"
    )

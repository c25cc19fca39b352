"""How a trigger that refuses is written, on either database."""


def sqlite_refusal(name: str, when: str, table: str, condition: str, message: str) -> str:
    """A trigger of SQLite that refuses what meets the condition; without one, everything."""
    return (
        f"CREATE TRIGGER guard_{name} {when} ON {table} "
        f"{f'WHEN {condition} ' if condition else ''}BEGIN "
        f"SELECT RAISE(ABORT, '{message}'); END"
    )


def postgresql_function(name: str, condition: str, message: str) -> str:
    """A function of PostgreSQL, for triggers, that refuses what meets the condition."""
    return (
        f"CREATE OR REPLACE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {condition} THEN RAISE EXCEPTION '{message}' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN NEW; END $$"
    )


def postgresql_trigger(name: str, when: str, table: str, level: str, function: str) -> str:
    """A trigger of PostgreSQL that calls such a function for each ROW or STATEMENT."""
    return (
        f"CREATE TRIGGER guard_{name} {when} ON {table} "
        f"FOR EACH {level} EXECUTE FUNCTION guard_{function}()"
    )

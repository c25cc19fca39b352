"""Rows that give access by a token (sessions, links, codes), with a keyed seal of their facts."""

import logging
from typing import Any, ClassVar

from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import secret_key
from webui.crypto import tokens
from webui.models.columns import DERIVED

logger = logging.getLogger(__name__)


class SealedRow:
    """Mixin of a model whose rows are accepted only while their seal is valid.

    ``FACTS``: the columns that the seal covers. The product changes them with
    :meth:`revise_sealed`; a change made in any other way makes the seal invalid.
    """

    __tablename__: str
    FACTS: ClassVar[tuple[str, ...]]

    seal: Mapped[str] = mapped_column(
        String(64), server_default=text("''"), info=DERIVED, sort_order=100
    )

    def sign(self) -> None:
        """Seals a newly created row."""
        self.seal = expected_seal(self.__tablename__, self.FACTS, self)

    def revise_sealed(self, **values: Any) -> None:
        """Changes sealed columns. A row with an invalid seal keeps an invalid seal."""
        genuine = self.is_genuine()
        for name, value in values.items():
            setattr(self, name, value)
        if genuine:
            self.sign()

    def is_genuine(self) -> bool:
        """Whether the seal is valid, so that the product itself wrote the row as it is."""
        return is_genuine(self.__tablename__, self.FACTS, self, self.seal)


def expected_seal(table: str, facts: tuple[str, ...], row: Any) -> str:
    """Returns the valid seal of a row, which is an object or its columns."""
    return tokens.seal_token(secret_key(), table, [getattr(row, name) for name in facts])


def is_genuine(table: str, facts: tuple[str, ...], row: Any, seal: str) -> bool:
    """Whether the seal of a row (an object or its columns) is valid. Logs an invalid one."""
    genuine = tokens.fits(expected_seal(table, facts, row), seal)
    if not genuine:
        logger.warning("a row of %s of account %s carries no valid seal", table, row.user_id)
    return genuine

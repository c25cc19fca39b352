"""Rows that open something carry a keyed seal over the facts that decide what."""

import logging
from typing import Any, ClassVar

from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import secret_key
from webui.crypto import tokens
from webui.models.columns import DERIVED

logger = logging.getLogger(__name__)


class SealedRow:
    """Mixin of a model whose rows are used only while their seal fits.

    ``FACTS`` names the columns that the seal covers. The product changes them by
    :meth:`revise_sealed`; what somebody else wrote into the table fits no seal.
    """

    __tablename__: str
    FACTS: ClassVar[tuple[str, ...]]

    seal: Mapped[str] = mapped_column(
        String(64), server_default=text("''"), info=DERIVED, sort_order=100
    )

    def sign(self) -> None:
        """Seals a row that was made just now."""
        self.seal = expected_seal(self.__tablename__, self.FACTS, self)

    def revise_sealed(self, **values: Any) -> None:
        """Changes facts. A row that was not genuine before is not genuine afterwards."""
        genuine = self.is_genuine()
        for name, value in values.items():
            setattr(self, name, value)
        if genuine:
            self.sign()

    def is_genuine(self) -> bool:
        """Whether the product itself wrote the row as it is."""
        return is_genuine(self.__tablename__, self.FACTS, self, self.seal)


def expected_seal(table: str, facts: tuple[str, ...], row: Any) -> str:
    """The seal that fits a row, an object or its columns."""
    return tokens.seal_token(secret_key(), table, [getattr(row, name) for name in facts])


def is_genuine(table: str, facts: tuple[str, ...], row: Any, seal: str) -> bool:
    """Whether the seal of a row, an object or its columns, fits. The log says when it does not."""
    genuine = tokens.fits(expected_seal(table, facts, row), seal)
    if not genuine:
        logger.warning("a row of %s of account %s carries no valid seal", table, row.user_id)
    return genuine

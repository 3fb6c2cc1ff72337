"""JSON that comes back as it was stored."""

import json
from typing import Any

from django.db import models


class ExactJSONField(models.JSONField):
    """JSON kept as text: PostgreSQL's own keeps neither the order of keys nor floats like 1e22."""

    def get_internal_type(self) -> str:
        """Return the type of the column."""
        return "TextField"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """Return what was stored; None where a join found no row."""
        return None if value is None else json.loads(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> str:
        """Return the text to store."""
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

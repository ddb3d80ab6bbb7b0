"""How hard a live system is worked: the size of a batch, and the rest after it."""

from pydantic import BaseModel, ConfigDict, Field


class Pace(BaseModel):
    """Transactions of `rows` in statements of `bite`, ended early after `held_s`; then a part of that time at rest."""

    model_config = ConfigDict(frozen=True)

    rows: int = Field(1000, gt=0, le=50_000, description="rows of one short transaction")
    bite: int = Field(250, gt=0, description="rows of one statement")
    held_s: float = Field(0.1, gt=0, description="seconds of locks after which a transaction ends early")
    rest: float = Field(0.05, ge=0, description="rest after a batch, as a part of what the batch took")
    found: int = Field(100_000, gt=0, description="places of rows that are held in memory")
    file_bytes: int = Field(64 * 1024 * 1024, gt=0, description="bytes of one file of a return package, about")

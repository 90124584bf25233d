"""Events and money, as every function of the shop sees them."""

from pydantic import BaseModel


class OrderPlaced(BaseModel):
    """A customer has placed an order; `total_cents` is in euro cents."""

    order: str
    total_cents: int


def euros(cents: int) -> str:
    """Write an amount as a customer reads it."""
    return f"{cents // 100}.{cents % 100:02} EUR"

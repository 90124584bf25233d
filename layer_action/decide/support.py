"""How long AWS supports a runtime, and how long functions on it can be updated."""

from datetime import date
from typing import Final

from layer_action.record import record

# "November 2026": the month in which the table was read. AWS has put the last column off before.
AS_OF: Final = "November 2026"


@record
class Support:
    """From `ends` on a runtime gets no security updates, from `frozen` on functions that have it take no updates."""

    ends: date
    frozen: date


# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html: "deprecation date" and "block function update"
SUPPORT: Final = {
    "python3.8": Support(ends=date(2024, 10, 14), frozen=date(2027, 3, 3)),
    "python3.9": Support(ends=date(2025, 12, 15), frozen=date(2027, 3, 3)),
    "python3.10": Support(ends=date(2026, 10, 31), frozen=date(2027, 3, 3)),
    "python3.11": Support(ends=date(2027, 6, 30), frozen=date(2027, 8, 31)),
    "python3.12": Support(ends=date(2028, 10, 31), frozen=date(2029, 1, 10)),
    "python3.13": Support(ends=date(2029, 6, 30), frozen=date(2029, 8, 31)),
    "python3.14": Support(ends=date(2029, 6, 30), frozen=date(2029, 8, 31)),
}

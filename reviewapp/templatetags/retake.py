"""Filters of every page: money, timecode, status words."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def usd(amount: Decimal | float | None) -> str:
    """$12.40; a fraction of a cent is shown only where it is all there is."""
    if amount is None:
        return "–"
    value = Decimal(amount)
    if value and abs(value) < Decimal("0.01"):
        return f"${value:.4f}"
    return f"${value:,.2f}"

"""What comes from other directories passes the forms that people's entries pass."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from chassis.web.problems import broken_rules
from services.directory.api.listing_forms import NewListing, OrganizationForm, content_of
from services.directory.domain.foreign_listing import RowBroken
from services.directory.use_cases.feed_entries import CheckedEntry

REASONS_MAX = 5


def check_entry(entry: Mapping[str, Any]) -> CheckedEntry:
    """Pass a foreign listing through the forms, or say which places break which rules."""
    try:
        form = NewListing.model_validate(entry)
    except ValidationError as fault:
        found = fault.errors(include_url=False, include_input=False)
        rules = broken_rules([dict(error) for error in found])
        told = [f"{rule.pointer or '/'}: {rule.rule}" for rule in rules[:REASONS_MAX]]
        raise RowBroken("; ".join(told)) from None
    if not isinstance(form.organization, OrganizationForm):
        raise RowBroken("/organization: must be there")
    return CheckedEntry(
        organization=content_of(form.organization),
        content=content_of(form),
        needs=list(form.needs),
        need_terms=list(form.need_terms),
    )

"""What reporting listens to: everything that happened, on all three topics."""

from collections.abc import Sequence

from chassis.service import WorkerContext
from chassis.stream import Projection
from services.reporting.projections import ReportingProjection


def projections(_context: WorkerContext) -> Sequence[Projection]:
    """One consumer; it needs nothing but the transaction it is given."""
    return [ReportingProjection()]

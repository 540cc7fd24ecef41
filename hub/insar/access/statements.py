"""What every view of ground motion says, whatever it shows."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

NOT_RISK = _(
    "Velocity is not risk. A map of velocities shows how fast measured points moved in the past, within the stated "
    "uncertainty; it is not a map of hazard or risk, and says nothing of the safety of a building."
)
"""In one piece, for exports and for the pages' notice."""

INTERPRET = _(
    "Have the figures interpreted by somebody who knows the method and the place before anything is concluded from "
    "them or published."
)

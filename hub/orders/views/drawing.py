"""What the map's drawing tools say; Leaflet.draw has its texts in English only, in its own script."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def drawing_texts() -> dict[str, Any]:
    """The texts in the places that ``L.drawLocal`` has for them."""
    return {
        "draw": {
            "toolbar": {
                "actions": {"title": _("Cancel drawing"), "text": _("Cancel")},
                "finish": {"title": _("Finish drawing"), "text": _("Finish")},
                "undo": {"title": _("Delete the last corner"), "text": _("Delete last corner")},
                "buttons": {"polygon": _("Draw a polygon"), "rectangle": _("Draw a rectangle")},
            },
            "handlers": {
                "polygon": {
                    "tooltip": {
                        "start": _("Click to start the outline."),
                        "cont": _("Click to go on with the outline."),
                        "end": _("Click the first corner to close the outline."),
                    }
                },
                "polyline": {"error": _("An outline must not cross itself.")},
                "rectangle": {"tooltip": {"start": _("Click and drag to draw a rectangle.")}},
                "simpleshape": {"tooltip": {"end": _("Release the mouse to finish drawing.")}},
            },
        },
        "edit": {
            "toolbar": {
                "actions": {
                    "save": {"title": _("Save changes"), "text": _("Save")},
                    "cancel": {"title": _("Cancel editing, discard all changes"), "text": _("Cancel")},
                    "clearAll": {"title": _("Clear all layers"), "text": _("Clear all")},
                },
                "buttons": {
                    "edit": _("Edit the area"),
                    "editDisabled": _("No area to edit"),
                    "remove": _("Delete parts of the area"),
                    "removeDisabled": _("No area to delete"),
                },
            },
            "handlers": {
                "edit": {
                    "tooltip": {
                        "text": _("Drag corners to change the area."),
                        "subtext": _("Press Cancel to undo the changes."),
                    }
                },
                "remove": {"tooltip": {"text": _("Click a part of the area to remove it.")}},
            },
        },
    }

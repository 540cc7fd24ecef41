"""What drf-spectacular cannot know by itself: the one definition of an order, and that of a series."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from pydantic import BaseModel

from processing.pixels.series_spec import SeriesSpec
from processing.spec import MosaicSpec


class MosaicSpecSchema(OpenApiSerializerExtension):
    """MosaicSpec as it is sent: drf-spectacular's own reader would call every default a required key."""

    target_class: type[BaseModel] = MosaicSpec
    priority = 1

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        return self.target_class.__name__

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        schema = self.target_class.model_json_schema(ref_template="#/components/schemas/{model}")
        for name, part in schema.pop("$defs", {}).items():
            component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, object=name, schema=part)
            auto_schema.registry.register_on_missing(component)
        return schema


class SeriesSpecSchema(MosaicSpecSchema):
    """SeriesSpec as it is sent."""

    target_class = SeriesSpec

"""``inspire.xml``: the ISO 19139 record of an order, with the elements of S2GM's reference record.

S2GM's acceptance test compares the set of elements with that record's, none missing and none unexpected.
Its schemas are those of 2006, whose GML namespace has no version.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from processing import __version__, registry
from processing.account import Account
from processing.planning import split
from processing.spec import MosaicSpec

_NAMESPACES = {
    "xmlns:gmd": "http://www.isotc211.org/2005/gmd",
    "xmlns:gco": "http://www.isotc211.org/2005/gco",
    "xmlns:gmx": "http://www.isotc211.org/2005/gmx",
    "xmlns:gml": "http://www.opengis.net/gml",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_SCHEMA_LOCATION = (
    "http://www.isotc211.org/2005/gmd http://schemas.opengis.net/iso/19139/20060504/gmd/gmd.xsd "
    "http://www.isotc211.org/2005/gmx http://schemas.opengis.net/iso/19139/20060504/gmx/gmx.xsd"
)
_CODES = (
    "http://standards.iso.org/ittf/PubliclyAvailableStandards/ISO_19139_Schemas/resources/Codelist/ML_gmxCodelists.xml"
)
_LANGUAGES = "http://www.loc.gov/standards/iso639-2/"
_CRS = "http://www.opengis.net/def/crs/EPSG/0/"
_REGISTRY = "INSPIRE RS registry"
_LEGAL_NOTICE = "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"
_REGULATION = (
    "Commission Regulation (EU) No 1089/2010 of 23 November 2010 implementing Directive 2007/2/EC of the European "
    "Parliament and of the Council as regards interoperability of spatial data sets and services"
)
_KEYWORDS = ("Sentinel-2", "global", "mosaic", "composites", "medoid", "services")
# What XML 1.0 cannot hold, however it is escaped.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_inspire(base_folder: Path, account: Account) -> Path:
    """Write ``inspire.xml`` into an order's base folder; return its path.

    It speaks of the whole order: whichever of its products writes it, only the dates differ.
    """
    record = inspire_record(account, now=datetime.now(UTC))
    ET.indent(record)
    path = base_folder / "inspire.xml"
    path.write_bytes(ET.tostring(record, encoding="UTF-8", xml_declaration=True) + b"\n")
    return path


def inspire_record(account: Account, *, now: datetime) -> ET.Element:
    """The gmd:MD_Metadata of an order, written at ``now`` (UTC)."""
    return _node(
        "gmd:MD_Metadata",
        _text("gmd:fileIdentifier", account.heading.title),
        _language(),
        _code("gmd:characterSet", "MD_CharacterSetCode", "utf8"),
        _code("gmd:hierarchyLevel", "MD_ScopeCode", "dataset"),
        _party("gmd:contact", account, "pointOfContact"),
        _node("gmd:dateStamp/gco:DateTime", f"{now:%Y-%m-%dT%H:%M:%SZ}"),
        _text("gmd:metadataStandardName", "ISO19115"),
        _text("gmd:metadataStandardVersion", "2003/Cor.1:2006"),
        *_reference_systems(account.spec),
        _node("gmd:identificationInfo", _identification(account, now)),
        _distribution(account),
        _quality(account),
        attributes=_NAMESPACES | {"xsi:schemaLocation": _SCHEMA_LOCATION},
    )


def _reference_systems(spec: MosaicSpec) -> list[ET.Element]:
    """Those of all products of the order: tiles can lie in several zones."""
    path = "gmd:referenceSystemInfo/gmd:MD_ReferenceSystem/gmd:referenceSystemIdentifier"
    return [_identifier(path, f"{_CRS}{epsg}", _REGISTRY) for epsg in sorted({plan.grid.epsg for plan in split(spec)})]


def _identification(account: Account, now: datetime) -> ET.Element:
    spec = account.spec
    return _node(
        "gmd:MD_DataIdentification",
        _citation(account, now),
        _text("gmd:abstract", _abstract(spec)),
        _party("gmd:pointOfContact", account, "resourceProvider"),
        _theme(),
        _node("gmd:descriptiveKeywords/gmd:MD_Keywords", *(_text("gmd:keyword", word) for word in _KEYWORDS)),
        _text("gmd:resourceConstraints/gmd:MD_Constraints/gmd:useLimitation", _use_limitation(spec)),
        _node(
            "gmd:resourceConstraints/gmd:MD_LegalConstraints",
            _code("gmd:accessConstraints", "MD_RestrictionCode", "otherRestrictions"),
            _text("gmd:otherConstraints", "no limitation"),
        ),
        _node(
            "gmd:spatialResolution/gmd:MD_Resolution/gmd:distance/gco:Distance",
            str(spec.resolution),
            attributes={"uom": "m"},
        ),
        _language(),
        _node("gmd:topicCategory/gmd:MD_TopicCategoryCode", "imageryBaseMapsEarthCover"),
        _extent(spec),
    )


def _citation(account: Account, now: datetime) -> ET.Element:
    period = account.spec.period
    return _node(
        "gmd:citation/gmd:CI_Citation",
        _text("gmd:title", f"Copernicus Sentinel-2 Mosaic of {period.title}: {account.spec.name}"),
        *(_date(f"{now:%Y-%m-%d}", kind) for kind in ("publication", "creation", "revision")),
        _identifier("gmd:identifier", account.heading.title, _REGISTRY),
    )


def _abstract(spec: MosaicSpec) -> str:
    method = registry.methods()[spec.method]
    return (
        f"Mosaic of Copernicus Sentinel-2 Level-2A surface reflectances of {spec.period.title} "
        f"({spec.period.first_day} to {spec.period.last_day}) in pixels of {spec.resolution} m. "
        f"Method: {method.title}. {method.summary} "
        f"Layers: {', '.join((*spec.bands, *spec.layers))}."
    )


def _use_limitation(spec: MosaicSpec) -> str:
    source = f"Contains modified Copernicus Sentinel data {spec.period.first_day.year}"
    return f'No conditions apply but one: say where the data come from, in the words "{source}".'


def _theme() -> ET.Element:
    """The INSPIRE theme, from its thesaurus."""
    return _node(
        "gmd:descriptiveKeywords/gmd:MD_Keywords",
        _node(
            "gmd:keyword/gmx:Anchor", "Orthoimagery", attributes={"xlink:href": "http://inspire.ec.europa.eu/theme/oi"}
        ),
        _code("gmd:type", "MD_KeywordTypeCode", "theme"),
        _node(
            "gmd:thesaurusName/gmd:CI_Citation",
            _node(
                "gmd:title/gmx:Anchor",
                "GEMET - INSPIRE themes, version 1.0",
                attributes={"xlink:href": "http://www.eionet.europa.eu/gemet/inspire_themes"},
            ),
            _date("2008-06-01", "publication"),
        ),
    )


def _extent(spec: MosaicSpec) -> ET.Element:
    """Bounds of the ordered area, and the compositing period."""
    west, south, east, north = _bounds(spec.geometry)
    bounds = {
        "westBoundLongitude": west,
        "eastBoundLongitude": east,
        "southBoundLatitude": south,
        "northBoundLatitude": north,
    }
    return _node(
        "gmd:extent/gmd:EX_Extent",
        _node(
            "gmd:geographicElement/gmd:EX_GeographicBoundingBox",
            *(_node(f"gmd:{name}/gco:Decimal", f"{degrees:.9f}") for name, degrees in bounds.items()),
        ),
        _node(
            "gmd:temporalElement/gmd:EX_TemporalExtent/gmd:extent/gml:TimePeriod",
            _node("gml:beginPosition", spec.period.first_day.isoformat()),
            _node("gml:endPosition", spec.period.last_day.isoformat()),
            attributes={"gml:id": "compositing-period"},
        ),
    )


def _bounds(area: BaseGeometry) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees; west is more than east where the area crosses the antimeridian."""
    west, south, east, north = area.bounds
    parts = [part.bounds for part in getattr(area, "geoms", [area])]
    eastern = [part for part in parts if part[0] > 0]
    western = [part for part in parts if part[2] < 0]
    if (west, east) == (-180, 180) and len(eastern) + len(western) == len(parts):
        west, east = min(part[0] for part in eastern), max(part[2] for part in western)
    return west, south, east, north


def _distribution(account: Account) -> ET.Element:
    url = account.publisher.url
    name = "The service that made the mosaic" if url else "Legal notice on the use of Copernicus Sentinel data"
    online = "gmd:transferOptions/gmd:MD_DigitalTransferOptions/gmd:onLine/gmd:CI_OnlineResource"
    return _node(
        "gmd:distributionInfo/gmd:MD_Distribution",
        _node(
            "gmd:distributionFormat/gmd:MD_Format",
            _text("gmd:name", account.written_as.title),
            _text("gmd:version", ""),
        ),
        _node(
            online,
            _node("gmd:linkage/gmd:URL", url or _LEGAL_NOTICE),
            _text("gmd:name", name),
            _text("gmd:description", account.written_as.summary),
            _code("gmd:function", "CI_OnLineFunctionCode", "information"),
        ),
    )


def _quality(account: Account) -> ET.Element:
    return _node(
        "gmd:dataQualityInfo/gmd:DQ_DataQuality",
        _node("gmd:scope/gmd:DQ_Scope", _code("gmd:level", "MD_ScopeCode", "dataset")),
        _node(
            "gmd:report/gmd:DQ_DomainConsistency",
            _identifier("gmd:measureIdentification", "Conformity_001", "INSPIRE"),
            _node(
                "gmd:result/gmd:DQ_ConformanceResult",
                _node(
                    "gmd:specification/gmd:CI_Citation",
                    _text("gmd:title", _REGULATION),
                    _date("2010-12-08", "publication"),
                ),
                _text("gmd:explanation", "See the referenced specification"),
                # INSPIRE's way to say that conformity was not evaluated.
                _node("gmd:pass", attributes={"gco:nilReason": "unknown"}),
            ),
        ),
        _text("gmd:lineage/gmd:LI_Lineage/gmd:statement", _lineage(account)),
    )


def _lineage(account: Account) -> str:
    """How the order's products were made; of all of them alike."""
    spec = account.spec
    method = registry.methods()[spec.method]
    mask = registry.masks()[spec.mask or method.mask]
    return (
        f"Made by Mosaic Hub v{__version__} from Sentinel-2 Level-2A products of the Copernicus Ground Segment "
        f"({account.source}), atmospherically corrected by Sen2Cor. Pixels that count: {mask.title}. "
        f"Choice among them: {method.title}. Every pixel is one observation of the period; nothing was averaged "
        "over time. The scenes of each product, with what was decided about them, are in its provenance.json."
    )


def _party(path: str, account: Account, role: str) -> ET.Element:
    return _node(
        f"{path}/gmd:CI_ResponsibleParty",
        _text("gmd:organisationName", account.publisher.name),
        _text(
            "gmd:contactInfo/gmd:CI_Contact/gmd:address/gmd:CI_Address/gmd:electronicMailAddress",
            account.publisher.email,
        ),
        _code("gmd:role", "CI_RoleCode", role),
    )


def _date(day: str, kind: str) -> ET.Element:
    return _node(
        "gmd:date/gmd:CI_Date", _node("gmd:date/gco:Date", day), _code("gmd:dateType", "CI_DateTypeCode", kind)
    )


def _identifier(path: str, code: str, code_space: str) -> ET.Element:
    return _node(f"{path}/gmd:RS_Identifier", _text("gmd:code", code), _text("gmd:codeSpace", code_space))


def _language() -> ET.Element:
    return _node("gmd:language/gmd:LanguageCode", "eng", attributes={"codeList": _LANGUAGES, "codeListValue": "eng"})


def _code(path: str, code_list: str, value: str) -> ET.Element:
    """An element that holds a value of one of ISO's code lists."""
    return _node(
        f"{path}/gmd:{code_list}", value, attributes={"codeList": f"{_CODES}#{code_list}", "codeListValue": value}
    )


def _text(path: str, text: str) -> ET.Element:
    """An element that holds text; without any it says that it is missing."""
    *outer, last = path.split("/")
    stated = _node(last, _node("gco:CharacterString", text), attributes={} if text else {"gco:nilReason": "missing"})
    return _node("/".join(outer), stated) if outer else stated


def _node(path: str, *content: ET.Element | str, attributes: dict[str, str] | None = None) -> ET.Element:
    """Elements within each other, "gmd:outer/gmd:inner"; attributes and content are the innermost one's.

    Prefixes are written as they stand here, bound by the root's ``xmlns`` attributes: ElementTree's own
    way is a table of prefixes that the whole process shares.
    """
    *outer, last = path.split("/")
    innermost = ET.Element(last, attributes or {})
    for part in content:
        if isinstance(part, str):
            innermost.text = _UNPRINTABLE.sub("", part)
        else:
            innermost.append(part)
    node = innermost
    for tag in reversed(outer):
        holder = ET.Element(tag)
        holder.append(node)
        node = holder
    return node

"""inspire.xml: the order's ISO 19139 record, as catalogues and S2GM's acceptance test read it."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import accounts
import pytest
from owslib.etree import etree as owslib_etree
from owslib.iso import MD_Metadata

from processing import registry
from processing.account import Publisher
from processing.sidecars.inspire import inspire_record, write_inspire

NAMESPACES = {
    "gmd": "http://www.isotc211.org/2005/gmd",
    "gco": "http://www.isotc211.org/2005/gco",
    "gmx": "http://www.isotc211.org/2005/gmx",
    "gml": "http://www.opengis.net/gml",
}
# Those of S2GM's reference record; its test wants this very set.
ELEMENTS = {
    "gmd": """
        MD_Metadata fileIdentifier language LanguageCode characterSet MD_CharacterSetCode hierarchyLevel MD_ScopeCode
        contact CI_ResponsibleParty organisationName contactInfo CI_Contact address CI_Address electronicMailAddress
        role CI_RoleCode dateStamp metadataStandardName metadataStandardVersion
        referenceSystemInfo MD_ReferenceSystem referenceSystemIdentifier RS_Identifier code codeSpace
        identificationInfo MD_DataIdentification citation CI_Citation title date CI_Date dateType CI_DateTypeCode
        identifier abstract pointOfContact descriptiveKeywords MD_Keywords keyword type MD_KeywordTypeCode
        thesaurusName resourceConstraints MD_Constraints useLimitation MD_LegalConstraints accessConstraints
        MD_RestrictionCode otherConstraints spatialResolution MD_Resolution distance topicCategory
        MD_TopicCategoryCode extent EX_Extent geographicElement EX_GeographicBoundingBox westBoundLongitude
        eastBoundLongitude southBoundLatitude northBoundLatitude temporalElement EX_TemporalExtent
        distributionInfo MD_Distribution distributionFormat MD_Format name version transferOptions
        MD_DigitalTransferOptions onLine CI_OnlineResource linkage URL description function CI_OnLineFunctionCode
        dataQualityInfo DQ_DataQuality scope DQ_Scope level report DQ_DomainConsistency measureIdentification
        result DQ_ConformanceResult specification explanation pass lineage LI_Lineage statement""",
    "gco": "CharacterString DateTime Date Distance Decimal",
    "gmx": "Anchor",
    "gml": "TimePeriod beginPosition endPosition",
}
RING = [[15.0, 46.0], [15.05, 46.0], [15.05, 46.02], [15.0, 46.02], [15.0, 46.0]]


@pytest.fixture
def account(tmp_path):
    return accounts.account_of(tmp_path, bands=("B02", "B11"), layers=("valid_obs",))


def ordered(account, **changes):
    """The account of the same product, made for an order with these changes."""
    spec = account.spec.parse(account.spec.to_json() | changes)
    return replace(account, spec=spec)


def written(folder, account):
    return ET.parse(write_inspire(folder, account)).getroot()


def catalogued(folder, account):
    """The record as a catalogue's reader sees it."""
    return MD_Metadata(owslib_etree.parse(str(write_inspire(folder, account))))


def text_of(record, path):
    return [found.text for found in record.iterfind(path, NAMESPACES)]


def test_the_record_has_the_elements_of_s2gms_reference_record(tmp_path, account):
    """A1-066."""
    expected = {f"{{{NAMESPACES[prefix]}}}{name}" for prefix, names in ELEMENTS.items() for name in names.split()}
    assert {element.tag for element in written(tmp_path, account).iter()} == expected


def test_the_record_lies_in_the_base_folder_under_s2gms_name(tmp_path, account):
    base = tmp_path / "base"
    base.mkdir()
    path = write_inspire(base, account)
    assert path == base / "inspire.xml"
    assert path.read_bytes().startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<gmd:MD_Metadata ")
    assert list(base.iterdir()) == [path]


def test_a_catalogue_finds_what_identifies_the_order(tmp_path, account):
    record = catalogued(tmp_path, account)
    (identification,) = record.identification
    assert record.identifier == accounts.TITLE
    assert identification.uricode == [accounts.TITLE]
    assert identification.title == "Copernicus Sentinel-2 Mosaic of March 2018: Trial"
    assert (record.languagecode, record.charset, record.hierarchy) == ("eng", "utf8", "dataset")
    assert (record.stdname, record.stdver) == ("ISO19115", "2003/Cor.1:2006")
    assert identification.resourcelanguagecode == ["eng"]
    assert identification.topiccategory == ["imageryBaseMapsEarthCover"]
    for fact in ("March 2018", "2018-03-01 to 2018-03-31", "20 m", "B02, B11, valid_obs"):
        assert fact in identification.abstract


def test_a_catalogue_finds_where_and_when(tmp_path, account):
    (identification,) = catalogued(tmp_path, account).identification
    box = identification.bbox
    bounds = tuple(float(edge) for edge in (box.minx, box.miny, box.maxx, box.maxy))
    assert bounds == pytest.approx(account.spec.geometry.bounds, abs=1e-8)
    assert (identification.temporalextent_start, identification.temporalextent_end) == ("2018-03-01", "2018-03-31")
    assert (identification.distance, identification.uom) == (["20"], ["m"])


def test_a_catalogue_finds_the_keywords_and_the_inspire_theme(tmp_path, account):
    (identification,) = catalogued(tmp_path, account).identification
    theme, free = identification.keywords
    assert [(word.name, word.url) for word in theme.keywords] == [
        ("Orthoimagery", "http://inspire.ec.europa.eu/theme/oi")
    ]
    assert theme.type == "theme"
    assert theme.thesaurus == {
        "title": "GEMET - INSPIRE themes, version 1.0",
        "url": "http://www.eionet.europa.eu/gemet/inspire_themes",
        "date": "2008-06-01",
        "datetype": "publication",
    }
    words = [word.name for word in free.keywords]
    assert words == ["Sentinel-2", "global", "mosaic", "composites", "medoid", "services"]


def test_a_catalogue_finds_how_the_mosaic_may_be_used(tmp_path, account):
    (identification,) = catalogued(tmp_path, account).identification
    (limitation,) = identification.uselimitation
    assert limitation.startswith("No conditions apply")
    assert "Contains modified Copernicus Sentinel data 2018" in limitation
    assert identification.accessconstraints == ["otherRestrictions"]
    assert identification.otherconstraints == ["no limitation"]


def test_a_catalogue_finds_the_lineage_and_that_conformity_was_not_evaluated(tmp_path, account):
    record = catalogued(tmp_path, account)
    quality = record.dataquality
    for fact in ("Archive of the tests", "Level-2A", "provenance.json", "one observation of the period"):
        assert fact in quality.lineage
    assert "1089/2010" in quality.specificationtitle
    assert quality.conformancedate == ["2010-12-08"]
    assert quality.conformancedegree == []
    reasons = [found.attrib for found in written(tmp_path, account).iterfind(".//gmd:pass", NAMESPACES)]
    assert reasons == [{f"{{{NAMESPACES['gco']}}}nilReason": "unknown"}]


@pytest.mark.parametrize(("method", "mask"), [("s2gm", None), ("medoid", "scl-strict"), ("latest", "scl")])
def test_the_lineage_names_method_and_mask_in_effect(tmp_path, account, method, mask):
    used = registry.methods()[method]
    lineage = catalogued(tmp_path, ordered(account, method=method, mask=mask)).dataquality.lineage
    assert f"Pixels that count: {registry.masks()[mask or used.mask].title}." in lineage
    assert f"Choice among them: {used.title}." in lineage


@pytest.mark.parametrize("format", ["geotiff", "jp2", "netcdf"])
def test_a_catalogue_finds_the_format(tmp_path, format):
    account = accounts.account_of(tmp_path, bands=("B02",), layers=(), format=format)
    distribution = catalogued(tmp_path, account).distribution
    assert distribution.format == account.written_as.title
    (online,) = distribution.online
    assert online.url.startswith("https://")
    assert online.function == "information"


@pytest.mark.parametrize(("crs", "epsg"), [("utm", 32633), ("wgs84", 4326)])
def test_the_reference_system_is_that_of_the_data(tmp_path, crs, epsg):
    account = accounts.account_of(tmp_path, crs=crs, bands=("B02",), layers=())
    assert account.grid.epsg == epsg
    system = catalogued(tmp_path, account).referencesystem
    assert system.code == f"http://www.opengis.net/def/crs/EPSG/0/{epsg}"
    assert system.codeSpace == "INSPIRE RS registry"


def test_an_order_of_several_zones_names_each(tmp_path, account):
    ring = [[11.5, 46.0], [13.5, 46.0], [13.5, 46.2], [11.5, 46.2], [11.5, 46.0]]
    record = written(tmp_path, ordered(account, area={"type": "Polygon", "coordinates": [ring]}))
    codes = text_of(record, "gmd:referenceSystemInfo//gmd:code/gco:CharacterString")
    assert codes == [f"http://www.opengis.net/def/crs/EPSG/0/{epsg}" for epsg in (32632, 32633)]


def test_the_dates_are_those_of_the_making(account):
    now = datetime(2024, 2, 29, 9, 8, 7, tzinfo=UTC)
    record = MD_Metadata(owslib_etree.fromstring(ET.tostring(inspire_record(account, now=now))))
    assert record.datestamp == "2024-02-29T09:08:07Z"
    dates = [(date.date, date.type) for date in record.identification[0].date]
    assert dates == [("2024-02-29", kind) for kind in ("publication", "creation", "revision")]


def test_the_record_is_stamped_with_the_present(tmp_path, account):
    (stamp,) = text_of(written(tmp_path, account), "gmd:dateStamp/gco:DateTime")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(stamp)).total_seconds()) < 300


def test_every_product_of_an_order_writes_the_same_record(tmp_path, account):
    """Apart from the dates: whichever product is finished last, the record is the order's."""
    other = accounts.account_of(
        tmp_path, bands=("B02", "B11"), layers=("valid_obs",), scenes=1,
        grid=accounts.SMALL_GRIDS["utm"].part(next(accounts.SMALL_GRIDS["utm"].blocks(50))),
        notes=["B11 is not in one scene."],
    )  # fmt: skip
    other = replace(other, spec=account.spec)
    now = datetime(2024, 2, 29, tzinfo=UTC)
    assert ET.tostring(inspire_record(other, now=now)) == ET.tostring(inspire_record(account, now=now))


def test_a_contact_that_is_known_is_stated(tmp_path, account):
    publisher = Publisher("Institute of Maps", "maps@example.org", "https://example.org/")
    account = replace(account, publisher=publisher)
    record = catalogued(tmp_path, account)
    (contact,) = record.contact
    assert (contact.organization, contact.email, contact.role) == (
        "Institute of Maps", "maps@example.org", "pointOfContact",
    )  # fmt: skip
    (provider,) = record.identification[0].contact
    assert (provider.organization, provider.role) == ("Institute of Maps", "resourceProvider")
    assert record.distribution.online[0].url == "https://example.org/"


def test_a_contact_that_is_not_known_is_marked_as_missing(tmp_path, account):
    record = written(tmp_path, account)
    addresses = list(record.iterfind(".//gmd:electronicMailAddress", NAMESPACES))
    assert len(addresses) == 2
    for address in addresses:
        assert address.get(f"{{{NAMESPACES['gco']}}}nilReason") == "missing"
        assert not "".join(address.itertext()).strip()
    assert catalogued(tmp_path, account).contact[0].organization == "Mosaic Hub"


@pytest.mark.parametrize("source", ["Archive <of> \"R&D\" & 'more'", "Größe 北京 🌍", "]]><evil/>"])
def test_text_is_escaped(tmp_path, account, source):
    assert source in catalogued(tmp_path, replace(account, source=source)).dataquality.lineage


def test_characters_that_xml_cannot_hold_are_left_out(tmp_path, account):
    source = "Archive\x00 of\x1b the\ud800 \uffffworld"
    lineage = catalogued(tmp_path, replace(account, source=source)).dataquality.lineage
    assert "(Archive of the world)" in lineage


def test_an_area_across_the_antimeridian_is_not_said_to_span_the_globe(tmp_path, account):
    parts = [
        [[[178.0, -18.0], [180.0, -18.0], [180.0, -17.0], [178.0, -17.0], [178.0, -18.0]]],
        [[[-180.0, -18.0], [-179.0, -18.0], [-179.0, -16.0], [-180.0, -16.0], [-180.0, -18.0]]],
    ]
    area = {"type": "MultiPolygon", "coordinates": parts}
    box = catalogued(tmp_path, ordered(account, area=area, crs="wgs84")).identification[0].bbox
    assert [float(edge) for edge in (box.minx, box.miny, box.maxx, box.maxy)] == [178, -18, -179, -16]


def test_several_areas_have_one_box(tmp_path, account):
    other = [[longitude - 20, latitude + 1] for longitude, latitude in RING]
    area = {"type": "MultiPolygon", "coordinates": [[RING], [other]]}
    box = catalogued(tmp_path, ordered(account, area=area, crs="wgs84")).identification[0].bbox
    assert [float(edge) for edge in (box.minx, box.miny, box.maxx, box.maxy)] == [-5, 46, 15.05, 47.02]


def test_identifiers_within_the_record_are_xml_names(tmp_path, account):
    (identifier,) = [
        found.get(f"{{{NAMESPACES['gml']}}}id")
        for found in written(tmp_path, account).iterfind(".//gml:TimePeriod", NAMESPACES)
    ]
    assert re.fullmatch(r"[A-Za-z_][\w.-]*", identifier)

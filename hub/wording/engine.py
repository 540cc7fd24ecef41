"""What the engine may say, for translators. Written by ``manage.py engine_texts``: do not edit it."""

from django.utils.translation import gettext_noop as _

# fmt: off
# ruff: noqa: E501

SENTENCES = (
    # xgettext:no-python-format
    _("0: nothing, or less, was reflected"),
    # xgettext:no-python-format
    _("A dark feature or the shadow of terrain by its scene class, which this mask leaves out."),
    # xgettext:no-python-format
    _("A whole tile: {0}."),
    # xgettext:no-python-format
    _("All its scene classes exist."),
    # xgettext:no-python-format
    _("As near to all observations as the chosen one, but older."),
    # xgettext:no-python-format
    _("At the swath's edge, where the view zenith is not known."),
    # xgettext:no-python-format
    _("At the swath's edge: seen at a view zenith of {0} degrees; from {1} on it is cut."),
    # xgettext:no-python-format
    _("Becomes faster: by {0} mm a year, every year."),
    # xgettext:no-python-format
    _("Becomes slower: by {0} mm a year, every year."),
    # xgettext:no-python-format
    _("Brighter: {0} against {1} of the chosen observation."),
    # xgettext:no-python-format
    _("Called snow, but not by its bands: NDSI {0} and brightness {1}, where snow has more than {2} and {3}."),
    # xgettext:no-python-format
    _("Chosen by the method {0}: {1}"),
    # xgettext:no-python-format
    _("Cloud of high probability by its scene class."),
    # xgettext:no-python-format
    _("Cloud of medium probability by its scene class."),
    # xgettext:no-python-format
    _("EGMS Product Description & Format Specification, EGMS-D6-PDD-SC1-2.0-009; velocity for coherence over 0.7"),
    # xgettext:no-python-format
    _("Farther from the others: {0} on average against {1} of the chosen one; rank {2} of {3}."),
    # xgettext:no-python-format
    _("GDAL reads {0} {1} x {2} pixels."),
    # xgettext:no-python-format
    _("In a cloud's shadow by its scene class."),
    # xgettext:no-python-format
    _("Its NDVI is higher: {0} against {1} of the chosen observation."),
    # xgettext:no-python-format
    _("Its NDVI is lower: {0} against {1} of the chosen observation."),
    # xgettext:no-python-format
    _("Its classes and bands can be read."),
    # xgettext:no-python-format
    _("Its corner at {0}, {1} m is off the lattice of {2} m."),
    # xgettext:no-python-format
    _("Its mNDWI is lower: {0} against {1} of the chosen observation."),
    # xgettext:no-python-format
    _("Its pixels lie on the Sentinel-2 lattice."),
    # xgettext:no-python-format
    _("Its scene class does not count under this mask: {0}."),
    # xgettext:no-python-format
    _("Its scene class, {0}, does not exist."),
    # xgettext:no-python-format
    _("Left out by the mask {0} after a look at its bands."),
    # xgettext:no-python-format
    _("Left when each observation had met the best of those before it."),
    # xgettext:no-python-format
    _("Lost against the observation of {0}: {1}"),
    # xgettext:no-python-format
    _("Missing, doubled or not ordered: {0}."),
    # xgettext:no-python-format
    _("Mosaic Hub {0}"),
    # xgettext:no-python-format
    _("Moves 0 ± {0} mm a year: no motion was measured."),
    # xgettext:no-python-format
    _("Moves east and west by ±{0} mm with the seasons."),
    # xgettext:no-python-format
    _("Moves towards the satellite and away from it by ±{0} mm with the seasons."),
    # xgettext:no-python-format
    _("Moves up and down by ±{0} mm with the seasons."),
    # xgettext:no-python-format
    _("Moves {0} ± {1} mm a year away from the satellite."),
    # xgettext:no-python-format
    _("Moves {0} ± {1} mm a year downward."),
    # xgettext:no-python-format
    _("Moves {0} ± {1} mm a year eastward."),
    # xgettext:no-python-format
    _("Moves {0} ± {1} mm a year towards the satellite."),
    # xgettext:no-python-format
    _("Moves {0} ± {1} mm a year upward."),
    # xgettext:no-python-format
    _("Moves {0} ± {1} mm a year westward."),
    # xgettext:no-python-format
    _("No different in what decides, but older than the chosen observation."),
    # xgettext:no-python-format
    _("No observation counts here."),
    # xgettext:no-python-format
    _("No scene of this area and period can be read: {0}"),
    # xgettext:no-python-format
    _("No scene of this pixel can be read: {0}."),
    # xgettext:no-python-format
    _("None of the scenes that this product was made from is in the archive any more."),
    # xgettext:no-python-format
    _("Not a whole tile: {0}."),
    # xgettext:no-python-format
    _("Not chosen by the method {0}."),
    # xgettext:no-python-format
    _("Not in the archive here: {0}."),
    # xgettext:no-python-format
    _("Not measured in {0}."),
    # xgettext:no-python-format
    _("Not significant: the motion is less than twice its uncertainty."),
    # xgettext:no-python-format
    _("Not significant: within ±{0} mm a year nothing can be said."),
    # xgettext:no-python-format
    _("Not taken: by rule 5 even the darkest observation is too bright a cloud."),
    # xgettext:no-python-format
    _("Numbers from {0} to {1}; {2} to {3} can be."),
    # xgettext:no-python-format
    _("Older than the chosen observation."),
    # xgettext:no-python-format
    _("On {0} pixels {1} holds an observation and {2} holds none."),
    # xgettext:no-python-format
    _("Only one observation counts: it is taken without comparison."),
    # xgettext:no-python-format
    _("Over {0} the median of {1} is {2}, that of {3} {4}."),
    # xgettext:no-python-format
    _("Place, size, type and no data are right{0}"),
    # xgettext:no-python-format
    _("Read back, it does not hold what was made"),
    # xgettext:no-python-format
    _("Read back, it holds what was made"),
    # xgettext:no-python-format
    _("Rule 1 of the short-term tree, mean mNDWI below -0.55 (here {0}) and the greatest NDVI less than 0.05 above the mean (here {1}): take the greatest NDVI."),
    # xgettext:no-python-format
    _("Rule 2 of the short-term tree, mean NDVI below -0.3 (here {0}) and the least mNDWI less than 0.05 below the mean (here {1}): take the greatest mNDWI."),
    # xgettext:no-python-format
    _("Rule 3 of the short-term tree, mean NDVI above 0.6 (here {0}) and mean brightness below 0.45 (here {1}): take the greatest NDVI."),
    # xgettext:no-python-format
    _("Rule 4 of the short-term tree, the darkest observation (brightness {0}) is no cloud by its bands (haze index {1}, mNDWI {2}, visible mean {3}): take it."),
    # xgettext:no-python-format
    _("Rule 4 of the short-term tree, the darkest observation (brightness {0}) is no cloud by its bands: here it looks like {1} (haze index {2}, mNDWI {3}, visible mean {4})."),
    # xgettext:no-python-format
    _("Rule 5 of the short-term tree, the darkest observation is no snow either: here it is snow."),
    # xgettext:no-python-format
    _("Rule 5 of the short-term tree, the darkest observation looks like cloud and is no snow, but its brightness of {0} is not above 1.0: take it."),
    # xgettext:no-python-format
    _("Rule 5 of the short-term tree, the darkest observation looks like cloud, is no snow, and its brightness of {0} is above 1.0: take nothing."),
    # xgettext:no-python-format
    _("Rule 6 of the short-term tree, snow and mean NDVI below -0.2 (here {0}): take the greatest mNDWI."),
    # xgettext:no-python-format
    _("Rule 7 of the short-term tree, snow and mean brightness above 0.45 (here {0}): take the least NDVI."),
    # xgettext:no-python-format
    _("Rule 8 of the short-term tree, snow and no other rule applies: take the greatest NDVI."),
    # xgettext:no-python-format
    _("SW-France pilot: theoretical, 1 km from the reference, 55 images in 24 months"),
    # xgettext:no-python-format
    _("Saturated or defective by its scene class."),
    # xgettext:no-python-format
    _("Scene classes and {0} disagree on {1} % of the pixels on whether there is data."),
    # xgettext:no-python-format
    _("Scenes of this pixel that cannot be read: {0}."),
    # xgettext:no-python-format
    _("Scenes that the product was made from and that are not in the archive any more, or were replaced there: {0}."),
    # xgettext:no-python-format
    _("Short-term rules of S2GM 1.0: each observation, newest first, meets the best of those before it."),
    # xgettext:no-python-format
    _("Stored numbers: {0}; {1} to {2} can be."),
    # xgettext:no-python-format
    _("Ten days"),
    # xgettext:no-python-format
    _("The archive at {0} stopped answering while scenes were read; try again later."),
    # xgettext:no-python-format
    _("The archive lacks bands of the short-term tree: the observation with the greatest NDVI is taken."),
    # xgettext:no-python-format
    _("The archive lacks the bands that the short-term rules look at: the newest observation is taken."),
    # xgettext:no-python-format
    _("The archive lacks {0}: {1}."),
    # xgettext:no-python-format
    _("The disk filled up while the product was written; make room and try again."),
    # xgettext:no-python-format
    _("The granule's metadata lie at {0}://, which only rasters are read from."),
    # xgettext:no-python-format
    _("The granule's metadata {0} cannot be read."),
    # xgettext:no-python-format
    _("The median reflectance is {0}."),
    # xgettext:no-python-format
    _("The medoid of {0} observations is taken, the one nearest to all of them in {1}: {2} away on average."),
    # xgettext:no-python-format
    _("The nearest to all observations: {0} away on average."),
    # xgettext:no-python-format
    _("The newest observation that counts is taken."),
    # xgettext:no-python-format
    _("The observation of {0} against that of {1}: {2}"),
    # xgettext:no-python-format
    _("The overview of {0} x {1} pixels {2} numbers of the raster."),
    # xgettext:no-python-format
    _("The product failed its quality control and is not delivered: {0}"),
    # xgettext:no-python-format
    _("The product holds no data here; chosen anew, it would come from the scene {0}."),
    # xgettext:no-python-format
    _("The product needs {0} MB on the disk while it is made, and only {1} MB are free; make room and try again."),
    # xgettext:no-python-format
    _("The product took this pixel from the scene {0}, which cannot be read any more."),
    # xgettext:no-python-format
    _("The product took this pixel from the scene {0}, which is not in the archive any more."),
    # xgettext:no-python-format
    _("The product took this pixel from the scene {0}; chosen anew, it would come from {1}."),
    # xgettext:no-python-format
    _("The product took this pixel from the scene {0}; chosen anew, nothing would be taken."),
    # xgettext:no-python-format
    _("The same overpass was observed already, in the scene {0}."),
    # xgettext:no-python-format
    _("The satellite looks from the east: away from it is downward, westward or both at once."),
    # xgettext:no-python-format
    _("The satellite looks from the west: away from it is downward, eastward or both at once."),
    # xgettext:no-python-format
    _("The scene cannot be read here."),
    # xgettext:no-python-format
    _("The scene holds no data here."),
    # xgettext:no-python-format
    _("There are too few dates to tell a velocity."),
    # xgettext:no-python-format
    _("Thin cirrus by its scene class."),
    # xgettext:no-python-format
    _("Unclassified, perhaps cloud of low probability, which this mask leaves out."),
    # xgettext:no-python-format
    _("Wherever {0} holds an observation, {1} does."),
    # xgettext:no-python-format
    _("Without {0} snow is not tested by its bands: the scene class is taken at its word."),
    # xgettext:no-python-format
    _("XML; upload the points that it belongs to, both in one zip"),
    # xgettext:no-python-format
    _("a 7z archive; pack it as zip"),
    # xgettext:no-python-format
    _("a CRS that is not EPSG:{0}"),
    # xgettext:no-python-format
    _("a RAR archive; pack it as zip"),
    # xgettext:no-python-format
    _("a displacement is {0} mm, beyond ±{1}; read it with more room."),
    # xgettext:no-python-format
    _("a displacement is {0} mm; is its unit right?"),
    # xgettext:no-python-format
    _("a document in PDF"),
    # xgettext:no-python-format
    _("a document that {0}; upload the metadata as they were delivered."),
    # xgettext:no-python-format
    _("a file of L3 says only by its name whether it is east or up: name it as it was delivered (EGMS_L3_E43N22_100km_U_2018_2022_1.zip)."),
    # xgettext:no-python-format
    _("a gzip file; unpack it first"),
    # xgettext:no-python-format
    _("a line has more than {0} MB: the file is damaged or no table."),
    # xgettext:no-python-format
    _("a place that is not the product's"),
    # xgettext:no-python-format
    _("a size of {0} x {1} instead of {2} x {3}"),
    # xgettext:no-python-format
    _("a table in Parquet"),
    # xgettext:no-python-format
    _("a zip of EGMS, a CSV, HDF5 of MintPy or LiCSBAS, or a GeoTIFF of velocities"),
    # xgettext:no-python-format
    _("as when the mosaic was made"),
    # xgettext:no-python-format
    _("below the medoid's threshold the newest valid observation is taken"),
    # xgettext:no-python-format
    _("below the medoid's threshold the observation with the greatest NDVI is taken"),
    # xgettext:no-python-format
    _("both are as bright in B02 B03 B04, the newer one stays."),
    # xgettext:no-python-format
    _("both are vegetation of different NDVI, the older one is taken, a defect of that version."),
    # xgettext:no-python-format
    _("both are vegetation of the same NDVI, the newer one stays."),
    # xgettext:no-python-format
    _("brighter than reflectance 1.6"),
    # xgettext:no-python-format
    _("brings a document type, which none of its kind has"),
    # xgettext:no-python-format
    _("column {0} has no name."),
    # xgettext:no-python-format
    _("crosses itself{0}; draw it so that its edges do not cross"),
    # xgettext:no-python-format
    _("does not hold only"),
    # xgettext:no-python-format
    _("ends before Sentinel-2's launch on {0}"),
    # xgettext:no-python-format
    _("explains at most {0} pixels at once"),
    # xgettext:no-python-format
    _("explains one pixel; explain_each explains more"),
    # xgettext:no-python-format
    _("give a point"),
    # xgettext:no-python-format
    _("give an area"),
    # xgettext:no-python-format
    _("has more in it than any of its kind"),
    # xgettext:no-python-format
    _("has more than {0} MB"),
    # xgettext:no-python-format
    _("has no coordinates"),
    # xgettext:no-python-format
    _("has no place in a series of {0}; leave it out"),
    # xgettext:no-python-format
    _("has no scene in the archive for this pixel"),
    # xgettext:no-python-format
    _("has no scene in the archive for {0}"),
    # xgettext:no-python-format
    _("has no scene in the archive from half a year before to half a year after {0}"),
    # xgettext:no-python-format
    _("has no scene in the archive from half a year before {0} to half a year after {1}"),
    # xgettext:no-python-format
    _("has no scene of this area; the nearest one in the archive is of {0}"),
    # xgettext:no-python-format
    _("has unknown keys: {0}"),
    # xgettext:no-python-format
    _("has {0} corners, more than {1}; simplify it"),
    # xgettext:no-python-format
    _("high cloud"),
    # xgettext:no-python-format
    _("holds a point that is not a pair of numbers (longitude, latitude)"),
    # xgettext:no-python-format
    _("holds a polygon without a ring"),
    # xgettext:no-python-format
    _("holds a ring of fewer than four points; the last point repeats the first"),
    # xgettext:no-python-format
    _("holds only"),
    # xgettext:no-python-format
    _("holds the centre of no pixel of {0} m; draw it larger, or choose a finer resolution"),
    # xgettext:no-python-format
    _("in row {0} of the grid, {1}"),
    # xgettext:no-python-format
    _("is a {0}; give a GeoJSON Polygon or MultiPolygon"),
    # xgettext:no-python-format
    _("is empty; draw an area with some extent"),
    # xgettext:no-python-format
    _("is longer than {0} characters"),
    # xgettext:no-python-format
    _("is missing"),
    # xgettext:no-python-format
    _("is missing; {0} for a series of {1}"),
    # xgettext:no-python-format
    _("is no XML, or is cut short"),
    # xgettext:no-python-format
    _("is not a key of a series; its keys are {0}"),
    # xgettext:no-python-format
    _("is not a key of an order; its keys are {0}"),
    # xgettext:no-python-format
    _("is not a valid area ({0}{1}); draw it again"),
    # xgettext:no-python-format
    _("is not closed: its last point must equal its first"),
    # xgettext:no-python-format
    _("is {0} degrees wide; draw a smaller one"),
    # xgettext:no-python-format
    _("it cannot be read; the upload is incomplete or damaged: upload the file again."),
    # xgettext:no-python-format
    _("it cannot be unpacked; {0}"),
    # xgettext:no-python-format
    _("it covers other ground than the scene classes"),
    # xgettext:no-python-format
    _("it has more than {0} GB; deliver it in pieces."),
    # xgettext:no-python-format
    _("it has more than {0} MB, which none of its kind has."),
    # xgettext:no-python-format
    _("it has more than {0} dates."),
    # xgettext:no-python-format
    _("it has more than {0} points; cut it into tiles."),
    # xgettext:no-python-format
    _("it has more than {0} points; deliver it in pieces."),
    # xgettext:no-python-format
    _("it has no coordinate system; georeference it."),
    # xgettext:no-python-format
    _("it has no dates."),
    # xgettext:no-python-format
    _("it has none"),
    # xgettext:no-python-format
    _("it has velocities beyond {0} mm a year; is its nodata value declared?"),
    # xgettext:no-python-format
    _("it has {0} bands; one of velocities is needed."),
    # xgettext:no-python-format
    _("it has {0} columns, more than {1}."),
    # xgettext:no-python-format
    _("it is damaged or cut short"),
    # xgettext:no-python-format
    _("it is empty; upload it again."),
    # xgettext:no-python-format
    _("it is in the radar's geometry (no X_FIRST); geocode it first, with MintPy's geocode.py."),
    # xgettext:no-python-format
    _("it is missing"),
    # xgettext:no-python-format
    _("it is not geocoded (no {0}); use results on geocoded interferograms."),
    # xgettext:no-python-format
    _("it is not what was packed (length or checksum differ); {0}"),
    # xgettext:no-python-format
    _("it is not where the zip says; {0}"),
    # xgettext:no-python-format
    _("it is packed by a method other than Deflate; pack it again as a usual zip."),
    # xgettext:no-python-format
    _("it is stored in one piece; write it in tiles (gdal_translate -co TILED=YES)."),
    # xgettext:no-python-format
    _("it lies beside {0}, but its grid is another one."),
    # xgettext:no-python-format
    _("it would grow more than 200-fold when unpacked, as no results do; refused."),
    # xgettext:no-python-format
    _("its CRS is not a UTM zone"),
    # xgettext:no-python-format
    _("its coordinate system, {0}, is unknown; use one of EPSG."),
    # xgettext:no-python-format
    _("its data type is {0}, not {1}"),
    # xgettext:no-python-format
    _("its first line has more than a megabyte, so that it is no table."),
    # xgettext:no-python-format
    _("its first line is no text (UTF-8) with names of columns."),
    # xgettext:no-python-format
    _("its grid has more than {0} pixels; cut it into tiles."),
    # xgettext:no-python-format
    _("its grid is empty."),
    # xgettext:no-python-format
    _("its grid is in metres, but neither EPSG nor UTM_ZONE says of which system."),
    # xgettext:no-python-format
    _("its numbers are {0}: a picture, not velocities in mm a year."),
    # xgettext:no-python-format
    _("its pixels are not square and north up"),
    # xgettext:no-python-format
    _("its pixels have no size; georeference it."),
    # xgettext:no-python-format
    _("its unit is {0}; displacements in metres are needed."),
    # xgettext:no-python-format
    _("its unit is {0}; mm/yr is needed."),
    # xgettext:no-python-format
    _("lies before Sentinel-2's launch on {0}; start on {1} or later"),
    # xgettext:no-python-format
    _("lies before the start, {0}; choose a later day"),
    # xgettext:no-python-format
    _("lies in the far future"),
    # xgettext:no-python-format
    _("lies in the future: {0} begins on {1}"),
    # xgettext:no-python-format
    _("lies in the future; today is {0}"),
    # xgettext:no-python-format
    _("lies on the 180th meridian, as no mosaic does; choose one beside it"),
    # xgettext:no-python-format
    _("lies outside the archive, which covers {0} to {1} degrees east and {2} to {3} degrees north"),
    # xgettext:no-python-format
    _("lies {0} degrees from the middle of UTM zone {1}, too far to be in a mosaic of it"),
    # xgettext:no-python-format
    _("low cloud"),
    # xgettext:no-python-format
    _("makes more than {0} periods; choose an earlier end, or longer periods"),
    # xgettext:no-python-format
    _("makes {0} observations, and a series holds {1}; choose an earlier end"),
    # xgettext:no-python-format
    _("must be 1 for one pixel, or 3 for 3 x 3 of them"),
    # xgettext:no-python-format
    _("must be 4326 or a UTM zone: 32601 to 32660 in the north, 32701 to 32760 in the south"),
    # xgettext:no-python-format
    _("must be a JSON object"),
    # xgettext:no-python-format
    _("must be a date as YYYY-MM-DD"),
    # xgettext:no-python-format
    _("must be a latitude, a number from -80 to 84 degrees"),
    # xgettext:no-python-format
    _("must be a list of names"),
    # xgettext:no-python-format
    _("must be a longitude, a number from -180 to 180 degrees"),
    # xgettext:no-python-format
    _("must be a number of degrees"),
    # xgettext:no-python-format
    _("must be a whole number"),
    # xgettext:no-python-format
    _("must be an odd number of pixels from 1 to {0}, not {1}"),
    # xgettext:no-python-format
    _("must be at least {0} degrees"),
    # xgettext:no-python-format
    _("must be at most {0} degrees"),
    # xgettext:no-python-format
    _("must be text"),
    # xgettext:no-python-format
    _("must begin with a letter or digit and hold only letters, digits, blanks, - and _"),
    # xgettext:no-python-format
    _("names a UTM zone, but the CRS is degrees; leave it out or choose UTM"),
    # xgettext:no-python-format
    _("names none; choose at least one band"),
    # xgettext:no-python-format
    _("names {0} twice"),
    # xgettext:no-python-format
    _("names {0}, more than any method has"),
    # xgettext:no-python-format
    _("names {0}, more than there are"),
    # xgettext:no-python-format
    _("neither los_east nor track_angle says where the satellite stood."),
    # xgettext:no-python-format
    _("no column is named by a date (as 20200103): there are no series in it."),
    # xgettext:no-python-format
    _("no {0} begins between {1} and {2}; start on {3}, or end on {4} or later"),
    # xgettext:no-python-format
    _("nothing speaks for the older one."),
    # xgettext:no-python-format
    _("of water the greater NDWI, {0} above {1}."),
    # xgettext:no-python-format
    _("of water the one that is darker in shortwave infrared."),
    # xgettext:no-python-format
    _("one row of its grid is too much to read at once; cut it into tiles."),
    # xgettext:no-python-format
    _("opening scenes"),
    # xgettext:no-python-format
    _("orders nothing; choose at least one band or layer"),
    # xgettext:no-python-format
    _("reaches latitude {0}; mosaics are made between {1} and {2} degrees"),
    # xgettext:no-python-format
    _("reaches longitude {0}; longitudes run from -180 to 180 degrees"),
    # xgettext:no-python-format
    _("resolve host"),
    # xgettext:no-python-format
    _("snow-like cloud"),
    # xgettext:no-python-format
    _("takes {0} x {1} pixels of {2} m; {3} million are the most: draw a smaller area, or choose a coarser resolution"),
    # xgettext:no-python-format
    _("the brighter one is taken, {0} of the older and {1} of the newer in B02 B03 B04."),
    # xgettext:no-python-format
    _("the cloud probability counts as 0 everywhere"),
    # xgettext:no-python-format
    _("the column {0} comes twice."),
    # xgettext:no-python-format
    _("the column {0} looks like a date, but there is no such day."),
    # xgettext:no-python-format
    _("the darker one is taken, {0} of the older and {1} of the newer in B02 B03 B04."),
    # xgettext:no-python-format
    _("the dates are not in order: {0} follows {1}."),
    # xgettext:no-python-format
    _("the header is neither that of points (pid, latitude, longitude; pid, easting, northing) nor of StaMPS; there are {0}."),
    # xgettext:no-python-format
    _("the header is one of {0}, the name says {1}; keep files as they were delivered."),
    # xgettext:no-python-format
    _("the header lacks {0}; there are only dates."),
    # xgettext:no-python-format
    _("the header lacks {0}; there are {1}."),
    # xgettext:no-python-format
    _("the medoid compares {0} only"),
    # xgettext:no-python-format
    _("the older one is more likely cloud, {0} percent against {1}."),
    # xgettext:no-python-format
    _("the older water has no greater NDWI and is not darker in shortwave infrared."),
    # xgettext:no-python-format
    _("the point {0} was there before, in line {1}."),
    # xgettext:no-python-format
    _("the points are of {0}, the metadata of {1}; keep them together."),
    # xgettext:no-python-format
    _("the same"),
    # xgettext:no-python-format
    _("the scale {0} instead of {1}"),
    # xgettext:no-python-format
    _("the type {0} instead of {1}"),
    # xgettext:no-python-format
    _("the upload is incomplete or damaged: upload the file again."),
    # xgettext:no-python-format
    _("the zip has {0} CSV files ({1}); deliver each by itself."),
    # xgettext:no-python-format
    _("the zip has {0} XML files; one describes one CSV."),
    # xgettext:no-python-format
    _("the zip has {0} files; deliver one burst or tile in each."),
    # xgettext:no-python-format
    _("the zip holds other zips; unpack it and upload these one by one."),
    # xgettext:no-python-format
    _("the zip holds {0}, which is another piece than its own name says."),
    # xgettext:no-python-format
    _("the zip holds {0}; upload it as it is, without the zip."),
    # xgettext:no-python-format
    _("the zip names a file outside of itself, {0}; it is refused."),
    # xgettext:no-python-format
    _("the zip's list of contents cannot be read; {0}"),
    # xgettext:no-python-format
    _("the zip's list of contents is too long; deliver one burst or tile in each."),
    # xgettext:no-python-format
    _("the zip's list of contents, at its end, is missing; {0}"),
    # xgettext:no-python-format
    _("there are no points in it, only a header."),
    # xgettext:no-python-format
    _("there are no points in it, only a reference and dates."),
    # xgettext:no-python-format
    _("there are no points in it: all pixels are empty or masked."),
    # xgettext:no-python-format
    _("there are no points in it: all pixels are nodata."),
    # xgettext:no-python-format
    _("there is no CSV in the zip."),
    # xgettext:no-python-format
    _("there is no cube of numbers {0} (date, y, x) in it."),
    # xgettext:no-python-format
    _("there is no place of latitude {0} and longitude {1}."),
    # xgettext:no-python-format
    _("there is no scene of this place from {0} to {1}; the nearest one in the archive is of {2}"),
    # xgettext:no-python-format
    _("thing without a type"),
    # xgettext:no-python-format
    _("this HDF5 is neither of MintPy nor of LiCSBAS; there is {0}."),
    # xgettext:no-python-format
    _("this is no text. What can be taken in: {0}."),
    # xgettext:no-python-format
    _("this is {0} of MintPy; upload timeseries.h5 or HDF-EOS5 (save_hdfeos5.py)."),
    # xgettext:no-python-format
    _("this is {0}. What can be taken in: {1}."),
    # xgettext:no-python-format
    _("timed out"),
    # xgettext:no-python-format
    _("value {0} should be a MATLAB day number, but is {1}."),
    # xgettext:no-python-format
    _("{0} % of its scene classes do not exist."),
    # xgettext:no-python-format
    _("{0} MB of memory are too little for this order; allow more, or order a shorter period."),
    # xgettext:no-python-format
    _("{0} among its dates is no day (YYYYMMDD)."),
    # xgettext:no-python-format
    _("{0} and {1} agree on every pixel."),
    # xgettext:no-python-format
    _("{0} and {1} are the same column."),
    # xgettext:no-python-format
    _("{0} and {1} disagree on {2} pixels on whether there is an observation."),
    # xgettext:no-python-format
    _("{0} as no data instead of {1}"),
    # xgettext:no-python-format
    _("{0} cannot be read back: {1} is damaged."),
    # xgettext:no-python-format
    _("{0} goes before {1}."),
    # xgettext:no-python-format
    _("{0} has a quote that does not end as it should: {1}."),
    # xgettext:no-python-format
    _("{0} has more than the {1} bytes that are kept: {2}."),
    # xgettext:no-python-format
    _("{0} has the shape {1} instead of {2}."),
    # xgettext:no-python-format
    _("{0} has {1} bytes."),
    # xgettext:no-python-format
    _("{0} has {1} layers, but there are {2} dates."),
    # xgettext:no-python-format
    _("{0} is a link to somewhere else; links are refused."),
    # xgettext:no-python-format
    _("{0} is locked by a password; pack it again without one."),
    # xgettext:no-python-format
    _("{0} is not a {1} that can be ordered; choose from {2}"),
    # xgettext:no-python-format
    _("{0} is not an option of the method {1}; {2}"),
    # xgettext:no-python-format
    _("{0} is not in UTF-8: {1}; save the file in UTF-8."),
    # xgettext:no-python-format
    _("{0} is not in {1} of {2} scenes: no data where one of these was chosen."),
    # xgettext:no-python-format
    _("{0} is not the first day of its {1}; that period starts on {2}"),
    # xgettext:no-python-format
    _("{0} is stored in chunks of over {1} MB; write smaller ones."),
    # xgettext:no-python-format
    _("{0} is {1}, beyond ±{2} mm; read it with more room."),
    # xgettext:no-python-format
    _("{0} is {1}, which is beyond all measure."),
    # xgettext:no-python-format
    _("{0} layers were ordered and are there."),
    # xgettext:no-python-format
    _("{0} must be from {1} to {2}, not {3}"),
    # xgettext:no-python-format
    _("{0} of its pixels are {1}."),
    # xgettext:no-python-format
    _("{0} of the chosen observations have no number in this band."),
    # xgettext:no-python-format
    _("{0} of the pixels hold data; by the scene classes {1} were to be expected."),
    # xgettext:no-python-format
    _("{0} should be a name of printable characters, but is {1}."),
    # xgettext:no-python-format
    _("{0} should be a number, but is {1}."),
    # xgettext:no-python-format
    _("{0} should be a whole number of 32 bits, but is {1}."),
    # xgettext:no-python-format
    _("{0} takes its numbers from another file; that is refused."),
    # xgettext:no-python-format
    _("{0} values instead of {1}, as many as the first line names."),
    # xgettext:no-python-format
    _("{0} values instead of {1}: the file is cut off or damaged here."),
    # xgettext:no-python-format
    _("{0} x {1} km in classes of {2} m"),
    # xgettext:no-python-format
    _("{0}: not in the archive for this area and period; it has {1}"),
    # xgettext:no-python-format
    _("{0}: scene classes and {1} disagree on {2} of the pixels"),
    # xgettext:no-python-format
    _("{0}: the archive lacks what is needed for this area and period; leave it out"),
    # xgettext:no-python-format
    _("{0}: {1} Its swath edge is not cut."),
    # xgettext:no-python-format
    _("{0}: {1} cannot be read ({2})"),
    # xgettext:no-python-format
    _("{0}: {1} of its scene classes do not exist"),
    # xgettext:no-python-format
    _("{0}: {1} pixels with data."),
    # xgettext:no-python-format
    _("{0}; it was left out."),
)

TITLES = (
    # xgettext:no-python-format
    _("Acceleration"),
    # xgettext:no-python-format
    _("Aerosol optical thickness"),
    # xgettext:no-python-format
    _("Amplitude dispersion"),
    # xgettext:no-python-format
    _("Bare soil, not vegetated"),
    # xgettext:no-python-format
    _("Blue"),
    # xgettext:no-python-format
    _("Cloud Optimized GeoTIFF, one file per layer; opens in every GIS."),
    # xgettext:no-python-format
    _("Cloud confidence"),
    # xgettext:no-python-format
    _("Cloud shadow"),
    # xgettext:no-python-format
    _("Cloud, high probability"),
    # xgettext:no-python-format
    _("Cloud, medium probability"),
    # xgettext:no-python-format
    _("Cluster"),
    # xgettext:no-python-format
    _("Coastal aerosol"),
    # xgettext:no-python-format
    _("Dark feature or terrain shadow"),
    # xgettext:no-python-format
    _("Dark features are left out too: fewer shadows, but holes in cities and shallow water."),
    # xgettext:no-python-format
    _("Dark features, vegetation, bare soil, water, and snow that is bright and snow-coloured."),
    # xgettext:no-python-format
    _("Day of the chosen observation, counted from the period's first day, which is 0."),
    # xgettext:no-python-format
    _("Days from the period's first day"),
    # xgettext:no-python-format
    _("Easting (EPSG:3035)"),
    # xgettext:no-python-format
    _("Effective area (0: point scatterer)"),
    # xgettext:no-python-format
    _("GeoTIFF"),
    # xgettext:no-python-format
    _("Green"),
    # xgettext:no-python-format
    _("Height above sea level"),
    # xgettext:no-python-format
    _("Height above the ellipsoid"),
    # xgettext:no-python-format
    _("How far the medoid lies from the observations on average; no data where no medoid was taken."),
    # xgettext:no-python-format
    _("How it was decided"),
    # xgettext:no-python-format
    _("How it was made"),
    # xgettext:no-python-format
    _("How many observations did not count: for cloud, shadow, snow, swath edge, missing data; five rasters."),
    # xgettext:no-python-format
    _("How many valid observations the period had at this pixel."),
    # xgettext:no-python-format
    _("Incidence angle"),
    # xgettext:no-python-format
    _("JPEG 2000"),
    # xgettext:no-python-format
    _("Latest"),
    # xgettext:no-python-format
    _("Line in the burst"),
    # xgettext:no-python-format
    _("Line of sight, east"),
    # xgettext:no-python-format
    _("Line of sight, north"),
    # xgettext:no-python-format
    _("Line of sight, up"),
    # xgettext:no-python-format
    _("Lossless JPEG 2000, one file per layer, its no data in an .aux.xml beside it; small, but slow to open."),
    # xgettext:no-python-format
    _("Mean velocity"),
    # xgettext:no-python-format
    _("Medoid"),
    # xgettext:no-python-format
    _("Medoid from"),
    # xgettext:no-python-format
    _("Medoid spread"),
    # xgettext:no-python-format
    _("Medoid: mean distance to the observations"),
    # xgettext:no-python-format
    _("NBR, burnt ground"),
    # xgettext:no-python-format
    _("NDMI, moisture"),
    # xgettext:no-python-format
    _("NDVI, vegetation"),
    # xgettext:no-python-format
    _("NDWI, open water"),
    # xgettext:no-python-format
    _("Near infrared"),
    # xgettext:no-python-format
    _("Near infrared, narrow"),
    # xgettext:no-python-format
    _("NetCDF"),
    # xgettext:no-python-format
    _("No data"),
    # xgettext:no-python-format
    _("No observation"),
    # xgettext:no-python-format
    _("Normalised burn ratio: falls where something burnt."),
    # xgettext:no-python-format
    _("Normalised difference of green and near infrared: water."),
    # xgettext:no-python-format
    _("Normalised difference of near and shortwave infrared: water in plants."),
    # xgettext:no-python-format
    _("Normalised difference of near infrared and red: green plants."),
    # xgettext:no-python-format
    _("Northing (EPSG:3035)"),
    # xgettext:no-python-format
    _("Observation date"),
    # xgettext:no-python-format
    _("Observations rejected at the swath's edge"),
    # xgettext:no-python-format
    _("Observations rejected for cloud"),
    # xgettext:no-python-format
    _("Observations rejected for cloud shadow"),
    # xgettext:no-python-format
    _("Observations rejected for snow that is none by its bands"),
    # xgettext:no-python-format
    _("Observations rejected without data"),
    # xgettext:no-python-format
    _("One NetCDF-4 file with all layers by the CF Conventions; periods open together as one time series."),
    # xgettext:no-python-format
    _("One valid observation: that one. Two or three: the short-term decision tree. Four or more: the medoid, the observation nearest to all others."),
    # xgettext:no-python-format
    _("Pixel in the burst"),
    # xgettext:no-python-format
    _("Quality"),
    # xgettext:no-python-format
    _("Red"),
    # xgettext:no-python-format
    _("Red edge 1"),
    # xgettext:no-python-format
    _("Red edge 2"),
    # xgettext:no-python-format
    _("Red edge 3"),
    # xgettext:no-python-format
    _("Rejected observations"),
    # xgettext:no-python-format
    _("Root mean square error"),
    # xgettext:no-python-format
    _("S2GM"),
    # xgettext:no-python-format
    _("S2GM 1.0"),
    # xgettext:no-python-format
    _("S2GM's first version: two or three valid observations are compared pair by pair, by scene class, cloud probability and brightness; four or more give the medoid. Snow is taken at its class's word."),
    # xgettext:no-python-format
    _("Saturated or defective"),
    # xgettext:no-python-format
    _("Scene classes as S2GM"),
    # xgettext:no-python-format
    _("Scene classes, cities kept"),
    # xgettext:no-python-format
    _("Scene classes, snow untested"),
    # xgettext:no-python-format
    _("Scene classes, strict"),
    # xgettext:no-python-format
    _("Scene classification"),
    # xgettext:no-python-format
    _("Seasonality (annual amplitude)"),
    # xgettext:no-python-format
    _("Sen2Cor's aerosol optical thickness of the chosen observation."),
    # xgettext:no-python-format
    _("Sen2Cor's class (0-11) of the chosen observation."),
    # xgettext:no-python-format
    _("Sen2Cor's cloud probability of the chosen observation, in percent."),
    # xgettext:no-python-format
    _("Sen2Cor's snow probability of the chosen observation, in percent."),
    # xgettext:no-python-format
    _("Short-term decision tree"),
    # xgettext:no-python-format
    _("Shortwave infrared 1"),
    # xgettext:no-python-format
    _("Shortwave infrared 2"),
    # xgettext:no-python-format
    _("Snow confidence"),
    # xgettext:no-python-format
    _("Snow or ice"),
    # xgettext:no-python-format
    _("Source index"),
    # xgettext:no-python-format
    _("Standard deviation of the acceleration"),
    # xgettext:no-python-format
    _("Standard deviation of the mean velocity"),
    # xgettext:no-python-format
    _("Standard deviation of the seasonality"),
    # xgettext:no-python-format
    _("Sun and view"),
    # xgettext:no-python-format
    _("Sun azimuth angle"),
    # xgettext:no-python-format
    _("Sun zenith angle"),
    # xgettext:no-python-format
    _("Taken without comparison"),
    # xgettext:no-python-format
    _("Temporal coherence"),
    # xgettext:no-python-format
    _("The classes of S2GM; snow is taken at its class's word, as before March 2019."),
    # xgettext:no-python-format
    _("The newest valid observation of the period, whatever the others say."),
    # xgettext:no-python-format
    _("The observation nearest to all others, whenever there are two or more; of two the newest."),
    # xgettext:no-python-format
    _("Thin cirrus"),
    # xgettext:no-python-format
    _("Track angle"),
    # xgettext:no-python-format
    _("Unclassified pixels count too: cities are whole, at the price of some haze in old processing baselines."),
    # xgettext:no-python-format
    _("Unclassified, low cloud probability"),
    # xgettext:no-python-format
    _("Valid observations"),
    # xgettext:no-python-format
    _("Valid observations from which on the medoid decides; with fewer the short-term tree does."),
    # xgettext:no-python-format
    _("Validation"),
    # xgettext:no-python-format
    _("Vegetation"),
    # xgettext:no-python-format
    _("View azimuth angle"),
    # xgettext:no-python-format
    _("View azimuth angle, mean over bands"),
    # xgettext:no-python-format
    _("View zenith angle"),
    # xgettext:no-python-format
    _("View zenith angle, mean over bands"),
    # xgettext:no-python-format
    _("Water"),
    # xgettext:no-python-format
    _("What decided: one observation only, the short-term tree, or the medoid."),
    # xgettext:no-python-format
    _("Where the satellite stood: degrees clockwise from north; beyond 327.67 less 360."),
    # xgettext:no-python-format
    _("Where the satellite stood: degrees from the vertical."),
    # xgettext:no-python-format
    _("Where the sun stood: degrees clockwise from north; beyond 327.67 less 360."),
    # xgettext:no-python-format
    _("Where the sun stood: degrees from the vertical."),
    # xgettext:no-python-format
    _("Which scene the pixel comes from: the key into Source_product_list of the product's JSON."),
    # xgettext:no-python-format
    _("checking"),
    # xgettext:no-python-format
    _("compositing"),
    # xgettext:no-python-format
    _("describing"),
    # xgettext:no-python-format
    _("finished"),
    # xgettext:no-python-format
    _("searching"),
    # xgettext:no-python-format
    _("writing"),
)
# fmt: on

-- Who may see what. This file is the only place that decides: page, map tile, cell, point, series, aggregate, profile,
-- export and API all read through insar_points, insar_cells and insar_standing. Deny by default: what no grant gives,
-- nobody sees. {users} and {memberships} are the tables of the accounts.

-- A grant's area is what it names and its territory have in common, whoever writes the row.
CREATE FUNCTION insar_grant_area() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    territory geometry := (SELECT t.area FROM insar_territory t WHERE t.id = NEW.territory_id);
    -- The square of the web map, and a little more.
    everywhere CONSTANT geometry := ST_MakeEnvelope(-20037509, -20037509, 20037509, 20037509, 3857);
BEGIN
    NEW.effective_area := CASE
        WHEN NEW.territory_id IS NULL THEN coalesce(NEW.area, everywhere)
        WHEN NEW.area IS NULL THEN territory
        WHEN ST_CoveredBy(NEW.area, territory) THEN NEW.area
        ELSE ST_CollectionExtract(ST_Intersection(NEW.area, territory), 3)
    END;
    IF NOT ST_IsValid(NEW.effective_area) THEN
        NEW.effective_area := ST_CollectionExtract(ST_MakeValid(NEW.effective_area), 3);
    END IF;
    IF ST_IsEmpty(NEW.effective_area) THEN
        NEW.effective_area := NULL;
    END IF;
    NEW.area_digest := coalesce(md5(ST_AsBinary(NEW.effective_area)), '');
    RETURN NEW;
END
$$;
CREATE TRIGGER insar_grant_area BEFORE INSERT OR UPDATE ON insar_grant
    FOR EACH ROW EXECUTE FUNCTION insar_grant_area();

CREATE FUNCTION insar_territory_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE insar_grant SET area_digest = '' WHERE territory_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER insar_territory_moved AFTER UPDATE ON insar_territory
    FOR EACH ROW EXECUTE FUNCTION insar_territory_moved();

-- The grants on a release that count for a viewer (a user's id; NULL for a visitor) at this moment.
CREATE FUNCTION insar_grants(viewer bigint, release bigint) RETURNS SETOF insar_grant LANGUAGE sql STABLE AS $$
    SELECT g.*
    FROM insar_grant g
    JOIN insar_release r ON r.id = g.release_id
    WHERE g.release_id = release
        AND g.effective_area IS NOT NULL
        AND g.revoked_at IS NULL
        -- Not now(): that is when the transaction began.
        AND g.valid_from <= statement_timestamp()
        AND (g.valid_until IS NULL OR g.valid_until > statement_timestamp())
        AND (g.despite_embargo OR r.embargo_until IS NULL OR r.embargo_until <= statement_timestamp())
        AND (
            g.everybody
            OR EXISTS (
                SELECT FROM {users} u
                WHERE u.id = viewer AND u.is_active AND (
                    g.user_id = u.id
                    OR EXISTS (SELECT FROM {memberships} m WHERE m.user_id = u.id AND m.group_id = g.group_id)
                )
            )
        )
        AND (
            g.undertaking_id IS NULL
            OR EXISTS (
                SELECT FROM insar_acceptance a
                JOIN insar_undertaking t ON t.id = a.undertaking_id
                WHERE a.undertaking_id = g.undertaking_id AND a.user_id = viewer
                    AND (t.withdrawn_at IS NULL OR t.withdrawn_at > statement_timestamp())
            )
        )
$$;

CREATE FUNCTION insar_rank(wanted text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE wanted WHEN 'exists' THEN 1 WHEN 'overview' THEN 2 WHEN 'full' THEN 3 END
$$;

-- Where the viewer has at least a right on a release; NULL: nowhere.
CREATE FUNCTION insar_area(viewer bigint, release bigint, wanted text) RETURNS geometry LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN count(*) = 1 THEN (array_agg(g.effective_area))[1] ELSE ST_Union(g.effective_area) END
    FROM insar_grants(viewer, release) g
    WHERE insar_rank(g."right") >= insar_rank(wanted)
$$;

-- The same, cut down to the surroundings of a window; with few corners left, comparing many points is quick. Not by
-- ST_ClipByBox2D: where a corner of the box lies on a side of the area, it gives land beyond that side.
CREATE FUNCTION insar_area_near(viewer bigint, release bigint, wanted text, near geometry) RETURNS geometry
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN count(*) = 1 THEN (array_agg(c.area))[1] ELSE ST_Union(c.area) END
    FROM insar_grants(viewer, release) g
    CROSS JOIN LATERAL (SELECT ST_CollectionExtract(ST_Intersection(g.effective_area, near), 3) AS area) c
    WHERE insar_rank(g."right") >= insar_rank(wanted) AND g.effective_area && near AND NOT ST_IsEmpty(c.area)
$$;

-- What a viewer is to a release: the highest right anywhere, and a digest of all that decides what an answer holds.
-- "right" is NULL where the viewer may not even know of it, and the answer is the same for a release that is not there.
CREATE FUNCTION insar_standing(viewer bigint, release bigint, OUT "right" text, OUT fingerprint text)
LANGUAGE sql STABLE AS $$
    SELECT
        (ARRAY['exists', 'overview', 'full'])[max(insar_rank(g."right"))],
        md5(concat_ws(
            ';',
            release,
            string_agg(concat(g."right", g.area_digest), ',' ORDER BY g."right", g.area_digest),
            (SELECT concat_ws(',', r.stamp, r.least_points, r.overview_cell_m) FROM insar_release r WHERE r.id = release),
            (
                SELECT string_agg(concat(s.id, s.changed_at), ',' ORDER BY s.id)
                FROM insar_sensitivesite s WHERE s.release_id IS NULL OR s.release_id = release
            )
        ))
    FROM insar_grants(viewer, release) g
$$;

-- Whether the viewer has a right on every place of a window: then nothing in it need be compared one by one.
CREATE FUNCTION insar_has_all(viewer bigint, layer integer, wanted text, near geometry) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (
            SELECT ST_Covers(insar_area_near(viewer, l.release_id, wanted, near), near)
            FROM insar_layer l WHERE l.id = layer
        ),
        false
    )
$$;

-- The points of a layer in a window (EPSG:3857) that the viewer may see: those in an area where the right is full,
-- less those of sensitive sites, whatever their treatment.
CREATE FUNCTION insar_points(viewer bigint, layer integer, near geometry) RETURNS SETOF insar_measurementpoint
LANGUAGE sql STABLE ROWS 10000 AS $$
    SELECT p.*
    FROM insar_measurementpoint p
    WHERE p.layer_id = layer
        AND p.geom && near
        AND (
            (SELECT insar_has_all(viewer, layer, 'full', ST_Envelope(near)))
            OR coalesce(
                ST_Intersects(
                    (
                        SELECT insar_area_near(viewer, l.release_id, 'full', ST_Expand(ST_Envelope(near), 1000))
                        FROM insar_layer l WHERE l.id = layer
                    ),
                    p.geom
                ),
                false
            )
        )
        AND NOT coalesce(
            ST_Intersects(
                (
                    -- Not ST_Collect: sites may overlap, and a collection of overlapping areas cannot be compared.
                    SELECT CASE WHEN count(*) = 1 THEN (array_agg(s.area))[1] ELSE ST_Union(ST_MakeValid(s.area)) END
                    FROM insar_sensitivesite s
                    JOIN insar_layer l ON l.id = layer
                    WHERE (s.release_id IS NULL OR s.release_id = l.release_id) AND s.area && near
                ),
                p.geom
            ),
            false
        )
$$;

-- The cells of one size in a window that the viewer may see: those that lie wholly where the right is full, and, if
-- they are large enough and not suppressed, those that lie wholly where there is a right to an overview and touch
-- nothing where the right is full. A cell across that border would tell of the points beyond it, once those on
-- this side are taken off.
CREATE FUNCTION insar_cells(viewer bigint, layer integer, size integer, near geometry) RETURNS SETOF insar_cell
LANGUAGE sql STABLE ROWS 4000 AS $$
    WITH full_right AS MATERIALIZED (
        -- A cell at the window's edge reaches beyond it; far north the map stretches it fivefold.
        SELECT insar_area_near(viewer, l.release_id, 'full', ST_Expand(ST_Envelope(near), 8 * size)) AS area
        FROM insar_layer l WHERE l.id = layer
    )
    SELECT c.*
    FROM insar_cell c
    WHERE c.layer_id = layer
        AND c.size_m = size
        AND c.geom && near
        AND (
            (SELECT coalesce(ST_Covers(f.area, ST_Expand(ST_Envelope(near), 8 * size)), false) FROM full_right f)
            -- The larger geometry first: PostGIS then prepares it once for all cells.
            OR coalesce(ST_Covers((SELECT f.area FROM full_right f), c.geom), false)
            OR (
                c.shown
                AND size >= (
                    SELECT r.overview_cell_m
                    FROM insar_release r JOIN insar_layer l ON l.release_id = r.id WHERE l.id = layer
                )
                AND ST_Covers(
                    (
                        SELECT insar_area_near(viewer, l.release_id, 'overview', ST_Expand(ST_Envelope(near), 8 * size))
                        FROM insar_layer l WHERE l.id = layer
                    ),
                    c.geom
                )
                AND NOT coalesce(ST_Intersects((SELECT f.area FROM full_right f), c.geom), false)
            )
        )
$$;

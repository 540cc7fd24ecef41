-- What changes in the cells at once when a sensitive site or the least number of points does, whoever writes the row.
-- Cells are made anew by a task (hub/insar/pyramid/cells.py); until then those that tell too much are not there.

-- How far, in metres of the map, a cell's points may lie outside the four corners that are kept of it.
CREATE FUNCTION insar_site_changed(site insar_sensitivesite) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    margin CONSTANT double precision := 50;
    touched integer[];
BEGIN
    -- Locks the layers first: cells that are being made anew meanwhile are not put in place (cells_wanted has grown).
    WITH due AS (
        UPDATE insar_layer l SET cells_wanted = cells_wanted + 1
        WHERE (site.release_id IS NULL OR l.release_id = site.release_id)
            AND coalesce(l.extent && ST_Expand(site.area, margin), true)
        RETURNING l.id
    )
    SELECT array_agg(due.id) INTO touched FROM due;
    DELETE FROM insar_cell c
    WHERE c.layer_id = ANY (touched)
        AND c.geom && ST_Expand(site.area, margin)
        AND ST_DWithin(c.geom, site.area, margin);
    UPDATE insar_release r SET stamp = stamp + 1
    WHERE EXISTS (SELECT FROM insar_layer l WHERE l.release_id = r.id AND l.id = ANY (touched));
END
$$;

CREATE FUNCTION insar_site_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM insar_site_changed(OLD);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM insar_site_changed(NEW);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER insar_site_written AFTER INSERT OR UPDATE OR DELETE ON insar_sensitivesite
    FOR EACH ROW EXECUTE FUNCTION insar_site_written();

CREATE FUNCTION insar_least_points_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE insar_layer SET cells_wanted = cells_wanted + 1 WHERE release_id = NEW.id;
    IF NEW.least_points > OLD.least_points THEN
        UPDATE insar_cell SET shown = false
        WHERE shown AND layer_id IN (SELECT id FROM insar_layer WHERE release_id = NEW.id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER insar_least_points_changed AFTER UPDATE OF least_points ON insar_release
    FOR EACH ROW WHEN (OLD.least_points IS DISTINCT FROM NEW.least_points)
    EXECUTE FUNCTION insar_least_points_changed();

-- Whoever saves a release as it was read a while ago must not put its stamp back: answers kept since would look fresh.
CREATE FUNCTION insar_stamp_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.stamp := greatest(NEW.stamp, OLD.stamp);
    RETURN NEW;
END
$$;
CREATE TRIGGER insar_stamp_grows BEFORE UPDATE ON insar_release
    FOR EACH ROW EXECUTE FUNCTION insar_stamp_grows();

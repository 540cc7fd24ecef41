-- The audit log: rows are added and never changed, whoever tries.

CREATE TABLE insar_auditentry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamp with time zone NOT NULL,
    user_id integer,
    user_name varchar(150) NOT NULL,
    by varchar(7) NOT NULL,
    action varchar(10) NOT NULL,
    release_id integer,
    release_key varchar(63) NOT NULL,
    direction varchar(10) NOT NULL,
    area geometry(Geometry, 3857),
    points integer NOT NULL,
    cells integer NOT NULL,
    rights varchar(32) NOT NULL,
    detail jsonb NOT NULL
);
CREATE INDEX insar_auditentry_at ON insar_auditentry USING brin (at);
CREATE INDEX insar_auditentry_user ON insar_auditentry (user_id, id);
-- What one person has taken away in a day is summed before every export.
CREATE INDEX insar_auditentry_taken ON insar_auditentry (user_id, at) WHERE action IN ('export', 'points');
CREATE INDEX insar_auditentry_release ON insar_auditentry (release_id, id);

CREATE FUNCTION insar_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log only grows: % is refused.', TG_OP;
END
$$;

CREATE TRIGGER insar_auditentry_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON insar_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION insar_audit_is_append_only();

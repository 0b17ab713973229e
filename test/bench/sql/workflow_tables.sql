-- A table of checkpoints as one writes it by hand, with a run as a message and a row for its result.
CREATE TABLE by_hand.runs (id bigint PRIMARY KEY, input jsonb NOT NULL, output jsonb, finished_at timestamptz);
CREATE TABLE by_hand.checkpoints (
    run_id bigint NOT NULL,
    seq integer NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    name text NOT NULL,
    output jsonb,
    PRIMARY KEY (run_id, name, seq)
);
-- The first record counts, as in complete_step(). There is no fence, and no lease is renewed.
CREATE FUNCTION by_hand.complete_step(run bigint, step text, result jsonb, number bigint) RETURNS jsonb
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO by_hand.checkpoints (run_id, seq, name, output) VALUES (run, number, step, result)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT c.output INTO result FROM by_hand.checkpoints AS c
        WHERE c.run_id = run AND c.name = step AND c.seq = number;
    END IF;
    RETURN result;
END $$;
CREATE FUNCTION by_hand.start_runs(qty integer) RETURNS void
    LANGUAGE sql AS $$
    WITH added AS (
        INSERT INTO by_hand.messages (queue_id, payload) SELECT 1, '{}' FROM generate_series(1, qty) RETURNING id)
    INSERT INTO by_hand.runs (id, input) SELECT id, '{"order": 17}' FROM added;
$$;
-- A run, with its checkpoints so far.
CREATE FUNCTION by_hand.claim_run(OUT run bigint, OUT read_ct integer, OUT input jsonb, OUT steps jsonb)
    LANGUAGE plpgsql AS $$
BEGIN
    UPDATE by_hand.messages AS m
    SET vt = now() + '30 s', read_ct = m.read_ct + 1, delivered_at = now()
    WHERE id = (
        SELECT id
        FROM by_hand.messages AS w
        WHERE queue_id = 1
            AND available_at <= now()
            AND (vt IS NULL OR vt <= now())
        ORDER BY priority, available_at, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED)
    RETURNING m.id, m.read_ct INTO run, read_ct;
    SELECT r.input INTO input FROM by_hand.runs AS r WHERE r.id = run;
    SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.recorded_at), '[]') INTO steps
    FROM by_hand.checkpoints AS c WHERE c.run_id = run;
END $$;
CREATE FUNCTION by_hand.complete_run(run bigint, delivery bigint, result jsonb) RETURNS boolean
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM by_hand.messages WHERE id = run AND read_ct = delivery;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE by_hand.runs SET output = result, finished_at = clock_timestamp() WHERE id = run;
    RETURN true;
END $$;

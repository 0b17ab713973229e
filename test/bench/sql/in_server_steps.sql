CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what jsonb);
CREATE FUNCTION effect(what jsonb) RETURNS bigint LANGUAGE sql AS 'INSERT INTO effects (what) VALUES ($1) RETURNING id';
CREATE PROCEDURE bench_in_server(run bigint, input jsonb) LANGUAGE plpgsql AS $$
DECLARE
    result jsonb;
    error text;
BEGIN
    FOR i IN 1 .. input::int LOOP
        CALL pgqrs.step('reserve_the_items_of_the_order', 'effect', '1', result, error);
    END LOOP;
END $$;
SELECT pgqrs.create_workflow('bench_in_server', handler => 'bench_in_server');

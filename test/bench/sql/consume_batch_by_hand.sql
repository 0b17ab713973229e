-- take
UPDATE by_hand.messages
SET vt = now() + '30 s', read_ct = read_ct + 1, delivered_at = now()
WHERE id IN (
    SELECT id
    FROM by_hand.messages
    WHERE queue_id = 1
        AND available_at <= now()
        AND (vt IS NULL OR vt <= now())
    ORDER BY priority, available_at, id
    LIMIT 100
    FOR UPDATE SKIP LOCKED)
RETURNING id, queue_id, payload, headers, priority, read_ct, enqueued_at, available_at, vt, worker_id;
-- finish
WITH gone AS (
    DELETE FROM by_hand.messages WHERE id = ANY (:id[]) RETURNING *)
INSERT INTO by_hand.archive (
    id, available_at, enqueued_at, queue_id, read_ct, priority, vt, delivered_at, worker_id, archived_at,
    processing_duration, outcome, headers, payload)
SELECT
    id, available_at, enqueued_at, queue_id, read_ct, priority, vt, delivered_at, worker_id, now(),
    now() - delivered_at, 'done', headers, payload
FROM gone
RETURNING id;

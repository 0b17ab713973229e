-- Rights on single queues, for roles without privileges on the tables.

CREATE FUNCTION pgqrs.grant_queue(queue text, role text, privilege text) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_grant_queue';
COMMENT ON FUNCTION pgqrs.grant_queue(text, text, text) IS
'Gives a role a right on one queue. The role needs no privileges on the tables. It also gets USAGE of
the schema and EXECUTE on the functions that the right is for. A member of the role has its rights.
Only the owner of the extension and superusers may call it (42501). Returns true if this call changed
something.
privilege: produce, consume, monitor (numbers and settings, no payloads), or manage (settings,
pausing, purging and dropping, looking at messages, and all of monitor).
Raises PQ002, and PQ010 for an unknown role or privilege.';

CREATE FUNCTION pgqrs.revoke_queue(queue text, role text, privilege text) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_revoke_queue';
COMMENT ON FUNCTION pgqrs.revoke_queue(text, text, text) IS
'Takes back what grant_queue() gave. It counts for the next call of every session. With the last grant
of a role it takes USAGE and EXECUTE back, if grant_queue() gave them. Only the owner of the extension
and superusers may call it (42501). Returns true if this call changed something.
role: one that was dropped since is known by its grants.
Raises PQ002, and PQ010 for an unknown role or privilege.';

CREATE FUNCTION pgqrs.list_grants(queue text DEFAULT NULL) RETURNS SETOF pgqrs.queue_grant
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10
    AS 'MODULE_PATHNAME', 'pgqrs_list_grants';
COMMENT ON FUNCTION pgqrs.list_grants(text) IS
'Returns the grants by queue, role and privilege. Whoever may manage a queue sees its grants.
queue: NULL means all queues.
Raises PQ002.';

-- An extension that somebody installed who is no superuser: he grants, and grants give no more than he has. His
-- members grant as he does, and what a superuser grants is his to revoke.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
SET client_min_messages = warning;
CREATE ROLE regress_pgqrs_installer;
CREATE ROLE regress_pgqrs_deputy IN ROLE regress_pgqrs_installer;
CREATE ROLE regress_pgqrs_sender;
CREATE ROLE regress_pgqrs_taker;
CREATE DATABASE regress_pgqrs_rights OWNER regress_pgqrs_installer;
\set home :DBNAME
\c regress_pgqrs_rights
\i :errors
SET ROLE regress_pgqrs_installer;
CREATE EXTENSION pgqrs;
SELECT name FROM pgqrs.create_queue('jobs');
SELECT pgqrs.grant_queue('jobs', 'regress_pgqrs_sender', 'produce');
SET ROLE regress_pgqrs_deputy;
SELECT pgqrs.grant_queue('jobs', 'regress_pgqrs_taker', 'consume');
RESET ROLE;
SELECT pgqrs.grant_queue('jobs', 'regress_pgqrs_taker', 'manage');
SELECT role, privilege, valid, nullif(granted_by, session_user) AS granted_by
FROM pgqrs.list_grants()
ORDER BY role, privilege;

SET ROLE regress_pgqrs_sender;
SELECT pgqrs.enqueue('jobs', '1') > 0 AS enqueued;
SELECT pg_temp.error_of('SELECT FROM pgqrs.messages');
SET ROLE regress_pgqrs_taker;
SELECT payload, pgqrs.delete('jobs', m.id)
FROM pgqrs.dequeue('jobs', worker => pgqrs.register_worker('jobs', 'w')) AS m;
SELECT name, description FROM pgqrs.alter_queue('jobs', description => 'by a manager');
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('more')$$);
RESET ROLE;

-- All EXECUTE comes from the installer.
SELECT DISTINCT grantor::regrole, grantee::regrole
FROM pg_proc, aclexplode(proacl)
WHERE pronamespace = 'pgqrs'::regnamespace
    AND grantee IN ('regress_pgqrs_sender'::regrole, 'regress_pgqrs_taker'::regrole)
ORDER BY 2;

-- Grants give what the installer has, and no more.
REVOKE INSERT ON pgqrs.messages FROM regress_pgqrs_installer;
SET ROLE regress_pgqrs_sender;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('jobs', '1')$$);
RESET ROLE;
GRANT INSERT ON pgqrs.messages TO regress_pgqrs_installer WITH GRANT OPTION;
SET ROLE regress_pgqrs_sender;
SELECT pgqrs.enqueue('jobs', '2') > 0 AS enqueued;
RESET ROLE;

-- The last revoke takes all back.
SET ROLE regress_pgqrs_installer;
SELECT pgqrs.revoke_queue('jobs', 'regress_pgqrs_taker', 'manage');
SELECT pgqrs.revoke_queue('jobs', 'regress_pgqrs_taker', 'consume');
SELECT pgqrs.revoke_queue('jobs', 'regress_pgqrs_sender', 'produce');
RESET ROLE;
SELECT count(*)
FROM pg_shdepend
WHERE refobjid IN ('regress_pgqrs_sender'::regrole, 'regress_pgqrs_taker'::regrole);
SET ROLE regress_pgqrs_installer;
DROP EXTENSION pgqrs;
RESET ROLE;
\c :home
DROP DATABASE regress_pgqrs_rights;
DROP ROLE regress_pgqrs_installer, regress_pgqrs_deputy, regress_pgqrs_sender, regress_pgqrs_taker;

#!/usr/bin/env bash
# Rule: the build understands every statement of sql/parts, from which it generates what verify() expects
# (src/queue/expected). And it does stop, naming the file and the line, where it does not understand one.
set -euo pipefail
cd "$1"
reader=()
for part in src/queue/expected/*.awk; do reader+=(-f "$part"); done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
bad=0

expected() { LC_ALL=C awk "${reader[@]}" "$@"; }

# $1 line it is about, $2 what is said of it, $3 the statements
refuses() {
    local status=0
    printf '%s\n' "$3" >"$folder/part.sql"
    expected "$folder/part.sql" >/dev/null 2>"$folder/message" || status=$?
    [ "$status" = 1 ] && [[ $(cat "$folder/message") == "$folder/part.sql:$1: "*"$2"* ]] || {
        printf 'not refused as "%s" (status %s): %s\n' "$2" "$status" "$3"
        cat "$folder/message"
        bad=1
    }
}

# $1 what is expected of the object, $2 the statements
reads() {
    printf '%s\n' "$2" >"$folder/part.sql"
    expected "$folder/part.sql" >"$folder/header" 2>&1 && grep -qF -- "$1" "$folder/header" || {
        printf 'not read as %s: %s\n' "$1" "$2"
        cat "$folder/header"
        bad=1
    }
}

expected sql/parts/[0-9][0-9]_*.sql >"$folder/header" || bad=1

table='CREATE TABLE s.t (id bigint PRIMARY KEY, a text);'
refuses 1 'CREATE VIEW is not understood' 'CREATE VIEW s.v AS SELECT 1;'
refuses 3 'CREATE SEQUENCE is not understood' $'-- one\n/* two\n*/ create sequence s.q;'
refuses 2 'CREATE inside of DO' $'\nDO $$\nBEGIN\n    CREATE TABLE s.t (id int);\nEND $$;'
refuses 1 'what DROP creates' 'DROP TABLE s.t;'
refuses 1 'SELECT INTO' 'SELECT 1 INTO s.t;'
refuses 1 'has no end' 'CREATE TABLE s.t (id int)'
refuses 2 'a string has no end' $'CREATE TABLE s.t (id int);\nCOMMENT ON TABLE s.t IS \'x;'
refuses 1 'needs its schema' 'CREATE TABLE t (id int);'
refuses 1 'is no known type' 'CREATE TABLE s.t (id mine);'
refuses 2 'types with a modifier' $'CREATE TABLE s.t (a text,\n    id numeric(10));'
refuses 1 'give the constraint a name' 'CREATE TABLE s.t (id int CHECK (id > 0));'
refuses 1 'this property of a column' 'CREATE TABLE s.t (a text COLLATE "C");'
refuses 1 'this element of a table' 'CREATE TABLE s.t (EXCLUDE USING gist (a WITH =));'
refuses 1 'is not understood here' 'CREATE TABLE s.t (id int) PARTITION BY HASH (id);'
refuses 2 'this ALTER TABLE' "$table"$'\nALTER TABLE s.t DROP COLUMN a;'
refuses 2 'there is no trigger s.t.x' "$table"$'\nALTER TABLE s.t ENABLE ALWAYS TRIGGER x;'
refuses 2 'there is no table s.u' "$table"$'\nCREATE INDEX i ON s.u (id);'
refuses 2 'put the expression into parentheses' "$table"$'\nCREATE INDEX i ON s.t (lower(a));'
refuses 2 'is created twice' "$table"$'\nCREATE TABLE s.t (id int);'
refuses 1 'needs a LANGUAGE' "CREATE FUNCTION s.f() RETURNS int AS 'x';"
refuses 1 'give the argument a name' "CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'x';"
refuses 1 '"window" stands where AS' "CREATE FUNCTION s.f() RETURNS int WINDOW LANGUAGE sql AS 'x';"
refuses 1 'nothing is created' 'SELECT 1;'

reads '"object": "s.t.a", "facts": {"type": "text[]", "default": "has a default", "nulls": "NOT NULL"}' \
    "CREATE TABLE s.t (a text[] DEFAULT (ARRAY['(', ', '])::text[] NOT NULL, b int);"
reads '"object": "s.t.t_pkey", "facts": {"definition": "PRIMARY KEY (a, b)"' \
    'CREATE TABLE s.t (b int, a int, PRIMARY KEY (a, b));'
reads '"object": "s.t.c", "facts": {"type": "integer"}' "$table ALTER TABLE s.t ADD COLUMN c int DEFAULT NULL;"
reads '"definition": "FOREIGN KEY (a) REFERENCES s.u (b) ON DELETE CASCADE"' \
    'CREATE TABLE s.t (a int CONSTRAINT f REFERENCES s.u (b) ON DELETE CASCADE);'
reads '"definition": "UNIQUE INDEX ON s.t USING btree (a text_pattern_ops DESC, (expression)) INCLUDE (id) WHERE"' \
    "$table CREATE UNIQUE INDEX i ON s.t (a text_pattern_ops DESC, (lower(a))) INCLUDE (id) WHERE id > 0;"
reads '"object": "s.f(integer,text[])", "facts": {"kind": "a function"' \
    "CREATE FUNCTION s.f(a int, VARIADIC b text[] = '{}', OUT c bigint) LANGUAGE sql AS \$x\$SELECT 1\$x\$;"
reads '"arguments": "a integer, VARIADIC b text[] DEFAULT, OUT c bigint"' \
    "CREATE FUNCTION s.f(a int, VARIADIC b text[] = '{}', OUT c bigint) LANGUAGE sql AS \$x\$SELECT 1\$x\$;"
reads '"security": "security definer", "strictness": "not strict", "body": "SELECT \"a\""' \
    "CREATE FUNCTION s.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT \"a\"';"
reads '"settings": "search_path=pg_catalog, pg_temp; row_security=off"' \
    "CREATE FUNCTION s.f() RETURNS int LANGUAGE sql SET search_path = pg_catalog, pg_temp
        SET row_security TO off AS 'x';"
reads '"object": "s.d", "facts": {"base": "double precision", "nulls": "NOT NULL"}' \
    'CREATE DOMAIN s.d AS double precision NOT NULL;'
exit "$bad"

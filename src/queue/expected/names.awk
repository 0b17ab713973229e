# Walks along the tokens of a statement, and reads the names and types in it. Types are named as in verify.cpp:
# pgqrs.message, bigint, jsonb[].

BEGIN {
    types("bigint integer smallint boolean real text json jsonb jsonpath bytea uuid interval date time timetz")
    types("timestamp timestamptz numeric money name oid xid xid8 tid pg_lsn pg_snapshot inet cidr macaddr tsvector")
    types("tsquery xml varchar refcursor trigger event_trigger void record internal regclass regtype regproc")
    types("regprocedure regrole regnamespace regconfig regcollation point box anyelement anyarray anynonarray")
    types("anycompatible anycompatiblearray int4range int8range numrange tsrange tstzrange daterange")
    type_of["double precision"] = type_of["float8"] = "double precision"
    type_of["int8"] = "bigint"
    type_of["int4"] = type_of["int"] = "integer"
    type_of["int2"] = "smallint"
    type_of["bool"] = "boolean"
    type_of["float4"] = "real"
    type_of["decimal"] = "numeric"
    type_of["character varying"] = "varchar"
    type_of["timestamp with time zone"] = "timestamptz"
    type_of["timestamp without time zone"] = "timestamp"
    type_of["time with time zone"] = "timetz"
    type_of["time without time zone"] = "time"
}
function types(list,    names, i) {
    split(list, names, " ")
    for (i in names) type_of[names[i]] = names[i]
}

function at(value) {
    return position <= count && text[position] == value && kind[position] ~ /word|mark/
}
function after(value,    there) {
    position++
    there = at(value)
    position--
    return there
}
function accept(value) {
    if (!at(value)) return 0
    position++
    return 1
}
# All of the words, or none.
function accept_words(list,    words, n, i) {
    n = split(list, words, " ")
    if (position + n - 1 > count) return 0
    for (i = 0; i < n; i++) if (kind[position + i] != "word" || text[position + i] != words[i + 1]) return 0
    position += n
    return 1
}
function expect(value) { if (!accept(value)) unexpected(value) }
function expect_words(list) { if (!accept_words(list)) unexpected(list) }
function unexpected(wanted) {
    fail((position > count ? "the statement ends" : "\"" text[position] "\" stands") " where " toupper(wanted) \
        " was expected")
}
function finish() { if (position <= count) fail("\"" text[position] "\" is not understood here") }

function name(    value) {
    if (position > count || (kind[position] != "word" && kind[position] != "name")) unexpected("a name")
    value = text[position]
    if (value !~ /^[A-Za-z_][A-Za-z0-9_]*$/ || length(value) > 63) fail("\"" value "\" cannot be a name")
    position++
    return value
}
# schema.name
function qualified_name(    schema) {
    schema = name()
    if (!at(".")) fail("\"" schema "\" needs its schema in front")
    position++
    return schema "." name()
}
# (a, b) as "a, b"
function name_list(    list) {
    expect("(")
    list = name()
    while (accept(",")) list = list ", " name()
    expect(")")
    return list
}

function type_name(    value) {
    if (after(".")) {
        value = qualified_name()
        if (value ~ /^pg_catalog\./) fail("write " substr(value, 12) " without its schema")
    } else {
        value = name()
        if (value ~ /^(double|character)$/ && position <= count) value = value " " name()
        if (value ~ /^time/ && accept_words("with time zone")) value = value " with time zone"
        if (value ~ /^time/ && accept_words("without time zone")) value = value " without time zone"
        if (!(value in type_of)) fail("\"" value "\" is no known type; one of ours needs its schema in front")
        value = type_of[value]
    }
    if (at("(")) fail("types with a modifier are not understood")
    if (accept("[")) {
        expect("]")
        value = value "[]"
    }
    if (at("[")) fail("write arrays as type[]")
    return value
}

# Passes over an expression in parentheses.
function skip_parentheses(    depth) {
    if (!at("(")) unexpected("(")
    do {
        if (at("(")) depth++
        if (at(")")) depth--
        position++
    } while (depth > 0 && position <= count)
    if (depth > 0) fail("a parenthesis has no end")
}

# Those of all[1..n] that are there.
function joined(all, n, between,    i, list) {
    for (i = 1; i <= n; i++) if (i in all) list = list (list == "" ? "" : between) all[i]
    return list
}

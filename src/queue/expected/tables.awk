# Tables with their columns and constraints, as CREATE TABLE and ALTER TABLE say.
#
# Storage parameters and the like are the administrator's to change: they are no facts.

function create_table(    table) {
    accept_words("if not exists")
    table = qualified_name()
    object("table", table)
    fact("kind", "a table")
    expect("(")
    checks = 0
    do element(table)
    while (accept(","))
    expect(")")
    if (accept("with")) skip_parentheses()
    finish()
    write_checks(table)
}

function alter_table(    table) {
    table = qualified_name()
    known_object("table", table)
    checks = 0
    do {
        if (accept("add")) {
            accept("column")
            element(table)
        } else if (accept("enable")) {
            alter_trigger(table)
        } else if (accept("set")) {
            skip_parentheses()
        } else if (accept_words("replica identity")) {
            if (accept_words("using index")) name()
            else position++
        } else if (!accept_words("owner to current_user")) {
            fail("this ALTER TABLE is not understood")
        }
    } while (accept(","))
    finish()
    write_checks(table)
}

function element(table,    constraint) {
    if (accept("constraint")) constraint = name()
    else if (!at("check") && !at("primary") && !at("unique") && !at("foreign") && !at("exclude") && !at("like")) {
        column(table)
        return
    }
    if (!table_constraint(table, constraint, "")) fail("this element of a table is not understood")
}

function column(table,    title, constraint, kept, identity) {
    title = name()
    kept = table "." title
    object("column", kept)
    columns[table] = columns[table] title "\n"
    fact("type", type_name())
    while (position <= count && !at(",") && !at(")")) {
        constraint = accept("constraint") ? name() : ""
        if (table_constraint(table, constraint, title)) {
            known_object("column", kept)
            continue
        }
        if (constraint != "") fail("this constraint is not understood")
        if (accept_words("not null")) {
            fact("nulls", "NOT NULL")
        } else if (accept("default")) {
            # DEFAULT NULL is none.
            if (!skip_default()) fact("default", "has a default")
        } else if (accept("generated")) {
            identity = accept("always") ? "always" : ""
            if (identity == "") {
                expect_words("by default")
                identity = "by default"
            }
            expect("as")
            if (at("(")) {
                skip_parentheses()
                expect("stored")
                fact("generated", "stored")
            } else {
                expect("identity")
                if (at("(")) skip_parentheses()
                fact("identity", identity)
                fact("nulls", "NOT NULL")
            }
        } else if (!accept("null")) {
            fail("this property of a column is not understood")
        }
    }
}

# Passes over an expression; whether it is NULL.
function skip_default(    first) {
    first = position
    do {
        if (at("(")) skip_parentheses()
        else position++
    } while (position <= count && !at(",") && !at(")") && !begins_property())
    return position == first + 1 && kind[first] == "word" && text[first] == "null"
}

function begins_property() {
    return at("constraint") || at("check") || at("primary") || at("unique") || at("references") || at("generated") ||
        at("collate") || at("null") || (at("not") && after("null"))
}

# Of a column `owner`, or of the table when that is empty. Answers whether one stands here.
function table_constraint(table, constraint, owner,    list, definition) {
    if (accept("check")) {
        if (constraint == "") fail("give the constraint a name")
        # The columns it is about are known when the table is read.
        check_name[++checks] = constraint
        check_start[checks] = position
        skip_parentheses()
        check_end[checks] = position
    } else if (accept_words("primary key")) {
        list = owner == "" ? name_list() : owner
        not_null(table, list)
        key_constraint(table, constraint == "" ? table_name(table) "_pkey" : constraint, "PRIMARY KEY", list)
    } else if (accept("unique")) {
        if (at("nulls")) fail("NULLS NOT DISTINCT is not understood here: create an index")
        list = owner == "" ? name_list() : owner
        definition = list
        gsub(/, /, "_", definition)
        key_constraint(table, constraint == "" ? table_name(table) "_" definition "_key" : constraint, "UNIQUE", list)
    } else if (at("foreign") || at("references")) {
        if (constraint == "") fail("give the constraint a name")
        if (owner == "") expect_words("foreign key")
        list = owner == "" ? name_list() : owner
        expect("references")
        definition = "FOREIGN KEY (" list ") REFERENCES " qualified_name()
        if (at("(")) definition = definition " (" name_list() ")"
        else fail("name the columns the constraint refers to")
        constraint_object(table, constraint, definition reference_actions())
    } else {
        return 0
    }
    return 1
}

function reference_actions(    on_delete, on_update) {
    while (accept("on")) {
        if (accept("delete")) on_delete = reference_action(" ON DELETE ")
        else {
            expect("update")
            on_update = reference_action(" ON UPDATE ")
        }
    }
    return on_delete on_update deferral()
}
function reference_action(event) {
    if (accept("cascade")) return event "CASCADE"
    if (accept("restrict")) return event "RESTRICT"
    if (accept_words("set null")) return event "SET NULL"
    expect_words("no action")
    return ""
}
function deferral() {
    if (!accept("deferrable")) return ""
    return accept_words("initially deferred") ? " DEFERRABLE INITIALLY DEFERRED" : " DEFERRABLE"
}

function key_constraint(table, constraint, what, list) {
    if (length(constraint) > 63) fail("give the constraint a shorter name")
    constraint_object(table, constraint, what " (" list ")" deferral())
    object("index", schema_name(table) "." constraint)
    fact("definition", "UNIQUE INDEX ON " table " USING btree (" list ")")
    fact("state", "valid")
}
function constraint_object(table, constraint, definition) {
    object("constraint", table "." constraint)
    fact("definition", definition)
    fact("state", "valid")
}

function not_null(table, list,    names, i) {
    split(list, names, ", ")
    for (i in names) {
        known_object("column", table "." names[i])
        fact("nulls", "NOT NULL")
    }
}

# The catalog tells the columns that a CHECK is about: here they are the words that are names of columns.
function write_checks(table,    all, n, i, j, k, list, m) {
    n = split(columns[table], all, "\n") - 1
    sort(all, n)
    for (i = 1; i <= checks; i++) {
        list = ""
        for (j = 1; j <= n; j++) {
            for (k = check_start[i]; k < check_end[i]; k++) {
                if (kind[k] ~ /word|name/ && text[k] == all[j] && text[k + 1] != "(" && text[k - 1] != ":") {
                    list = list (list == "" ? "" : ", ") all[j]
                    break
                }
            }
        }
        constraint_object(table, check_name[i], "CHECK (" list ")")
    }
}

function sort(all, n,    i, j, value) {
    for (i = 2; i <= n; i++) {
        value = all[i]
        for (j = i - 1; j >= 1 && all[j] > value; j--) all[j + 1] = all[j]
        all[j + 1] = value
    }
}

function schema_name(qualified) { return substr(qualified, 1, index(qualified, ".") - 1) }
function table_name(qualified) { return substr(qualified, index(qualified, ".") + 1) }

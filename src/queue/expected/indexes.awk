# Indexes and triggers. Their definitions are spelled as verify.cpp puts them together from the catalogs.

function create_index(unique,    title, table, method, list, definition) {
    accept_words("if not exists")
    title = name()
    expect("on")
    table = qualified_name()
    known_object("table", table)
    method = accept("using") ? name() : "btree"
    expect("(")
    do list = list (list == "" ? "" : ", ") index_key()
    while (accept(","))
    expect(")")
    definition = unique "INDEX ON " table " USING " method " (" list ")"
    if (accept("include")) definition = definition " INCLUDE (" name_list() ")"
    if (accept_words("nulls not distinct")) definition = definition " NULLS NOT DISTINCT"
    if (accept("with")) skip_parentheses()
    # Of a condition, as of an expression, only that there is one: the catalog's text of it depends on settings.
    if (accept("where")) {
        definition = definition " WHERE"
        position = count + 1
    }
    finish()
    object("index", schema_name(table) "." title)
    fact("definition", definition)
    fact("state", "valid")
}

function index_key(    key, descending) {
    if (at("(")) {
        skip_parentheses()
        key = "(expression)"
    } else if (after("(") || after(".")) {
        fail("put the expression into parentheses")
    } else {
        key = name()
    }
    if (accept("collate")) key = key " COLLATE " name()
    # An operator class.
    if (position <= count && kind[position] != "mark" && !at("asc") && !at("desc") && !at("nulls"))
        key = key " " name()
    descending = accept("desc")
    if (descending) key = key " DESC"
    else accept("asc")
    if (accept_words("nulls first")) key = key (descending ? "" : " NULLS FIRST")
    else if (accept_words("nulls last")) key = key (descending ? " NULLS LAST" : "")
    return key
}

function create_trigger(definition,    title, table, suffix) {
    title = name()
    if (accept("before")) definition = definition "BEFORE"
    else if (accept("after")) definition = definition "AFTER"
    else {
        expect_words("instead of")
        definition = definition "INSTEAD OF"
    }
    definition = definition " " trigger_events()
    expect("on")
    table = qualified_name()
    known_object("table", table)
    suffix = deferral()
    if (at("referencing")) fail("REFERENCING is not understood")
    expect_words("for each")
    if (accept("row")) suffix = suffix " FOR EACH ROW"
    else {
        expect("statement")
        suffix = suffix " FOR EACH STATEMENT"
    }
    if (accept("when")) {
        skip_parentheses()
        suffix = suffix " WHEN"
    }
    expect_words("execute function")
    suffix = suffix " EXECUTE " qualified_name()
    expect("(")
    if (!at(")")) fail("arguments of triggers are not understood")
    expect(")")
    finish()
    object("trigger", table "." title)
    fact("definition", definition suffix)
    fact("state", "enabled")
}

# In the order of the catalog's bits.
function trigger_events(    events) {
    split("", events)
    do {
        if (accept("insert")) events[1] = "INSERT"
        else if (accept("delete")) events[2] = "DELETE"
        else if (accept("truncate")) events[4] = "TRUNCATE"
        else {
            expect("update")
            events[3] = "UPDATE"
            if (accept("of")) {
                events[3] = "UPDATE OF " name()
                while (accept(",")) events[3] = events[3] ", " name()
            }
        }
    } while (accept("or"))
    return joined(events, 4, " OR ")
}

# After ALTER TABLE ... ENABLE.
function alter_trigger(table,    always) {
    if (accept_words("row level security")) return
    always = accept("always")
    expect("trigger")
    known_object("trigger", table "." name())
    fact("state", always ? "enabled always" : "enabled")
}

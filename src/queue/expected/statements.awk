# What each statement does to the list of objects.

function statement() {
    if (count == 0) return
    if (accept("create")) {
        create()
    } else if (accept_words("alter table")) {
        alter_table()
    } else if (accept("do")) {
        creates_nothing()
    } else if (accept("select")) {
        if (has_word("into")) fail("SELECT INTO is not understood")
    } else if (!at("comment") && !at("grant") && !at("revoke") && !at("insert")) {
        fail("what " toupper(text[1]) " creates or changes is not known")
    }
}

function create(    replace) {
    replace = accept_words("or replace")
    if (accept("function")) create_function("function")
    else if (accept("procedure")) create_function("procedure")
    else if (accept("trigger")) create_trigger("")
    else if (accept_words("constraint trigger")) create_trigger("CONSTRAINT ")
    else if (!replace && accept("table")) create_table()
    else if (!replace && accept("index")) create_index("")
    else if (!replace && accept_words("unique index")) create_index("UNIQUE ")
    else if (!replace && accept("domain")) create_domain()
    else if (!replace && accept("type")) create_type()
    else fail("CREATE " (position > count ? "" : toupper(text[position])) " is not understood")
}

function has_word(value,    i) {
    for (i = 1; i <= count; i++) if (kind[i] == "word" && text[i] == value) return 1
    return 0
}

function creates_nothing(    i) {
    for (i = position; i <= count; i++)
        if (tolower(text[i]) ~ /(^|[^a-z_])create([^a-z_]|$)/)
            fail_at(line[i], "CREATE inside of DO is not understood")
}

function create_domain(    title, base) {
    title = qualified_name()
    object("type", title)
    accept("as")
    base = type_name()
    fact("base", base)
    while (position <= count) {
        if (accept_words("not null")) {
            fact("nulls", "NOT NULL")
        } else if (accept("default")) {
            skip_default()
            fact("default", "has a default")
        } else {
            expect("constraint")
            object("constraint", title "." name())
            expect("check")
            skip_parentheses()
            fact("definition", "CHECK")
            fact("state", "valid")
            known_object("type", title)
        }
    }
}

function create_type(    list) {
    object("type", qualified_name())
    expect("as")
    if (accept("enum")) {
        expect("(")
        do {
            if (kind[position] != "string") unexpected("a string")
            list = list (list == "" ? "" : ", ") text[position++]
        } while (accept(","))
        fact("values", list)
    } else {
        expect("(")
        do list = list (list == "" ? "" : ", ") name() " " type_name()
        while (accept(","))
        fact("attributes", list)
    }
    expect(")")
    finish()
}

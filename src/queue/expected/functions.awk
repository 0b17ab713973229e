# Functions and procedures.

function create_function(what,    title, arguments, shown, mode, argument, type, outputs, out_type, result, code) {
    title = qualified_name()
    expect("(")
    while (!at(")")) {
        mode = "IN"
        if (accept("out")) mode = "OUT"
        else if (accept("inout")) mode = "INOUT"
        else if (accept("variadic")) mode = "VARIADIC"
        else accept("in")
        argument = name()
        if (at(",") || at(")") || at("(") || at("default")) fail("give the argument a name")
        type = type_name()
        arguments = arguments (arguments == "" ? "" : ", ") (mode == "IN" ? "" : mode " ") argument " " type
        if (mode != "OUT") shown = shown (shown == "" ? "" : ",") type
        if (mode ~ /OUT/) {
            outputs++
            out_type = type
        }
        if (accept("default") || accept("=")) {
            skip_default()
            arguments = arguments " DEFAULT"
        }
        if (!at(")")) expect(",")
    }
    expect(")")
    if (accept("returns")) {
        if (accept("table")) {
            expect("(")
            do {
                argument = name()
                out_type = type_name()
                outputs++
                arguments = arguments (arguments == "" ? "" : ", ") "TABLE " argument " " out_type
            } while (accept(","))
            expect(")")
            result = "SETOF " (outputs > 1 ? "record" : out_type)
        } else {
            result = accept("setof") ? "SETOF " type_name() : type_name()
        }
    } else if (what == "procedure") {
        result = outputs ? "record" : "void"
    } else if (outputs) {
        result = outputs > 1 ? "record" : out_type
    } else {
        unexpected("returns")
    }
    object("function", title "(" shown ")")
    fact("kind", "a " what)
    fact("arguments", arguments)
    fact("result", result)
    fact("language", "")
    fact("volatility", "volatile")
    fact("parallel", "parallel unsafe")
    fact("security", "security invoker")
    fact("strictness", "not strict")
    while (position <= count) function_property()
    if (value_of[current, "language"] == "") fail_at(line[1], "the function needs a LANGUAGE")
}

# Costs and numbers of rows are the administrator's to change.
function function_property(    setting, list) {
    if (accept("language")) fact("language", name())
    else if (at("volatile") || at("stable") || at("immutable")) fact("volatility", text[position++])
    else if (accept("parallel")) {
        if (!at("safe") && !at("restricted") && !at("unsafe")) unexpected("safe")
        fact("parallel", "parallel " text[position++])
    } else if (accept_words("security definer")) fact("security", "security definer")
    else if (accept_words("security invoker")) fact("security", "security invoker")
    else if (accept("strict") || accept_words("returns null on null input")) fact("strictness", "strict")
    else if (accept_words("called on null input")) fact("strictness", "not strict")
    else if (accept("rows") || accept("cost")) name_or_number()
    else if (accept("set")) {
        setting = name()
        if (!accept("=")) expect("to")
        list = name()
        while (accept(",")) list = list ", " name()
        list = setting "=" list
        fact("settings", ((current, "settings") in value_of) ? value_of[current, "settings"] "; " list : list)
    } else {
        expect("as")
        function_body()
    }
}

function name_or_number() {
    if (kind[position] != "word") unexpected("a number")
    position++
}

# In C it is called by its symbol in our library; in other languages it is the text.
function function_body(    first) {
    first = text[position]
    if (kind[position] != "string" && kind[position] != "body") unexpected("a string")
    position++
    if (first == "MODULE_PATHNAME") {
        expect(",")
        if (kind[position] != "string") unexpected("a string")
        fact("call", text[position++] " of the library")
    } else {
        if (first ~ /@ext/) fail("@extschema@ and @extowner@ are not understood in a function")
        fact("body", first)
    }
}

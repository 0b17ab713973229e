# Keeps what the statements create and writes it as a C++ header: objects, and facts about each of them, which
# pgqrs.verify() puts into the same words (verify.cpp).

# Facts that follow are about this object.
function object(what, title) {
    if ((what, title) in object_of) fail(what " " title " is created twice")
    current = object_of[what, title] = ++objects
    object_kind[current] = what
    object_title[current] = title
}
function known_object(what, title) {
    if (!((what, title) in object_of)) fail("there is no " what " " title)
    current = object_of[what, title]
}
# A later value takes the place of an earlier one.
function fact(property, value) {
    if (!((current, property) in value_of)) properties[current] = properties[current] property "\n"
    value_of[current, property] = value
}

function json(value,    out, i, c) {
    for (i = 1; i <= length(value); i++) {
        c = substr(value, i, 1)
        if (c == "\\" || c == "\"") out = out "\\" c
        else if (c == "\n") out = out "\\n"
        else if (c == "\t") out = out "\\t"
        else if (c ~ /[[:cntrl:]]/) fail("a control character is not understood")
        else out = out c
    }
    return "\"" out "\""
}

function write_header(    i, j, n, names) {
    print "// Generated from sql/parts by src/queue/expected: what they create, for pgqrs.verify()."
    print "#pragma once"
    print ""
    print "#include <string_view>"
    print ""
    print "namespace pgqrs::queue {"
    print ""
    print "inline constexpr std::string_view kExpectedObjects = R\"json(["
    for (i = 1; i <= objects; i++) {
        printf "{\"kind\": %s, \"object\": %s, \"facts\": {", json(object_kind[i]), json(object_title[i])
        n = split(properties[i], names, "\n")
        for (j = 1; j < n; j++) printf "%s%s: %s", (j == 1 ? "" : ", "), json(names[j]), json(value_of[i, names[j]])
        print "}}" (i < objects ? "," : "")
    }
    print "])json\";"
    print ""
    print "}  // namespace pgqrs::queue"
}

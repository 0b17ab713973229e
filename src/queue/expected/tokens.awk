# Reads SQL: takes the files apart into tokens and hands each statement to statement() (statements.awk).
#
# The tokens of a statement are text[1..count]. kind[] is "word" (in lower case), "name" (was in double quotes),
# "string", "body" (was between dollars) or "mark" (one character). line[] is where it began.
#
# What is not understood must never be passed over: fail() ends the build.

FNR == 1 {
    end_of_file()
    file = FILENAME
}
{ scan($0) }
END {
    if (failed) exit 1
    end_of_file()
    if (objects == 0) fail("nothing is created")
    write_header()
}

function fail(message) { fail_at(position <= count ? line[position] : FNR, message) }
function fail_at(number, message) {
    print file ":" number ": " message "; see src/queue/expected" >"/dev/stderr"
    failed = 1
    exit 1
}

function end_of_file() {
    if (inside != "") fail_at(began, "a " inside " has no end")
    if (count > 0) fail_at(line[1], "the statement has no end")
}

function token(what, value, number) {
    kind[++count] = what
    text[count] = value
    line[count] = number
}

# One line. A string, a body or a comment may have begun on an earlier one.
function scan(rest,    first) {
    while (rest != "" || inside != "") {
        if (inside == "string") {
            rest = rest_of_string(rest)
        } else if (inside == "body" || inside == "comment") {
            rest = rest_until(closing, rest)
        } else if (match(rest, /^[ \t\r]+/)) {
            rest = substr(rest, RLENGTH + 1)
        } else if (rest ~ /^--/) {
            rest = ""
        } else if (rest ~ /^\/\*/) {
            begin("comment", "*/")
            rest = substr(rest, 3)
        } else if (rest ~ /^([eEbBxXnN]|[uU]&)['"]/) {
            fail_at(FNR, "strings with a prefix are not understood")
        } else if (rest ~ /^'/) {
            begin("string", "'")
            rest = substr(rest, 2)
        } else if (match(rest, /^\$([A-Za-z_][A-Za-z0-9_]*)?\$/)) {
            begin("body", substr(rest, 1, RLENGTH))
            rest = substr(rest, RLENGTH + 1)
        } else if (match(rest, /^"[^"]*"/)) {
            token("name", substr(rest, 2, RLENGTH - 2), FNR)
            rest = substr(rest, RLENGTH + 1)
        } else if (match(rest, /^[A-Za-z_0-9][A-Za-z_0-9]*/)) {
            token("word", tolower(substr(rest, 1, RLENGTH)), FNR)
            rest = substr(rest, RLENGTH + 1)
        } else {
            first = substr(rest, 1, 1)
            rest = substr(rest, 2)
            if (first == ";") {
                position = 1
                statement()
                count = 0
            } else {
                token("mark", first, FNR)
            }
        }
        if (rest == "" && inside != "") {
            taken = taken "\n"
            return
        }
    }
}

function begin(what, end) {
    inside = what
    closing = end
    taken = ""
    began = FNR
}

function rest_until(end, rest,    found) {
    found = index(rest, end)
    if (found == 0) {
        taken = taken rest
        return ""
    }
    if (inside == "comment" && substr(rest, 1, found) ~ /\/\*/)
        fail_at(FNR, "comments inside comments are not understood")
    if (inside == "body") token("body", taken substr(rest, 1, found - 1), began)
    inside = ""
    return substr(rest, found + length(end))
}

# Two quotes are one.
function rest_of_string(rest,    found) {
    found = index(rest, "'")
    if (found == 0) {
        taken = taken rest
        return ""
    }
    taken = taken substr(rest, 1, found - 1)
    if (substr(rest, found + 1, 1) == "'") {
        taken = taken "'"
        return substr(rest, found + 2)
    }
    token("string", taken, began)
    inside = ""
    return substr(rest, found + 1)
}

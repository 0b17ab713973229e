// Placeholders in statements: every one is replaced once, and a mistake in the template never yields a statement.
#include <stdexcept>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "core/template.hpp"

using pgqrs::core::expand;

namespace {

// Text of the std::invalid_argument, empty when there is none.
std::string mistake(std::string_view text) {
    try {
        expand(text, {{"table", "pgqrs.messages"}, {"id", "id"}});
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("text without placeholders stays as it is") {
    CHECK(expand("", {}) == "");
    CHECK(expand("SELECT 1", {}) == "SELECT 1");
    CHECK(expand("SELECT $1 || '(x)' [1]", {{"table", "t"}}) == "SELECT $1 || '(x)' [1]");
}

TEST_CASE("placeholders are replaced wherever they stand") {
    CHECK(expand("{table}", {{"table", "pgqrs.messages"}}) == "pgqrs.messages");
    CHECK(expand("{table} t", {{"table", "m"}}) == "m t");
    CHECK(expand("FROM {table}", {{"table", "m"}}) == "FROM m");
    CHECK(expand("SELECT {id} FROM {table} t", {{"table", "m"}, {"id", "msg_id"}}) ==
          "SELECT msg_id FROM m t");
    CHECK(expand("{a}{b}{a}", {{"a", "1"}, {"b", "2"}}) == "121");
}

TEST_CASE("a placeholder can be repeated, and a value need not be used") {
    CHECK(expand("{t}.a = {t}.b AND {t}.c", {{"t", "m"}, {"unused", "x"}}) == "m.a = m.b AND m.c");
}

TEST_CASE("a value can be empty, or longer than its placeholder") {
    CHECK(expand("a{t}b", {{"t", ""}}) == "ab");
    CHECK(expand("a{t}b{t}", {{"t", std::string(1000, 'x')}}) ==
          "a" + std::string(1000, 'x') + "b" + std::string(1000, 'x'));
}

TEST_CASE("a value is not expanded itself") {
    CHECK(expand("{a}{b}", {{"a", "{b}"}, {"b", "}{"}}) == "{b}}{");
}

TEST_CASE("names are compared whole and with their case") {
    CHECK(expand("{ab}", {{"a", "1"}, {"ab", "2"}, {"abc", "3"}}) == "2");
    CHECK_THROWS_AS(expand("{A}", {{"a", "1"}}), std::invalid_argument);
    CHECK_THROWS_AS(expand("{ a }", {{"a", "1"}}), std::invalid_argument);
}

TEST_CASE("a placeholder without a value is an error that names it") {
    CHECK(mistake("SELECT {table}, {column}") == "no value for {column}");
    CHECK(mistake("{}") == "no value for {}");
    CHECK_THROWS_AS(expand("{table}", {}), std::invalid_argument);
}

TEST_CASE("a brace without its partner is an error") {
    const std::string unbalanced = "brace without its partner in statement template";
    CHECK(mistake("{") == unbalanced);
    CHECK(mistake("}") == unbalanced);
    CHECK(mistake("SELECT {table") == unbalanced);
    CHECK(mistake("SELECT table}") == unbalanced);
    CHECK(mistake("{table}}") == unbalanced);
    CHECK(mistake("}{table}") == unbalanced);
    CHECK(mistake("{table} {") == unbalanced);
    // Braces do not nest: the inner one becomes part of a name that has no value.
    CHECK(mistake("{{table}") == "no value for {{table}");
    CHECK(mistake("{{table}}") != "");
}

TEST_CASE("a correct template is no mistake") { CHECK(mistake("{id} {table}") == ""); }

// Names that were probably meant: the edit distance, its bound, and which name wins.
#include <string>

#include "catch.hpp"
#include "core/nearest_name.hpp"

namespace core = pgqrs::core;

namespace {

std::string nearest(const char* wanted, std::initializer_list<const char*> names) {
    core::NearestName result(wanted);
    for (const char* name : names) {
        result.offer(name);
    }
    return result.found();
}

}  // namespace

TEST_CASE("the distance counts letters wrong, missing, added and exchanged") {
    CHECK(core::edit_distance("postcards", "postcards", 3) == 0);
    CHECK(core::edit_distance("postcards", "postcarts", 3) == 1);
    CHECK(core::edit_distance("postcards", "postcrds", 3) == 1);
    CHECK(core::edit_distance("postcards", "posttcards", 3) == 1);
    CHECK(core::edit_distance("postcards", "psotcards", 3) == 1);
    CHECK(core::edit_distance("kitten", "sitting", 3) == 3);
    CHECK(core::edit_distance("", "abc", 3) == 3);
    CHECK(core::edit_distance("abc", "", 3) == 3);
    CHECK(core::edit_distance("", "", 3) == 0);
}

TEST_CASE("more than the bound is the bound and one") {
    CHECK(core::edit_distance("kitten", "sitting", 2) == 3);
    CHECK(core::edit_distance("aaaaaaaa", "bbbbbbbb", 2) == 3);
    CHECK(core::edit_distance("a", "aaaaaaaa", 2) == 3);
    CHECK(core::edit_distance("abcdef", "badcfe", 3) == 3);
    CHECK(core::edit_distance("abcdef", "badcfe", 2) == 3);
    CHECK(core::edit_distance("ab", "ba", 1) == 1);
    CHECK(core::edit_distance(std::string(63, 'x'), std::string(63, 'x'), 2) == 0);
    CHECK(core::edit_distance(std::string(64, 'x'), std::string(64, 'x'), 2) == 3);
    CHECK(core::edit_distance(std::string(1'000'000, 'x'), "x", 2) == 3);
}

TEST_CASE("the nearest name is found, of equally near ones the first") {
    CHECK(nearest("postcard", {"orders", "postcards", "postcads"}) == "postcards");
    CHECK(nearest("postcad", {"postcards", "postcaqd", "postcard"}) == "postcaqd");
    CHECK(nearest("Orders", {"orders"}) == "orders");
    CHECK(nearest("emails", {"orders", "mails-in"}) == "");
    CHECK(nearest("emails", {}) == "");
    CHECK(nearest("orders", {"orders", "invoices", "order"}) == "orders");
}

TEST_CASE("of a short name one letter may differ, and of a letter none") {
    CHECK(nearest("q1", {"q2"}) == "q2");
    CHECK(nearest("abcd", {"abxy"}) == "");
    CHECK(nearest("abcde", {"abcxy"}) == "abcxy");
    CHECK(nearest("q", {"x", "qq"}) == "");
    CHECK(nearest("", {"x"}) == "");
}

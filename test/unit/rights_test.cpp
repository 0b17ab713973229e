// Rights on queues: their names, and that each function of the table asks for some and stands there once.
#include <algorithm>

#include "catch.hpp"
#include "core/rights.hpp"
#include "raised.hpp"

namespace core = pgqrs::core;
using core::Rights;
using core::SqlState;

TEST_CASE("each privilege has a name and is found by it") {
    auto all = Rights::none;
    for (const core::Privilege& privilege : core::kPrivileges) {
        INFO("privilege " << privilege.name);
        CHECK(core::right_named(privilege.name) == privilege.right);
        CHECK(core::first_name(privilege.right) == privilege.name);
        CHECK_FALSE(core::overlap(all, privilege.right));
        all = all | privilege.right;
    }
    CHECK(all == Rights::any);
}

TEST_CASE("other names are refused, or mean no right") {
    for (const char* name : {"", "read", "PRODUCE", "produce ", "any", "none"}) {
        INFO("name \"" << name << '"');
        CHECK(raised([&] { core::right_named(name); }).state() == SqlState::invalid_argument);
        CHECK(core::right_or_none(name) == Rights::none);
    }
    CHECK(core::first_name(Rights::none).empty());
}

TEST_CASE("each function asks for a right and stands in the table once") {
    for (const core::FunctionRights& each : core::kFunctionRights) {
        INFO("function " << each.function);
        CHECK(core::overlap(each.rights, Rights::any));
        CHECK(std::ranges::count(core::kFunctionRights, each.function,
                                 &core::FunctionRights::function) == 1);
    }
}

TEST_CASE("a monitor gets no payload, a manager sends and takes nothing") {
    STATIC_REQUIRE(core::rights_for("enqueue") == Rights::produce);
    STATIC_REQUIRE(core::rights_for("dequeue") == Rights::consume);
    for (const core::FunctionRights& each : core::kFunctionRights) {
        const auto name = each.function;
        if (name == "peek" || name == "list_messages" || name == "get_message" ||
            name == "list_archive" || name == "get_archived" || name == "list_dead" ||
            name == "list_failures") {
            CHECK_FALSE(core::overlap(each.rights, Rights::monitor));
            CHECK(core::overlap(each.rights, Rights::manage));
        }
        if (name.starts_with("enqueue") || name.starts_with("dequeue") || name == "pop" ||
            name == "next" || name.starts_with("fail")) {
            CHECK_FALSE(core::overlap(each.rights, Rights::manage));
        }
    }
}

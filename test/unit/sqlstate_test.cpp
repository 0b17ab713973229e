// The SQLSTATEs: each state has one well-formed code of class PQ, and codes once published stay what they are.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "core/sqlstate.hpp"

namespace core = pgqrs::core;
using core::SqlState;

namespace {

bool sqlstate_character(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }

}  // namespace

TEST_CASE("every SQLSTATE is five characters of class PQ") {
    for (const auto& entry : core::kSqlStates) {
        INFO("code " << entry.code);
        CHECK(entry.code.size() == 5);
        CHECK(std::all_of(entry.code.begin(), entry.code.end(), sqlstate_character));
        CHECK(entry.code.substr(0, 2) == "PQ");
        // Subclass 000 is the class itself.
        CHECK(entry.code != "PQ000");
    }
}

TEST_CASE("codes, conditions and states are unique") {
    std::set<std::string_view> codes;
    std::set<std::string_view> conditions;
    std::set<SqlState> states;
    for (const auto& entry : core::kSqlStates) {
        codes.insert(entry.code);
        conditions.insert(entry.condition);
        states.insert(entry.state);
    }
    CHECK(codes.size() == core::kSqlStates.size());
    CHECK(conditions.size() == core::kSqlStates.size());
    CHECK(states.size() == core::kSqlStates.size());
}

TEST_CASE("the table lists every state, in the order of the enumeration") {
    REQUIRE(core::kSqlStates.size() == static_cast<std::size_t>(SqlState::step_failed) + 1);
    for (std::size_t i = 0; i < core::kSqlStates.size(); ++i) {
        CHECK(static_cast<std::size_t>(core::kSqlStates[i].state) == i);
    }
}

TEST_CASE("conditions are lower case words, meanings are phrases without a full stop") {
    for (const auto& entry : core::kSqlStates) {
        INFO("code " << entry.code);
        CHECK(!entry.condition.empty());
        CHECK(std::all_of(entry.condition.begin(), entry.condition.end(),
                          [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
        REQUIRE(!entry.meaning.empty());
        CHECK(entry.meaning.back() != '.');
    }
}

TEST_CASE("a published code never changes its meaning") {
    struct Published {
        SqlState state;
        std::string_view code;
        std::string_view condition;
        bool raised_by_server;
    };
    const Published published[] = {
        {SqlState::lease_lost, "PQ001", "lease_lost", true},
        {SqlState::queue_not_found, "PQ002", "queue_not_found", true},
        {SqlState::queue_exists, "PQ003", "queue_exists", true},
        {SqlState::invalid_name, "PQ004", "invalid_name", true},
        {SqlState::payload_rejected, "PQ005", "payload_rejected", true},
        {SqlState::rate_limited, "PQ006", "rate_limited", true},
        {SqlState::queue_paused, "PQ007", "queue_paused", false},
        {SqlState::worker_not_found, "PQ008", "worker_not_found", true},
        {SqlState::limit_exceeded, "PQ009", "limit_exceeded", true},
        {SqlState::invalid_argument, "PQ010", "invalid_argument", true},
        {SqlState::queue_not_empty, "PQ011", "queue_not_empty", true},
        {SqlState::queue_full, "PQ012", "queue_full", true},
        {SqlState::worker_state, "PQ014", "worker_state", true},
    };
    for (const auto& expected : published) {
        INFO("code " << expected.code);
        CHECK(core::code_of(expected.state) == expected.code);
        const auto entry = std::find_if(core::kSqlStates.begin(), core::kSqlStates.end(),
                                        [&](const auto& row) { return row.code == expected.code; });
        REQUIRE(entry != core::kSqlStates.end());
        CHECK(entry->condition == expected.condition);
        CHECK(entry->raised_by_server == expected.raised_by_server);
    }
}

TEST_CASE("code_of answers the code of each entry, and internal_error for what is no state") {
    for (const auto& entry : core::kSqlStates) {
        CHECK(core::code_of(entry.state) == entry.code);
    }
    CHECK(core::code_of(static_cast<SqlState>(core::kSqlStates.size())) == "XX000");
    CHECK(core::code_of(static_cast<SqlState>(-1)) == "XX000");
    static_assert(core::code_of(SqlState::lease_lost) == "PQ001", "usable at compile time");
}

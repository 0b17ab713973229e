// The room that transactions reserve in a queue whose number of messages is limited.
#include "core/depth.hpp"

#include <random>
#include <vector>

#include "catch.hpp"

namespace core = pgqrs::core;
using core::Depth;
using core::Reservation;
using core::room_needed;

TEST_CASE("what is reserved is given back once") {
    Depth depth;
    Reservation mine = depth.reserve(3);
    const Reservation other = depth.reserve(2);
    CHECK(depth.reserved() == 5);
    mine.add(depth.reserve(1));
    depth.give_back(mine);
    CHECK(depth.reserved() == 2);
    depth.give_back(other);
    CHECK(depth.reserved() == 0);
}

TEST_CASE("a prepared reservation stays until all are void") {
    Depth depth;
    depth.prepare(depth.reserve(4));
    CHECK(depth.open == 0);
    CHECK(depth.reserved() == 4);
    depth.renew();
    CHECK(depth.reserved() == 0);
}

TEST_CASE("a reservation of an earlier tenancy is void") {
    Depth depth;
    Reservation old = depth.reserve(4);
    depth.renew();
    const Reservation fresh = depth.reserve(1);
    depth.give_back(old);
    CHECK(depth.reserved() == 1);
    old.add(fresh);
    depth.give_back(old);
    CHECK(depth.reserved() == 0);
    Reservation none;
    none.add({});
    CHECK(none.messages == 0);
}

TEST_CASE("a transaction needs room for what it adds beyond what it deletes") {
    CHECK(room_needed(0, 0, 2) == 2);
    CHECK(room_needed(2, 2, 3) == 3);
    CHECK(room_needed(-1, 0, 1) == 0);
    CHECK(room_needed(-1, 0, 3) == 2);
    // Reserved, and then deleted.
    CHECK(room_needed(0, 1, 1) == 0);
    // Moved here by the engine, without asking.
    CHECK(room_needed(5, 0, 1) == 6);
}

namespace {

struct Transaction {
    // Of each open savepoint: what it has changed, and reserved.
    struct Level {
        std::int64_t change = 0;
        Reservation reserved;
    };
    std::vector<Level> levels{1};

    std::int64_t change() const {
        std::int64_t sum = 0;
        for (const Level& level : levels) {
            sum += level.change;
        }
        return sum;
    }
    std::int64_t reserved(std::uint32_t tenancy) const {
        std::int64_t sum = 0;
        for (const Level& level : levels) {
            sum += level.reserved.in(tenancy);
        }
        return sum;
    }
};

}  // namespace

TEST_CASE("whatever transactions do, those who enqueue never exceed the limit") {
    constexpr std::int64_t kLimit = 20;
    std::mt19937 random(7);
    const auto below = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
    Depth depth;
    std::int64_t committed = 0;
    std::vector<Transaction> running(5);
    std::int64_t refused = 0;
    for (int step = 0; step < 100'000; ++step) {
        Transaction& one = running[random() % running.size()];
        switch (below(8)) {
            case 0:
            case 1:
            case 2: {
                const std::int64_t adds = 1 + below(4);
                const std::int64_t room =
                    room_needed(one.change(), one.reserved(depth.tenancy), adds);
                if (room > 0 && committed + depth.reserved() + room > kLimit) {
                    ++refused;
                    break;
                }
                one.levels.back().reserved.add(depth.reserve(room));
                one.levels.back().change += adds;
                break;
            }
            case 3: {
                // Nobody deletes what another transaction deletes.
                std::int64_t deleted = 0;
                for (const Transaction& each : running) {
                    deleted += each.change() < 0 ? each.change() : 0;
                }
                one.levels.back().change -= committed + deleted > 0 ? 1 : 0;
                break;
            }
            case 4:
                one.levels.emplace_back();
                break;
            case 5:
            case 6:
                if (one.levels.size() > 1) {
                    const Transaction::Level last = one.levels.back();
                    one.levels.pop_back();
                    if (below(2) == 0) {
                        one.levels.back().change += last.change;
                        one.levels.back().reserved.add(last.reserved);
                    } else {
                        depth.give_back(last.reserved);
                    }
                }
                break;
            default:
                committed += below(2) == 0 ? one.change() : 0;
                for (const Transaction::Level& level : one.levels) {
                    depth.give_back(level.reserved);
                }
                one = {};
                break;
        }
        REQUIRE(committed <= kLimit);
    }
    CHECK(refused > 0);
    for (const Transaction& each : running) {
        for (const Transaction::Level& level : each.levels) {
            depth.give_back(level.reserved);
        }
    }
    CHECK(depth.reserved() == 0);
}

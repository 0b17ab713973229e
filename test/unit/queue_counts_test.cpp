// The counts of a queue follow from its rows, and from changes of rows in any order.
#include "core/queue_counts.hpp"

#include <array>

#include "catch.hpp"
#include "messages.hpp"

using namespace pgqrs::core;

namespace {

constexpr Message kReady = message_at(100);
constexpr Message kDelayed = message_at(200, kBeginning, kBeginning, 110);
constexpr Message kLeased = message_at(300, 400, 310, 120);
// Released without and with a delay, after a delivery at 310.
constexpr Message kReleased = message_at(300, kBeginning, 310, 130);
constexpr Message kPutOff = message_at(311, kBeginning, 310, 140);

QueueCounts sum(std::initializer_list<Message> rows) {
    QueueCounts counts{};
    for (const Message& row : rows) {
        counts.add_message(row);
    }
    return counts;
}

// Messages, leased, delayed.
using Three = std::array<std::int64_t, 3>;

Three of_messages(const QueueCounts& counts) {
    return {counts.messages, counts.leased, counts.delayed};
}

}  // namespace

TEST_CASE("a message counts as what its own columns say") {
    CHECK(of_messages(sum({kReady})) == Three{1, 0, 0});
    CHECK(of_messages(sum({kDelayed})) == Three{1, 0, 1});
    CHECK(of_messages(sum({kLeased})) == Three{1, 1, 0});
    CHECK(of_messages(sum({kReleased})) == Three{1, 0, 0});
    CHECK(of_messages(sum({kPutOff})) == Three{1, 0, 1});
}

TEST_CASE("a message that was made available is not delayed any more") {
    Message released = kDelayed;
    released.flags = kMadeAvailable;
    CHECK(of_messages(sum({released})) == Three{1, 0, 0});
    released = kPutOff;
    released.flags = kMadeAvailable;
    CHECK(of_messages(sum({released})) == Three{1, 0, 0});
}

TEST_CASE("a lease hides a delay") {
    Message leased = kPutOff;
    leased.lease_end = 1;
    CHECK(of_messages(sum({leased})) == Three{1, 1, 0});
}

TEST_CASE("what is removed counts no more, whatever the order") {
    QueueCounts counts{};
    counts.remove_message(kDelayed);
    counts.add_message(kLeased);
    counts.add_message(kDelayed);
    CHECK(of_messages(counts) == Three{1, 1, 0});
    counts.remove_message(kLeased);
    CHECK(of_messages(counts) == Three{0, 0, 0});
}

TEST_CASE("changes add up") {
    QueueCounts counts = sum({kReady, kDelayed});
    QueueCounts change;
    change.archived = 2;
    change.finished = 3;
    change.discarded = 4;
    change.remove_message(kDelayed);
    change.add_message(kLeased);
    counts.add(change);
    CHECK(of_messages(counts) == Three{2, 1, 0});
    CHECK(counts.archived == 2);
    CHECK(counts.finished == 3);
    CHECK(counts.discarded == 4);
    CHECK(counts.total_enqueued() == 11);
    CHECK(counts.total_finished() == 5);
}

TEST_CASE("the newest stays when it goes, and is not taken from what goes") {
    QueueCounts counts = sum({kReady, kPutOff});
    CHECK(counts.newest == 140);
    counts.remove_message(kPutOff);
    CHECK(counts.newest == 140);
    QueueCounts change{};
    change.remove_message(kReady);
    CHECK(change.newest == kBeginning);
}

TEST_CASE("a parked message is neither delayed nor ready, whatever its time") {
    Message parked = kPutOff;
    parked.priority = kParked;
    const QueueCounts counts = sum({parked});
    CHECK(counts.parked == 1);
    CHECK(counts.delayed == 0);
    CHECK(counts.leased == 0);
}

TEST_CASE("so many times a count") {
    const QueueCounts one{1, 2, 3, 4, 5, 6, 7, 8};
    const QueueCounts less = times(one, -1);
    CHECK(less.messages == -1);
    CHECK(less.leased == -2);
    CHECK(less.delayed == -3);
    CHECK(less.parked == -4);
    CHECK(less.archived == -5);
    CHECK(less.finished == -6);
    CHECK(less.discarded == -7);
}

#include "engine/counts.hpp"

#include <algorithm>

#include "engine/clock.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

// A try holds up everybody who uses the queue for as long as its patience. It grows with each try in
// vain, so that one succeeds that lasts as long as the transactions that use the queue. The rest grows with it.
constexpr int kLongestPatience = 8 * kFirstPatience;
constexpr int kRestAfterTry = 200;  // times its patience

// One that succeeds soon has to be repeated only when prepared transactions are committed all the time.
constexpr core::Duration kRestAfterSuccess = core::kSecond;

// The recount of this process.
struct UnderWay {
    Slot* slot;  // null: none
    QueueKey key;
    std::uint32_t number;
};
UnderWay under_way{};

// Runs `code` with the queue's slot, locked; false when it has none.
template <class Code>
bool with_slot(QueueMarks& queue, bool make, Code code) {
    return pg::guard([&] {
        Slot* slot = find_slot(queue.key, queue.slot, make);
        if (slot == nullptr || !lock_if_of(*slot, queue.key)) {
            return false;
        }
        code(*slot);
        unlock(*slot);
        return true;
    });
}

// Ends the recount of this process; when nothing has come in between, the counts are known then or not.
void end(Counted outcome, const core::QueueCounts& counted) noexcept {
    Slot* slot = under_way.slot;
    under_way.slot = nullptr;
    if (slot != nullptr && lock_if_of(*slot, under_way.key)) {
        if (slot->counted == Counted::under_way && slot->recount == under_way.number) {
            slot->counts.add(counted);
            slot->counted = outcome;
            if (outcome == Counted::yes) {
                slot->next_recount = elapsed_clock() + kRestAfterSuccess;
                slot->recount_patience = kFirstPatience;
            }
        }
        unlock(*slot);
    }
}

}  // namespace

std::optional<QueueState> shared_state(QueueMarks& queue) {
    QueueState state;
    bool known = false;
    with_slot(queue, false, [&](const Slot& slot) {
        known = slot.counted == Counted::yes;
        state.counts = slot.counts;
        state.marks = slot.marks;
    });
    return known ? std::optional(state) : std::nullopt;
}

std::optional<int> take_recount(QueueMarks& queue) {
    std::optional<int> patience;
    with_slot(queue, true, [&](Slot& slot) {
        const std::int64_t now = elapsed_clock();
        if (slot.counted == Counted::no && now >= slot.next_recount) {
            patience = slot.recount_patience;
            slot.recount_patience = std::min(2 * slot.recount_patience, kLongestPatience);
            slot.next_recount = now + *patience * core::kMillisecond * kRestAfterTry;
        }
    });
    return patience;
}

Recount::~Recount() { abandon_recount(); }

bool Recount::begin(QueueMarks& queue) {
    with_slot(queue, false, [&](Slot& slot) {
        if (slot.counted == Counted::no) {
            slot.counts = {};
            slot.counted = Counted::under_way;
            // Whoever has reserved room holds the queue until he gives it back. So all that is left was
            // reserved by prepared transactions, which have ended.
            slot.depth.renew();
            under_way = {&slot, queue.key, ++slot.recount};
        }
    });
    return under_way.slot != nullptr;
}

void Recount::finish(const core::QueueCounts& counted) { end(Counted::yes, counted); }

void abandon_recount() noexcept { end(Counted::no, {}); }

void distrust_counts(const QueueKey& queue) noexcept {
    visit_slots(queue, [](Slot& slot) {
        slot.counted = Counted::no;
        return Keep::yes;
    });
}

}  // namespace pgqrs::engine

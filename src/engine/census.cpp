#include "engine/census.hpp"

#include <algorithm>

#include "engine/access.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

using Place = MessageColumn;

constexpr Places kCounted =
    places(Place::id, Place::queue_id, Place::priority, Place::read_ct, Place::enqueued_at,
           Place::available_at, Place::vt, Place::delivered_at, Place::given_back, Place::flags,
           Place::expires_at, Place::worker_id);

// Opens the table for a look at all its rows. Below a guard.
Relation open_to_count(const Table& table) {
    require_privileges(table, ACL_SELECT, kCounted);
    Relation relation = table_open(table.relation, AccessShareLock);
    require_direct_access(table, relation, CMD_SELECT);
    return relation;
}

// A queue's rows lie together in the order index. Without it, or without queues, every row is read.
bool can_use_index(const Table& table) {
    return OidIsValid(table.order_index) && table.has(Place::queue_id);
}

template <class Visit>
void visit_queue(const Table& table, Relation relation, std::int32_t queue_id, Snapshot snapshot,
                 TupleTableSlot* slot, Visit visit) {
    Relation index = index_open(table.order_index, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(queue_id));
    IndexScanDesc scan = pg::compat::begin_index_scan(relation, index, snapshot, 1);
    index_rescan(scan, &key, 1, nullptr, 0);
    while (index_getnext_slot(scan, ForwardScanDirection, slot)) {
        CHECK_FOR_INTERRUPTS();
        visit(read_message(slot, table));
    }
    index_endscan(scan);
    index_close(index, NoLock);
}

template <class Visit>
void visit_all(const Table& table, Relation relation, Snapshot snapshot, TupleTableSlot* slot,
               Visit visit) {
    TableScanDesc scan = table_beginscan(relation, snapshot, 0, nullptr);
    while (table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
        CHECK_FOR_INTERRUPTS();
        visit(read_message(slot, table));
    }
    table_endscan(scan);
}

}  // namespace

void Census::add(const core::Message& message, core::Instant now) {
    counts.add_message(message);
    switch (core::classify(message, rule, now).state) {
        case core::State::pending:
            ++pending;
            oldest_pending = std::min(oldest_pending, message.available_at);
            break;
        case core::State::in_flight:
            ++in_flight;
            break;
        case core::State::delayed:
            ++delayed;
            break;
        case core::State::parked:
            ++parked;
            break;
        case core::State::cancelled:
        case core::State::exhausted:
        case core::State::expired:
            ++exhausted;
            break;
    }
}

void count_queue(const Table& table, std::int32_t queue_id, Snapshot snapshot, core::Instant now,
                 Census& census) {
    pg::guard([&] {
        Relation relation = open_to_count(table);
        TupleTableSlot* slot = table_slot_create(relation, nullptr);
        const auto visit = [&](const core::Message& message) {
            if (message.queue_id == queue_id) {
                census.add(message, now);
            }
        };
        if (can_use_index(table)) {
            visit_queue(table, relation, queue_id, snapshot, slot, visit);
        } else {
            visit_all(table, relation, snapshot, slot, visit);
        }
        ExecDropSingleTupleTableSlot(slot);
        table_close(relation, NoLock);
    });
}

void count_queues(const Table& table, Snapshot snapshot, core::Instant now, Censuses& censuses) {
    pg::guard([&] {
        Relation relation = open_to_count(table);
        TupleTableSlot* slot = table_slot_create(relation, nullptr);
        visit_all(table, relation, snapshot, slot, [&](const core::Message& message) {
            const auto found = censuses.find(message.queue_id);
            if (found != censuses.end()) {
                found->second.add(message, now);
            }
        });
        ExecDropSingleTupleTableSlot(slot);
        table_close(relation, NoLock);
    });
}

}  // namespace pgqrs::engine

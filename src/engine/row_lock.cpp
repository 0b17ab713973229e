#include "engine/row_lock.hpp"

#include "core/effects.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/marks.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

using Place = MessageColumn;

LockTupleMode mode_of(RowLock lock) {
    switch (lock) {
        case RowLock::key_share:
            return LockTupleKeyShare;
        case RowLock::share:
            return LockTupleShare;
        case RowLock::no_key_update:
            return LockTupleNoKeyExclusive;
        case RowLock::update:
            break;
    }
    return LockTupleExclusive;
}

LockWaitPolicy policy_of(OnLocked on_locked) {
    return on_locked == OnLocked::skip ? LockWaitSkip : LockWaitBlock;
}

// Everything a call works with. Plain data: it lives across guards.
struct Look {
    const Table* table;
    Relation relation;
    Relation index;
    Snapshot snapshot;
    IndexScanDesc scan;
    TupleTableSlot* found;
};

// Below a guard, as the next two.
Look begin(const Table& table, AclMode mode) {
    require_key_index(table);
    if (mode != ACL_NO_RIGHTS) {
        require_privileges(table, mode, all_places(table.spec->columns.size()));
    }
    CommandCounterIncrement();
    Look look{};
    look.table = &table;
    look.relation = table_open(table.relation, NoLock);
    require_direct_access(table, look.relation, CMD_UPDATE);
    look.index = index_open(table.key_index, AccessShareLock);
    look.snapshot = RegisterSnapshot(GetLatestSnapshot());
    look.scan = pg::compat::begin_index_scan(look.relation, look.index, look.snapshot, 1);
    look.found = table_slot_create(look.relation, nullptr);
    return look;
}

void end(Look& look) {
    ExecDropSingleTupleTableSlot(look.found);
    index_endscan(look.scan);
    UnregisterSnapshot(look.snapshot);
    index_close(look.index, NoLock);
    table_close(look.relation, NoLock);
}

bool find(Look& look, std::int64_t id) {
    ScanKeyData is;
    ScanKeyInit(&is, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
    index_rescan(look.scan, &is, 1, nullptr, 0);
    return index_getnext_slot(look.scan, ForwardScanDirection, look.found);
}

// Locks the found row and puts its newest version into look.found. False when it is gone or left.
bool lock_found(Look& look, RowLock lock, OnLocked on_locked) {
    TM_FailureData failure;
    ItemPointerData place = look.found->tts_tid;
    const TM_Result result = table_tuple_lock(
        look.relation, &place, look.snapshot, look.found, GetCurrentCommandId(true), mode_of(lock),
        policy_of(on_locked), TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
    return result == TM_Ok;
}

}  // namespace

std::optional<core::Message> look_at_row(const Table& table, std::int64_t id) {
    core::Message message{};
    const bool found = pg::guard([&] {
        Look look = begin(table, ACL_NO_RIGHTS);
        const bool is_there = find(look, id);
        if (is_there) {
            message = read_message(look.found, table);
        }
        end(look);
        return is_there;
    });
    return found ? std::optional(message) : std::nullopt;
}

std::optional<core::Message> lock_row(const Table& table, std::int64_t id, RowLock lock,
                                      OnLocked on_locked) {
    const auto locked = lock_rows(table, {&id, 1}, lock, on_locked);
    return locked.empty() ? std::nullopt : std::optional(locked.front());
}

std::vector<core::Message> lock_rows(const Table& table, std::span<const std::int64_t> ids,
                                     RowLock lock, OnLocked on_locked) {
    std::vector<core::Message> locked;
    locked.reserve(ids.size());
    const core::Instant now = clock_now();
    Look look = pg::guard([&] { return begin(table, ACL_SELECT | ACL_UPDATE); });
    for (const std::int64_t id : ids) {
        core::Message message{};
        if (!pg::guard([&] {
                CHECK_FOR_INTERRUPTS();
                const bool is_there = find(look, id);
                if (is_there) {
                    message = read_message(look.found, table);
                }
                return is_there;
            })) {
            continue;
        }
        // Before it is locked, for others pass it from then on. A message that waits for its end is not
        // given to another queue.
        core::Effects& effects = effects_on(marks_of(table.relation, message.queue_id));
        effects.held(message, now);
        if (pg::guard([&] {
                const bool is_locked = lock_found(look, lock, on_locked);
                if (is_locked) {
                    message = read_message(look.found, table);
                }
                return is_locked;
            })) {
            effects.held(message, now);
            locked.push_back(message);
        }
    }
    pg::guard([&] { end(look); });
    return locked;
}

}  // namespace pgqrs::engine

// What is dropped takes effect when its transaction commits; until then it is noted here, in the
// process that drops it.
#include "engine/ddl_watch.hpp"

#include "engine/marks.hpp"
#include "engine/notify.hpp"
#include "engine/prepared.hpp"
#include "engine/runner_pool.hpp"
#include "engine/table.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/hooks.hpp"

namespace pgqrs::engine {
namespace {

// What the transaction under way has dropped. Of more tables than that, those of the whole database
// are forgotten: that costs some walks from the beginning.
constexpr int kMostTables = 32;
Oid dropped_tables[kMostTables];
int dropped_table_count = 0;
Oid dropped_database = InvalidOid;

enum PreparedEnd { kNoEnd, kCommitted, kRolledBack };

int classify(const Node& statement) {
    if (!IsA(&statement, TransactionStmt)) {
        return kNoEnd;
    }
    switch (reinterpret_cast<const TransactionStmt&>(statement).kind) {
        case TRANS_STMT_COMMIT_PREPARED:
            return kCommitted;
        case TRANS_STMT_ROLLBACK_PREPARED:
            return kRolledBack;
        default:
            return kNoEnd;
    }
}

// PostgreSQL may not see exceptions.
void prepared_ended(int end) {
    pg::enter_without_arguments([&] { prepared_transaction_ended(end == kCommitted); });
}

bool is_ours(Oid relation) {
    const Oid schema = get_namespace_oid(kSchema, true);
    return OidIsValid(schema) && get_rel_namespace(relation) == schema;
}

void dropped(Oid catalog, Oid object) {
    if (catalog == DatabaseRelationId) {
        dropped_database = object;
    } else if (catalog == RelationRelationId && is_ours(object)) {
        if (dropped_table_count < kMostTables) {
            dropped_tables[dropped_table_count] = object;
        }
        ++dropped_table_count;
    }
}

}  // namespace

void watch_other_commands() {
    pg::watch_commands({.classify = classify, .carried_out = prepared_ended});
    pg::watch_drops(dropped);
}

void other_commands_committed() noexcept {
    if (dropped_table_count > kMostTables) {
        forget_marks_of_database(MyDatabaseId);
    } else {
        for (int i = 0; i < dropped_table_count; ++i) {
            forget_marks_of_table(MyDatabaseId, dropped_tables[i]);
        }
    }
    if (dropped_database != InvalidOid) {
        forget_marks_of_database(dropped_database);
        forget_notices_of_database(dropped_database);
        forget_runners_of_database(dropped_database);
    }
    other_commands_aborted();
}

void other_commands_aborted() noexcept {
    dropped_table_count = 0;
    dropped_database = InvalidOid;
}

}  // namespace pgqrs::engine

// See other_commands.hpp.
//
// PostgreSQL calls the hooks, and errors pass through them: no object here has a destructor.
#include "engine/ddl_watch.hpp"

#include "engine/table.hpp"

#include "pg/catalog.hpp"
#include "pg/guard.hpp"
#include "engine/marks.hpp"

namespace pgqrs::engine {
namespace {

ProcessUtility_hook_type next_utility = nullptr;
object_access_hook_type next_object_access = nullptr;

// What the transaction under way has dropped. Of more tables than that, those of the whole database
// are forgotten: that costs some walks from the beginning.
constexpr int kMostTables = 32;
Oid dropped_tables[kMostTables];
int dropped_table_count = 0;
Oid dropped_database = InvalidOid;

bool ends_prepared_transaction(const Node* statement) {
    if (!IsA(statement, TransactionStmt)) {
        return false;
    }
    const auto kind = reinterpret_cast<const TransactionStmt*>(statement)->kind;
    return kind == TRANS_STMT_COMMIT_PREPARED || kind == TRANS_STMT_ROLLBACK_PREPARED;
}

// Nothing of ours runs when a prepared transaction ends, which can be after a restart: what it did to
// messages is not known, so nothing known about their queues holds any more.
void on_utility(PlannedStmt* statement, const char* text, bool read_only_tree,
                ProcessUtilityContext context, ParamListInfo parameters,
                QueryEnvironment* environment, DestReceiver* receiver,
                QueryCompletion* completion) {
    const bool ends_prepared = ends_prepared_transaction(statement->utilityStmt);
    const auto next = next_utility != nullptr ? next_utility : standard_ProcessUtility;
    next(statement, text, read_only_tree, context, parameters, environment, receiver, completion);
    if (ends_prepared) {
        distrust_marks();
    }
}

bool is_ours(Oid relation) {
    const Oid schema = get_namespace_oid(kSchema, true);
    return OidIsValid(schema) && get_rel_namespace(relation) == schema;
}

void on_object_access(ObjectAccessType access, Oid catalog, Oid object, int part, void* details) {
    if (next_object_access != nullptr) {
        next_object_access(access, catalog, object, part, details);
    }
    if (access != OAT_DROP || part != 0) {
        return;
    }
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
    next_utility = ProcessUtility_hook;
    ProcessUtility_hook = on_utility;
    next_object_access = object_access_hook;
    object_access_hook = on_object_access;
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
    }
    other_commands_aborted();
}

void other_commands_aborted() noexcept {
    dropped_table_count = 0;
    dropped_database = InvalidOid;
}

}  // namespace pgqrs::engine

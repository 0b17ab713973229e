// Each hook calls the one that was there before it first, and its own watcher afterwards.
#include "pg/hooks.hpp"

namespace pgqrs::pg {
namespace {

CommandWatcher command_watcher{};
void (*drop_watcher)(Oid catalog, Oid object) = nullptr;

ProcessUtility_hook_type previous_utility_hook = nullptr;
object_access_hook_type previous_access_hook = nullptr;

void on_utility(PlannedStmt* statement, const char* text, bool read_only_tree,
                ProcessUtilityContext context, ParamListInfo parameters,
                QueryEnvironment* environment, DestReceiver* receiver,
                QueryCompletion* completion) {
    const int kind = command_watcher.classify(*statement->utilityStmt);
    const auto carry_out =
        previous_utility_hook != nullptr ? previous_utility_hook : standard_ProcessUtility;
    carry_out(statement, text, read_only_tree, context, parameters, environment, receiver,
              completion);
    if (kind != 0) {
        command_watcher.carried_out(kind);
    }
}

void on_object_access(ObjectAccessType access, Oid catalog, Oid object, int part, void* details) {
    if (previous_access_hook != nullptr) {
        previous_access_hook(access, catalog, object, part, details);
    }
    if (access == OAT_DROP && part == 0) {
        drop_watcher(catalog, object);
    }
}

}  // namespace

void watch_commands(const CommandWatcher& watcher) {
    command_watcher = watcher;
    previous_utility_hook = ProcessUtility_hook;
    ProcessUtility_hook = on_utility;
}

void watch_drops(void (*dropped)(Oid catalog, Oid object)) {
    drop_watcher = dropped;
    previous_access_hook = object_access_hook;
    object_access_hook = on_object_access;
}

}  // namespace pgqrs::pg

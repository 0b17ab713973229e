// Being told what PostgreSQL's own commands do.
//
// The functions run in the middle of those commands, between the hooks of other libraries: they must
// not own anything with a destructor, and an error they raise is the command's error.
#pragma once

#include "pg/compat.hpp"

namespace pgqrs::pg {

// Watches utility commands: all but SELECT, INSERT, UPDATE, DELETE and MERGE.
struct CommandWatcher {
    // Called before the command: what kind of command it is to the watcher, 0 when it does not
    // concern it. The statement can be gone once the command has been carried out.
    int (*classify)(const Node& statement);
    // Called after the command has been carried out, in the same transaction, unless kind is 0.
    void (*carried_out)(int kind);
};

// One watcher; call once, while preloading.
void watch_commands(const CommandWatcher& watcher);

// Calls `dropped` for each object that is about to be dropped: its catalogue and its OID there. Not
// for parts of objects, such as columns. One watcher; call once, while preloading.
void watch_drops(void (*dropped)(Oid catalog, Oid object));

}  // namespace pgqrs::pg

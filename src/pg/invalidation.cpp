#include "pg/invalidation.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

struct Watcher {
    const Oid* relation;
    bool* flag;
};
constexpr int kMostWatchers = 4;
constinit Watcher watchers[kMostWatchers]{};
constinit int watcher_count = 0;

// Called by PostgreSQL in the middle of anything; must not raise, throw or allocate.
void on_change(Datum, Oid relation) {
    for (int i = 0; i < watcher_count; ++i) {
        if (relation == InvalidOid || relation == *watchers[i].relation) {
            *watchers[i].flag = true;
        }
    }
}

}  // namespace

void announce_change(Oid relation) {
    guard([&] { CacheInvalidateRelcacheByRelid(relation); });
}

void announce_change_now(Oid relation) noexcept {
    SharedInvalidationMessage message{};
    message.rc.id = SHAREDINVALRELCACHE_ID;
    message.rc.dbId = MyDatabaseId;
    message.rc.relId = relation;
    SendSharedInvalidMessages(&message, 1);
}

void accept_announcements() {
    guard([] { AcceptInvalidationMessages(); });
}

void watch_changes(const Oid* relation, bool* flag) {
    guard([] {
        if (watcher_count == kMostWatchers) {
            elog(ERROR, "more watchers of relations than there is room for");
        }
        if (watcher_count == 0) {
            CacheRegisterRelcacheCallback(on_change, Datum{0});
        }
    });
    watchers[watcher_count++] = {relation, flag};
}

}  // namespace pgqrs::pg

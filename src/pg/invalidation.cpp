#include "pg/invalidation.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

const Oid* watched_relation = nullptr;
bool* watched_flag = nullptr;

// Called by PostgreSQL in the middle of anything; must not raise, throw or allocate.
void on_change(Datum, Oid relation) {
    if (relation == InvalidOid || relation == *watched_relation) {
        *watched_flag = true;
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
    watched_relation = relation;
    watched_flag = flag;
    guard([] { CacheRegisterRelcacheCallback(on_change, Datum{0}); });
}

}  // namespace pgqrs::pg

#include "pg/session_settings.hpp"

#include "pg/guard.hpp"
#include "pg/transaction.hpp"

extern "C" {
#include <commands/prepare.h>
}

namespace pgqrs::pg {
namespace {

constexpr const char* kUser = "session_authorization";
constexpr const char* kRole = "role";
constexpr const char* kPath = "search_path";

std::string value_of(const char* name) {
    return guard([&] { return GetConfigOption(name, false, false); });
}

// Null as the value is a RESET.
void set(const char* name, const char* value) {
    guard([&] { SetConfigOption(name, value, PGC_USERSET, PGC_S_SESSION); });
}

void put_back(const char* name, const std::string& before) {
    if (value_of(name) != before) {
        set(name, before.c_str());
    }
}

// What DISCARD ALL does, which cannot be called here, but for the plans.
void discard_all() {
    set(kUser, nullptr);
    set(kRole, nullptr);
    guard([] {
        PortalHashTableDeleteAll();
        ResetAllOptions();
        DropAllPreparedStatements();
        LockReleaseAll(USER_LOCKMETHOD, true);
        ResetTempTableNamespace();
        ResetSequenceCaches();
    });
}

}  // namespace

SessionSettings::SessionSettings()
    : user_(value_of(kUser)), role_(value_of(kRole)), path_(value_of(kPath)) {}

void SessionSettings::restore() const {
    if (is_background_worker()) {
        discard_all();
        return;
    }
    // The user comes first: to set it unsets the role.
    put_back(kUser, user_);
    put_back(kRole, role_);
    put_back(kPath, path_);
}

}  // namespace pgqrs::pg

// PostgreSQL calls the hooks, and errors pass through them: no object here has a destructor.
#include "pg/shared_memory.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

constexpr int kMostModules = 8;
SharedMemory modules[kMostModules];
int module_count = 0;

shmem_request_hook_type previous_request_hook = nullptr;
shmem_startup_hook_type previous_startup_hook = nullptr;

void on_request() {
    if (previous_request_hook != nullptr) {
        previous_request_hook();
    }
    for (int i = 0; i < module_count; ++i) {
        RequestAddinShmemSpace(modules[i].size());
        RequestNamedLWLockTranche(modules[i].name, 1);
    }
}

void on_startup() {
    if (previous_startup_hook != nullptr) {
        previous_startup_hook();
    }
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    for (int i = 0; i < module_count; ++i) {
        modules[i].attach(GetNamedLWLockTranche(modules[i].name)->lock);
    }
    LWLockRelease(AddinShmemInitLock);
}

}  // namespace

bool is_preloading() { return process_shared_preload_libraries_in_progress; }

void share_memory(const SharedMemory& memory) {
    guard([&] {
        if (module_count == kMostModules) {
            elog(ERROR, "more than %d modules share memory", kMostModules);
        }
        if (module_count == 0) {
            previous_request_hook = shmem_request_hook;
            shmem_request_hook = on_request;
            previous_startup_hook = shmem_startup_hook;
            shmem_startup_hook = on_startup;
        }
        modules[module_count++] = memory;
    });
}

}  // namespace pgqrs::pg

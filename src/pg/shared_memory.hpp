// Memory that all processes of the server share. PostgreSQL gives it out while it starts, through two
// chains of hooks; modules only say how much they want and how it begins.
#pragma once

#include "pg/compat.hpp"

namespace pgqrs::pg {

// Whether the server is starting and loads its libraries: the time to ask for memory.
bool is_preloading();

// What a module keeps there. Neither function may own anything with a destructor: their errors go to
// PostgreSQL.
struct SharedMemory {
    const char* name;  // of the tranche of the lock; lives as long as the process
    Size (*size)();    // bytes of all that attach() asks for; settings can be read
    // Finds the memory by ShmemInitStruct() or ShmemInitHash(), and initialises what is new: when the
    // server starts, and again after a crash. The lock is one for the module to use; it need not be
    // taken here.
    void (*attach)(LWLock& lock);
};

// Call while preloading.
void share_memory(const SharedMemory& memory);

}  // namespace pgqrs::pg

#include "engine/sessions.hpp"

#include "engine/slots.hpp"
#include "engine/upkeep.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

// 0: none yet.
constinit std::int64_t own = 0;

// The end of the process. Its transaction has been rolled back, and it has no lock any more.
void leave(int, Datum) {
    pg_atomic_write_u64(&own_seat().session, 0);
    want_reaper();
}

std::int64_t make_number() {
    std::int64_t number = 0;
    while (number <= 0) {
        if (!pg_strong_random(&number, sizeof number)) {
            elog(ERROR, "could not generate a random number for the session");
        }
    }
    return number;
}

template <class Visit>
void visit_sessions(Visit visit) {
    if (!has_shared_memory()) {
        return;
    }
    for (int i = 0; i < seat_count(); ++i) {
        const auto session = static_cast<std::int64_t>(pg_atomic_read_u64(&seat(i).session));
        if (session != 0) {
            visit(session);
        }
    }
}

}  // namespace

std::int64_t own_session() {
    if (own == 0) {
        pg::guard([] {
            const std::int64_t number = make_number();
            on_shmem_exit(leave, Datum{0});
            pg_atomic_write_u64(&own_seat().session, static_cast<std::uint64_t>(number));
            own = number;
        });
    }
    return own;
}

bool is_own_session(std::int64_t session) noexcept { return own != 0 && session == own; }

bool is_session_there(std::int64_t session) noexcept {
    bool there = false;
    visit_sessions([&](std::int64_t each) { there = there || each == session; });
    return there;
}

std::vector<std::int64_t> sessions_there() {
    std::vector<std::int64_t> found;
    visit_sessions([&](std::int64_t each) { found.push_back(each); });
    return found;
}

}  // namespace pgqrs::engine

#include "workflow/pause.hpp"

#include "core/rights.hpp"
#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "workflow/find_run.hpp"
#include "workflow/give_back.hpp"
#include "workflow/requests.hpp"

namespace pgqrs::workflow {
namespace {

// The run, unless it has ended.
std::optional<LiveRun> find(std::int64_t id, core::Rights rights) {
    pg::require_writable("UPDATE");
    const KnownRun known = pg::with_spi([&] { return find_run(id); });
    engine::require_access(known.access(rights),
                           {{&engine::kMessages, ACL_SELECT | ACL_UPDATE},
                            {&engine::kRunRequests, ACL_SELECT | ACL_INSERT | ACL_DELETE}});
    return known.final ? std::nullopt : LiveRun::find(id, rights);
}

}  // namespace

Paused pause_run(std::int64_t id, std::optional<std::string_view> reason) {
    auto run = find(id, core::rights_for("pause_run"));
    const Grip held = run ? grip(*run) : Grip::gone;
    if (held == Grip::gone) {
        return Paused::ended;
    }
    add_request(*run, {.kind = RequestKind::pause, .reason = reason}, held);
    if (held == Grip::busy) {
        return Paused::requested;
    }
    park_for_pause(*run);
    return Paused::paused;
}

bool resume_run(std::int64_t id) {
    auto run = find(id, core::rights_for("resume_run"));
    // Excludes that its worker gives it back to the pause meanwhile. Who resumes it at the same time does not
    // wait for this lock.
    if (!run || !run->lock(engine::RowLock::key_share, engine::OnLocked::wait)) {
        return false;
    }
    const bool was_asked = remove_pause(*run);
    return end_pause(*run) || was_asked;
}

}  // namespace pgqrs::workflow

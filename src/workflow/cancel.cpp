#include "workflow/cancel.hpp"

#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "workflow/find_run.hpp"
#include "workflow/finish.hpp"
#include "workflow/requests.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement release_children(R"sql(
    UPDATE pgqrs.runs
    SET cancel_with_parent = false
    WHERE parent_id = $1
        AND final IS NULL
        AND cancel_with_parent
)sql",
                                         pg::Planning::indexed);

// A run whose message somebody has removed by hand.
void end_without_message(const KnownRun& run, const engine::Access& access) {
    core::Message message{};
    message.id = run.id;
    message.queue_id = run.queue_id;
    end_removed_runs(access, {&message, 1},
                     [](const core::Message&) { return core::Outcome::cancelled; });
}

}  // namespace

void end_cancelled(const LiveRun& run, const Requests& requests) {
    if (!requests.with_children) {
        pg::with_spi([&] {
            const engine::StatementRights rights({{&engine::kRuns, ACL_SELECT | ACL_UPDATE}});
            release_children.run_latest({pg::int8(run.id())});
        });
    }
    end_run(run,
            {.final = core::Final::cancelled,
             .error = requests.reason.empty() ? std::nullopt
                                              : std::optional<std::string_view>(requests.reason)});
}

Cancelled cancel_run(const Cancellation& cancellation) {
    pg::require_writable("UPDATE");
    const auto find = [&] { return pg::with_spi([&] { return find_run(cancellation.run); }); };
    const KnownRun known = find();
    const engine::Access access = known.access(cancellation.rights, cancellation.is_consequence);
    engine::require_access(access, {{&engine::kMessages, ACL_SELECT | ACL_UPDATE | ACL_DELETE},
                                    {&engine::kRuns, ACL_SELECT | ACL_UPDATE},
                                    {&engine::kRunRequests, ACL_SELECT | ACL_INSERT | ACL_DELETE}});
    if (known.final) {
        return Cancelled::ended;
    }
    auto run = LiveRun::find(cancellation.run, cancellation.rights, cancellation.is_consequence);
    switch (run ? grip(*run) : Grip::gone) {
        case Grip::idle:
            end_cancelled(*run, {.cancel = true,
                                 .pause = false,
                                 .reason = std::string(cancellation.reason.value_or("")),
                                 .with_children = cancellation.cascade});
            return Cancelled::cancelled;
        case Grip::busy:
            add_request(*run,
                        {.kind = RequestKind::cancel,
                         .reason = cancellation.reason,
                         .with_children = cancellation.cascade},
                        Grip::busy);
            return Cancelled::requested;
        case Grip::gone:
            break;
    }
    if (find().final) {
        return Cancelled::ended;
    }
    end_without_message(known, access);
    return Cancelled::cancelled;
}

}  // namespace pgqrs::workflow

#include "queue/held.hpp"

#include <string>

#include "core/error.hpp"
#include "engine/tables.hpp"

namespace pgqrs::queue {

using Column = engine::MessageColumn;

Held::Held(const engine::Queue& queue, const engine::Access& access)
    : queue(queue),
      access(access),
      messages(engine::hold_table(engine::kMessages, engine::Purpose::write, access)),
      marks(engine::marks_of(messages.relation, queue.id)) {}

Held::Held(std::string_view name, const engine::Access& access)
    : Held(engine::hold_queue(name), access) {}

Held::Held(std::string_view name, core::Rights rights)
    : queue(engine::hold_queue(name)),
      access{queue.id, name, rights},
      messages(engine::hold_table(engine::kMessages, engine::Purpose::write, access)),
      marks(engine::marks_of(messages.relation, queue.id)) {}

Held::Held(std::string_view name, core::Rights rights, const char* instead) : Held(name, rights) {
    require_messages(queue, name, instead);
}

namespace {

[[noreturn]] void raise_wrong_queue(std::string_view name, const char* holds, const char* instead) {
    throw core::Error(core::SqlState::wrong_queue,
                      "queue \"" + std::string(name) + "\" holds " + holds, "",
                      "Use pgqrs." + std::string(instead) + "().");
}

}  // namespace

void require_messages(const engine::Queue& queue, std::string_view name, const char* instead) {
    if (queue.holds_runs) {
        raise_wrong_queue(name, "runs of workflows", instead);
    }
}

void require_runs(const engine::Queue& queue, std::string_view name, const char* instead) {
    if (!queue.holds_runs) {
        raise_wrong_queue(name, "messages, not runs", instead);
    }
}

void give_back(const core::Message& row, std::int16_t flags, pg::Value* cells) {
    const bool leased = row.lease_end != core::kBeginning;
    const auto kept = static_cast<std::int16_t>(row.flags & core::kToBeCancelled);
    cells[Column::flags] = pg::int2(static_cast<std::int16_t>(flags | kept));
    cells[Column::given_back] = pg::int4(row.given_back + (leased ? 1 : 0));
    cells[Column::vt] = pg::null_of(TIMESTAMPTZOID);
    cells[Column::worker_id] = pg::null_of(INT8OID);
}

}  // namespace pgqrs::queue

// The row of a run, for those who are not its worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/run.hpp"
#include "engine/table.hpp"

namespace pgqrs::workflow {

struct KnownRun {
    std::int64_t id;
    std::int32_t workflow_id;
    std::int32_t queue_id;
    std::string queue;
    std::optional<core::Final> final;

    // Valid as long as this object.
    engine::Access access(core::Rights rights, bool is_consequence = false) const {
        return {queue_id, queue, rights, is_consequence};
    }
};

// As committed by now. It needs no right: what is done with the run does. Raises PQ017 when there is none.
// Inside with_spi(), both.
KnownRun find_run(std::int64_t id);
std::optional<KnownRun> find_run_if_any(std::int64_t id);

}  // namespace pgqrs::workflow

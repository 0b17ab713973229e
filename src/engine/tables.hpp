// The tables of pgqrs: the one place that names them for code that writes rows directly or locks them.
// sql/parts/20_tables.sql creates them; SQL statements elsewhere name them in their text.
#pragma once

#include "engine/table.hpp"

namespace pgqrs::engine {

extern const TableSpec kMessages;
extern const TableSpec kArchive;
extern const TableSpec kDepartures;
extern const TableSpec kFailures;
// These are written by statements.
extern const TableSpec kQueues;
extern const TableSpec kWorkers;
extern const TableSpec kMaintenance;
extern const TableSpec kRetention;
extern const TableSpec kGrants;
// Of workflows. The engine walks the wakes as it walks messages, and the others are written by statements.
extern const TableSpec kWakes;
extern const TableSpec kWorkflows;
extern const TableSpec kRuns;
extern const TableSpec kSteps;
extern const TableSpec kSignals;
extern const TableSpec kEvents;
extern const TableSpec kWaits;
extern const TableSpec kRunValues;
extern const TableSpec kRunRequests;
extern const TableSpec kKeys;

struct ArchiveColumn {
    enum Place : std::size_t {
        id,
        available_at,
        enqueued_at,
        queue_id,
        read_ct,
        priority,
        attempt,
        vt,
        delivered_at,
        worker_id,
        archived_at,
        processing_duration,
        outcome,
        headers,
        payload,
        count
    };
};

struct DepartureColumn {
    enum Place : std::size_t { id, finished, discarded, queue_id, count };
};

struct FailureColumn {
    enum Place : std::size_t {
        id,
        message_id,
        failed_at,
        queue_id,
        read_ct,
        attempt,
        died,
        worker_id,
        error,
        count
    };
};

}  // namespace pgqrs::engine

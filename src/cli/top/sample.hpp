// What `pgqrs top` shows: the metrics of all queues, how fast their totals grow, and what goes wrong.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/output/table.hpp"
#include "cli/top/trouble.hpp"
#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs::cli {

struct TopRow {
    Metrics metrics;
    std::optional<double> enqueued = {};  // a second; nothing before there are two samples
    std::optional<double> finished = {};
    Trouble trouble = {};
};

// Those that work or wait, also suspended ones.
std::int64_t live_workers(const WorkerHealth& workers);

enum class TopOrder {
    pending,
    in_flight,
    delayed,
    retrying,
    dead,
    exhausted,
    archived,
    enqueued,
    finished,
    oldest,
    dead_workers,
    name
};

// "pending", "in_flight"...: as --sort has them.
const std::vector<std::string>& top_order_names();
TopOrder top_order_of(const std::string& name);

class TopSampler {
public:
    std::vector<TopRow> sample(Connection& connection);

private:
    std::map<std::string, Metrics> last_;
    TroubleFinder trouble_;
};

// The greatest first, equal ones by name.
void sort_rows(std::vector<TopRow>& rows, TopOrder order);

// For `--once`, with all digits.
Table table_of_top(const std::vector<TopRow>& rows);

}  // namespace pgqrs::cli

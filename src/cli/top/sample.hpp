// What `pgqrs top` shows: the metrics of all queues, and how fast their totals grow.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/output/table.hpp"
#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs::cli {

struct TopRow {
    Metrics metrics;
    std::optional<double> enqueued = {};  // a second; nothing before there are two samples
    std::optional<double> finished = {};
};

enum class TopOrder {
    pending,
    in_flight,
    delayed,
    exhausted,
    archived,
    enqueued,
    finished,
    oldest,
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
};

// The greatest first, equal ones by name.
void sort_rows(std::vector<TopRow>& rows, TopOrder order);

// For `--once`, with all digits.
Table table_of_top(const std::vector<TopRow>& rows);

}  // namespace pgqrs::cli

// What `pgqrs top` shows.
#include "cli/top/sample.hpp"

#include <algorithm>
#include <cstdio>

#include "cli/output/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

// Nothing when the queue is another one of the same name.
std::optional<double> rate_of(std::int64_t before, std::int64_t now, Duration between) {
    if (now < before || between.count() <= 0) {
        return std::nullopt;
    }
    return static_cast<double>(now - before) * 1e6 / static_cast<double>(between.count());
}

double value_of(const TopRow& row, TopOrder order) {
    switch (order) {
        case TopOrder::pending:
            return static_cast<double>(row.metrics.pending);
        case TopOrder::in_flight:
            return static_cast<double>(row.metrics.in_flight);
        case TopOrder::delayed:
            return static_cast<double>(row.metrics.delayed);
        case TopOrder::retrying:
            return static_cast<double>(row.trouble.retrying.value_or(0));
        case TopOrder::dead:
            return static_cast<double>(row.trouble.dead.value_or(0));
        case TopOrder::exhausted:
            return static_cast<double>(row.metrics.exhausted.value_or(0));
        case TopOrder::archived:
            return static_cast<double>(row.metrics.archived);
        case TopOrder::enqueued:
            return row.enqueued.value_or(0);
        case TopOrder::finished:
            return row.finished.value_or(0);
        case TopOrder::oldest:
            return static_cast<double>(row.metrics.oldest_pending_age.value_or(Duration()).count());
        case TopOrder::dead_workers:
            return static_cast<double>(row.trouble.workers.value_or(WorkerHealth()).dead);
        case TopOrder::name:
            break;
    }
    return 0;
}

Value rate_value(double rate) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.1f", rate);
    return {Value::Kind::number, text};
}

const std::vector<Field<TopRow>>& top_fields() {
    using R = TopRow;
    static const std::vector<Field<TopRow>> fields = {
        {"queue", [](const R& row) { return text_value(row.metrics.queue); }},
        {"paused", [](const R& row) { return boolean_value(row.metrics.paused); }},
        {"pending", [](const R& row) { return number_value(row.metrics.pending); }},
        {"in_flight", [](const R& row) { return number_value(row.metrics.in_flight); }},
        {"delayed", [](const R& row) { return number_value(row.metrics.delayed); }},
        {"retrying",
         [](const R& row) { return optional_value(row.trouble.retrying, number_value); }},
        {"dead", [](const R& row) { return optional_value(row.trouble.dead, alarming_value); }},
        {"exhausted",
         [](const R& row) { return optional_value(row.metrics.exhausted, number_value); }, false},
        {"archived", [](const R& row) { return number_value(row.metrics.archived); }, false},
        {"enqueued_per_second",
         [](const R& row) { return optional_value(row.enqueued, rate_value); }},
        {"finished_per_second",
         [](const R& row) { return optional_value(row.finished, rate_value); }},
        {"oldest_pending_age_seconds",
         [](const R& row) {
             return optional_value(row.metrics.oldest_pending_age, seconds_value);
         }},
        {"workers",
         [](const R& row) {
             return optional_value(row.trouble.workers, [](const WorkerHealth& workers) {
                 return number_value(live_workers(workers));
             });
         }},
        {"suspended_workers",
         [](const R& row) {
             return optional_value(row.trouble.workers, [](const WorkerHealth& workers) {
                 return alarming_value(workers.suspended);
             });
         },
         false},
        {"dead_workers",
         [](const R& row) {
             return optional_value(row.trouble.workers, [](const WorkerHealth& workers) {
                 return alarming_value(workers.dead);
             });
         }},
        {"holds_runs", [](const R& row) { return boolean_value(row.trouble.runs.has_value()); },
         false},
        {"sleeping",
         [](const R& row) {
             return optional_value(row.trouble.runs, [](const RunCounts& runs) {
                 return number_value(runs.sleeping);
             });
         },
         false},
        {"waiting",
         [](const R& row) {
             return optional_value(row.trouble.runs, [](const RunCounts& runs) {
                 return number_value(runs.waiting);
             });
         },
         false},
    };
    return fields;
}

}  // namespace

const std::vector<std::string>& top_order_names() {
    static const std::vector<std::string> names = {
        "pending",  "in_flight", "delayed",  "retrying", "dead",         "exhausted",
        "archived", "enqueued",  "finished", "oldest",   "dead_workers", "name"};
    return names;
}

TopOrder top_order_of(const std::string& name) {
    const auto& names = top_order_names();
    return static_cast<TopOrder>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::int64_t live_workers(const WorkerHealth& workers) {
    return workers.ready + workers.polling + workers.suspended;
}

std::vector<TopRow> TopSampler::sample(Connection& connection) {
    std::vector<TopRow> rows;
    std::map<std::string, Metrics> now;
    auto all = Admin(connection).all_queues_metrics();
    const auto trouble = trouble_.find(connection, all);
    for (auto& metrics : all) {
        TopRow row{metrics};
        if (const auto found = trouble.find(metrics.queue); found != trouble.end()) {
            row.trouble = found->second;
        }
        if (const auto found = last_.find(metrics.queue); found != last_.end()) {
            const Metrics& before = found->second;
            const auto between = metrics.measured_at - before.measured_at;
            row.enqueued = rate_of(before.total_enqueued, metrics.total_enqueued, between);
            row.finished = rate_of(before.total_finished, metrics.total_finished, between);
        }
        rows.push_back(std::move(row));
        now[metrics.queue] = std::move(metrics);
    }
    last_ = std::move(now);
    return rows;
}

void sort_rows(std::vector<TopRow>& rows, TopOrder order) {
    std::sort(rows.begin(), rows.end(), [order](const TopRow& a, const TopRow& b) {
        const double x = value_of(a, order);
        const double y = value_of(b, order);
        return x != y ? x > y : a.metrics.queue < b.metrics.queue;
    });
}

Table table_of_top(const std::vector<TopRow>& rows) { return table_of(top_fields(), rows); }

}  // namespace pgqrs::cli

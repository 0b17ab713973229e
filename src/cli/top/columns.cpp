// The columns of `pgqrs top`.
#include "cli/top/columns.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>

#include "cli/output/cells.hpp"
#include "cli/output/progress.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::size_t kLeastName = 12;

std::string age_text(const Metrics& metrics) {
    if (!metrics.oldest_pending_age) {
        return "-";
    }
    const auto age = std::chrono::floor<std::chrono::seconds>(*metrics.oldest_pending_age);
    return cell_of(seconds_value(age));
}

// Some of the queue's messages were not looked at.
const char* or_more(bool more) { return more ? "+" : ""; }

std::string retrying_text(const TopRow& row) {
    const auto& retrying = row.trouble.retrying;
    return retrying ? with_commas(*retrying) + or_more(has_more_retrying(row)) : "-";
}

std::string dead_text(const TopRow& row) {
    const auto& dead = row.trouble.dead;
    return dead ? with_commas(*dead) + or_more(has_more_dead(row)) : "-";
}

std::string workers_text(const TopRow& row) {
    const auto& workers = row.trouble.workers;
    if (!workers) {
        return "-";
    }
    return with_commas(live_workers(*workers)) +
           (workers->dead > 0 ? ", " + with_commas(workers->dead) + " dead" : "");
}

// "-" for a queue that holds messages.
std::string runs_text(const TopRow& row, std::int64_t RunCounts::*count) {
    const auto& runs = row.trouble.runs;
    return runs ? with_commas(*runs.*count) + or_more(runs->more) : "-";
}

struct TopColumn {
    std::string title;
    int rank;  // 0 is never left out
    std::function<std::string(const TopRow&)> text;
};

std::vector<TopColumn> all_columns(bool with_runs) {
    using R = TopRow;
    std::vector<TopColumn> columns = {
        {"pending", 0, [](const R& row) { return with_commas(row.metrics.pending); }},
        {"in flight", 4, [](const R& row) { return with_commas(row.metrics.in_flight); }},
        {"delayed", 7, [](const R& row) { return with_commas(row.metrics.delayed); }},
        {"retrying", 5, retrying_text},
        {"dead", 2, dead_text},
        {"exhausted", 9,
         [](const R& row) {
             return row.metrics.exhausted ? with_commas(*row.metrics.exhausted) : "-";
         }},
        {"archived", 8, [](const R& row) { return with_commas(row.metrics.archived); }},
        {"enq/s", 1, [](const R& row) { return rate_text(row.enqueued); }},
        {"fin/s", 1, [](const R& row) { return rate_text(row.finished); }},
        {"oldest", 6, [](const R& row) { return age_text(row.metrics); }},
        {"workers", 3, workers_text},
    };
    if (with_runs) {
        const auto delayed = std::find_if(columns.begin(), columns.end(), [](const auto& column) {
            return column.title == "delayed";
        });
        columns.insert(
            delayed + 1,
            {{"sleeping", 10, [](const R& row) { return runs_text(row, &RunCounts::sleeping); }},
             {"waiting", 11, [](const R& row) { return runs_text(row, &RunCounts::waiting); }}});
    }
    return columns;
}

std::vector<std::vector<std::string>> lines_of(const std::vector<TopRow>& rows,
                                               const std::vector<TopColumn>& columns) {
    std::vector<std::vector<std::string>> lines(1, {"queue"});
    for (const auto& column : columns) {
        lines[0].push_back(column.title);
    }
    for (const auto& row : rows) {
        auto& line = lines.emplace_back();
        line.push_back(row.metrics.queue + (row.trouble.runs ? " (runs)" : "") +
                       (row.metrics.paused ? " (paused)" : ""));
        for (const auto& column : columns) {
            line.push_back(column.text(row));
        }
    }
    return lines;
}

std::vector<std::size_t> widths_of(const std::vector<std::vector<std::string>>& lines) {
    std::vector<std::size_t> widths(lines[0].size());
    for (const auto& line : lines) {
        for (std::size_t column = 0; column < line.size(); ++column) {
            widths[column] = std::max(widths[column], display_width(line[column]));
        }
    }
    return widths;
}

}  // namespace

bool has_more_retrying(const TopRow& row) {
    return row.trouble.runs ? row.trouble.runs->more : row.metrics.delayed > kLookedAt;
}

bool has_more_dead(const TopRow& row) { return row.trouble.dead.value_or(0) >= kLookedAt; }

std::string rate_text(std::optional<double> rate) {
    if (!rate) {
        return "-";
    }
    if (*rate >= 100) {
        return with_commas(static_cast<std::int64_t>(*rate + 0.5));
    }
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f", *rate);
    return text;
}

TopCells fitting_cells(const std::vector<TopRow>& rows, std::size_t room) {
    auto columns = all_columns(std::any_of(
        rows.begin(), rows.end(), [](const TopRow& row) { return row.trouble.runs.has_value(); }));
    for (;;) {
        TopCells cells{lines_of(rows, columns), {}};
        cells.widths = widths_of(cells.lines);
        std::size_t others = 0;
        for (std::size_t column = 1; column < cells.widths.size(); ++column) {
            others += cells.widths[column] + 2;
        }
        const auto least = std::max_element(
            columns.begin(), columns.end(),
            [](const TopColumn& a, const TopColumn& b) { return a.rank < b.rank; });
        if (others + std::min(cells.widths[0], kLeastName) <= room || least->rank == 0) {
            const std::size_t left = room > others ? room - others : 1;
            cells.widths[0] = std::max<std::size_t>(1, std::min(cells.widths[0], left));
            return cells;
        }
        columns.erase(least);
    }
}

}  // namespace pgqrs::cli

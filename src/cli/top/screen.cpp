// The screen of `pgqrs top`.
#include "cli/top/screen.hpp"

#include <algorithm>
#include <optional>

#include "cli/output/cells.hpp"
#include "cli/output/progress.hpp"
#include "cli/output/text.hpp"
#include "cli/top/columns.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::size_t kAbove = 4;  // lines above the rows, but for that of runs

std::string summary_of(const TopView& view) {
    std::int64_t pending = 0;
    std::int64_t in_flight = 0;
    double enqueued = 0;
    double finished = 0;
    for (const auto& row : view.rows) {
        pending += row.metrics.pending;
        in_flight += row.metrics.in_flight;
        enqueued += row.enqueued.value_or(0);
        finished += row.finished.value_or(0);
    }
    return number_of(static_cast<std::int64_t>(view.rows.size()), "queue") + "  " +
           with_commas(pending) + " pending  " + with_commas(in_flight) + " in flight  " +
           rate_text(enqueued) + " enqueued/s  " + rate_text(finished) + " finished/s  " +
           view.clock;
}

// Failures and workers of all queues.
struct Totals {
    std::int64_t retrying = 0;
    std::int64_t dead = 0;
    bool more_retrying = false;
    bool more_dead = false;
    bool known = false;
    WorkerHealth workers = {};
    bool workers_known = false;
    std::optional<RunCounts> runs = {};
};

Totals totals_of(const std::vector<TopRow>& rows) {
    Totals totals;
    for (const auto& row : rows) {
        const Trouble& trouble = row.trouble;
        totals.known = totals.known || trouble.dead;
        totals.retrying += trouble.retrying.value_or(0);
        totals.dead += trouble.dead.value_or(0);
        totals.more_retrying = totals.more_retrying || has_more_retrying(row);
        totals.more_dead = totals.more_dead || has_more_dead(row);
        if (trouble.runs) {
            RunCounts sum = totals.runs.value_or(RunCounts());
            sum += *trouble.runs;
            totals.runs = sum;
        }
        if (trouble.workers) {
            totals.workers_known = true;
            totals.workers.ready += trouble.workers->ready;
            totals.workers.polling += trouble.workers->polling;
            totals.workers.suspended += trouble.workers->suspended;
            totals.workers.dead += trouble.workers->dead;
        }
    }
    return totals;
}

std::string with_others(std::int64_t number, const char* state) {
    return number > 0 ? ", " + with_commas(number) + " " + state : "";
}

// What the role may not see is not there.
std::string trouble_of(const Totals& totals) {
    std::string text;
    if (totals.known) {
        text = with_commas(totals.retrying) + (totals.more_retrying ? "+" : "") + " retrying  " +
               with_commas(totals.dead) + (totals.more_dead ? "+" : "") + " dead";
    }
    if (totals.workers_known) {
        const auto live = live_workers(totals.workers);
        text += (text.empty() ? "" : "  ") + with_commas(live) +
                (live == 1 ? " worker" : " workers") +
                with_others(totals.workers.suspended, "of them suspended") +
                with_others(totals.workers.dead, "dead");
    }
    return text;
}

// The runs of all workflows. What is not usual is named when there is any.
std::string runs_of(const RunCounts& runs) {
    const std::string more = runs.more ? "+" : "";
    const auto part = [&](std::int64_t number, const char* state) {
        return "  " + with_commas(number) + more + " " + state;
    };
    std::string text = "runs:" + part(runs.queued, "queued") + part(runs.running, "running") +
                       part(runs.sleeping, "sleeping") + part(runs.waiting, "waiting") +
                       part(runs.retrying, "retrying") + part(runs.failed, "failed");
    text += runs.paused > 0 ? part(runs.paused, "paused") : "";
    text += runs.crashed > 0 ? part(runs.crashed, "crashed") : "";
    return text;
}

bool has_runs(const TopView& view) {
    return std::any_of(view.rows.begin(), view.rows.end(),
                       [](const TopRow& row) { return row.trouble.runs.has_value(); });
}

std::string status_of(const TopView& view, Size size) {
    if (!view.trouble.empty()) {
        return printable(view.trouble);
    }
    const std::size_t last = std::min(view.first + top_page(view, size), view.rows.size());
    const bool all = view.first == 0 && last == view.rows.size();
    return (view.paused ? "paused" : "every " + cell_of(seconds_value(view.interval))) + "  by " +
           top_order_names()[static_cast<std::size_t>(view.order)] +
           (all ? ""
                : "  rows " + std::to_string(view.first + 1) + " to " + std::to_string(last) +
                      " (arrows)") +
           "  q quit  p pause  s sort";
}

std::string in_colour(bool wanted, const char* code, const std::string& text) {
    return wanted ? "\033[" + std::string(code) + "m" + text + "\033[0m" : text;
}

}  // namespace

std::size_t top_page(const TopView& view, Size size) {
    const std::size_t above = kAbove + (has_runs(view) ? 1 : 0);
    return size.rows > above ? size.rows - above : 0;
}

std::vector<std::string> top_lines(const TopView& view, Size size) {
    const TopCells cells = fitting_cells(view.rows, size.columns);
    std::vector<std::string> lines = {shorten(summary_of(view), size.columns)};
    const Totals totals = totals_of(view.rows);
    const std::string trouble = shorten(trouble_of(totals), size.columns);
    const bool alarming = totals.dead > 0 || totals.workers.dead > 0;
    lines.push_back(in_colour(view.colour && alarming, "33", trouble));
    if (totals.runs) {
        lines.push_back(shorten(runs_of(*totals.runs), size.columns));
    }
    const std::string status = shorten(status_of(view, size), size.columns);
    lines.push_back(view.trouble.empty() ? status : in_colour(view.colour, "31", status));
    const auto add = [&](const std::vector<std::string>& row, const char* code) {
        std::string line = padded(shorten(row[0], cells.widths[0]), cells.widths[0], false);
        for (std::size_t column = 1; column < row.size(); ++column) {
            line += "  " + padded(row[column], cells.widths[column], true);
        }
        line = shorten(line, size.columns);
        lines.push_back(code == nullptr ? line : in_colour(view.colour, code, line));
    };
    add(cells.lines[0], "7");
    const std::size_t last = std::min(view.first + top_page(view, size), view.rows.size());
    for (std::size_t row = view.first; row < last; ++row) {
        add(cells.lines[row + 1], view.rows[row].metrics.paused ? "33" : nullptr);
    }
    lines.resize(std::min(lines.size(), size.rows));
    return lines;
}

}  // namespace pgqrs::cli

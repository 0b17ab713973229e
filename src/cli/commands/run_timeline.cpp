// pgqrs run timeline: what happened in a run, as a picture, or as rows.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/output/cells.hpp"
#include "cli/output/rows.hpp"
#include "cli/timeline/picture.hpp"
#include "pgqrs/client/workflows.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::size_t kUsualWidth = 80;

struct Options {
    std::int64_t id = 0;
    bool ascii = false;
    std::optional<int> width;
    std::optional<int> limit;
};

// Whether the locale has the characters of the picture. As setlocale() reads the environment, but without installed locales.
bool locale_is_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (value && *value) {
            std::string text = value;
            std::transform(text.begin(), text.end(), text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            return text.find("utf-8") != std::string::npos ||
                   text.find("utf8") != std::string::npos;
        }
    }
    return false;
}

TimePoint clock_of(Connection& connection) {
    const auto result =
        connection.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
    return TimePoint(Duration(result.integer(0, 0)));
}

// The ids are the outputs of such steps. Those of others, which may be large, stay where they are.
Children children_of(Connection& connection, const std::vector<TimelineEntry>& entries,
                     std::int64_t id) {
    Children children;
    const bool any = std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
        return entry.kind == "child" && !entry.child;
    });
    if (!any) {
        return children;
    }
    const auto rows = connection.execute(
        "SELECT s.name, s.seq, c.id FROM pgqrs.list_steps($1::bigint) AS s, "
        "jsonb_array_elements_text(s.output) WITH ORDINALITY AS c (id, place) "
        "WHERE s.kind = 'child' AND s.child IS NULL AND jsonb_typeof(s.output) = 'array' "
        "ORDER BY s.name, s.seq, c.place",
        {std::to_string(id)});
    for (int row = 0; row < rows.rows(); ++row) {
        children[{rows.text(row, 0), static_cast<int>(rows.integer(row, 1))}].push_back(
            rows.integer(row, 2));
    }
    return children;
}

std::string state_of(const RunInfo& run) {
    const bool has_time =
        run.available_at && (run.state == RunState::sleeping || run.state == RunState::waiting ||
                             run.state == RunState::retrying);
    return std::string(to_string(run.state)) +
           (has_time ? " until " + cell_of(time_value(*run.available_at)) : "");
}

std::string title_of(Workflows& workflows, const std::vector<TimelineEntry>& entries,
                     std::int64_t id) {
    const auto& run = entries.front();
    return "run " + std::to_string(id) + " of workflow \"" + run.name.value_or("") + "\", " +
           (run.ended_at ? "ended " + cell_of(time_value(*run.ended_at))
                         : "started " + cell_of(time_value(run.started_at)) + ", " +
                               state_of(workflows.get_run(id)));
}

void show(Context& context, const Options& options) {
    Workflows workflows(context.connection());
    const auto entries = workflows.timeline(options.id);
    if (context.globals().format != Format::table) {
        context.show_list(table_of(timeline_fields(), entries), "");
        return;
    }
    const Style style = context.style();
    const PictureStyle picture{
        .width = options.width ? static_cast<std::size_t>(*options.width)
                               : style.width.value_or(kUsualWidth),
        .colour = style.colour,
        .ascii = options.ascii || !locale_is_utf8(),
        .rows = static_cast<std::size_t>(options.limit.value_or(200)),
    };
    std::string text =
        coloured(title_of(workflows, entries, options.id), kTitleColour, style.colour) + "\n";
    const auto children = children_of(context.connection(), entries, options.id);
    for (const auto& line :
         picture_of(entries, children, clock_of(context.connection()), picture)) {
        text += line + "\n";
    }
    context.output().write(text);
}

}  // namespace

void add_run_timeline(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("timeline", "Draw what happened in a run, over time");
    command.id("id", options->id, "Id of the run");
    command.flag("--ascii", options->ascii, "Only ASCII, as where the locale is not UTF-8");
    command.number("--width", options->width, 40, 1000,
                   "Columns of the picture [those of the terminal, or 80]");
    command.number("--limit", options->limit, 1, 1'000'000,
                   "Steps of the picture at most: the first and the last ones [200]");
    command.runs([options](Context& context) { show(context, *options); });
}

}  // namespace pgqrs::cli

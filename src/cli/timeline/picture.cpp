// A timeline as a picture for people.
#include "cli/timeline/picture.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "cli/output/cells.hpp"
#include "cli/output/progress.hpp"
#include "cli/output/text.hpp"
#include "cli/timeline/scale.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::size_t kLeastName = 8;
constexpr std::size_t kMostName = 40;
constexpr std::size_t kLeastBar = 12;
constexpr std::size_t kMostErrors = 10;
constexpr std::string_view kGap = "  ";

// The characters of bars.
struct Glyphs {
    std::string_view done;
    std::string_view wait;
    std::string_view instant;
    std::string_view open;
    std::string_view failed;
    std::string_view timed_out;
    std::string_view in_doubt;
    std::string_view line;
    std::string_view mark;
};
constexpr Glyphs kUnicode = {"█", "░", "│", "▸", "x", "!", "?", "─", "┬"};
constexpr Glyphs kAscii = {"=", "/", "|", ">", "x", "!", "?", "-", "+"};

enum class Look { done, wait, open, failed };

const char* colour_of(Look look) {
    switch (look) {
        case Look::wait:
            return "\033[36m";
        case Look::open:
            return "\033[33m";
        case Look::failed:
            return "\033[31m";
        default:
            return "\033[32m";
    }
}

bool is_wait(const TimelineEntry& entry) {
    return entry.kind == "sleep" || entry.kind == "signal" || entry.kind == "event" ||
           entry.kind == "children";
}

bool has_failed(const TimelineEntry& entry) {
    return entry.status == "failed" || entry.kind == "failure";
}

Look look_of(const TimelineEntry& entry) {
    if (has_failed(entry) || entry.status == "timed_out" || entry.status == "in_doubt") {
        return Look::failed;
    }
    return is_wait(entry) ? Look::wait : entry.ended_at ? Look::done : Look::open;
}

std::string with_blanks(std::string word) {
    std::replace(word.begin(), word.end(), '_', ' ');
    return word;
}

// What cuts long text depends on the characters that may be used.
std::string cut(const std::string& text, std::size_t width, bool ascii) {
    constexpr std::string_view kDots = "…";
    std::string result = shorten(text, width);
    if (ascii && result != text && result.ends_with(kDots)) {
        result.replace(result.size() - kDots.size(), kDots.size(), "~");
    }
    return result;
}

// A row of the picture, but for its bar.
struct Row {
    const TimelineEntry* entry;
    std::string name;
    std::string kind;
    std::string length;
    std::string note;
};

std::string name_of(const TimelineEntry& entry) {
    if (entry.kind == "failure") {
        return "(attempt " + std::to_string(entry.attempt.value_or(0)) + ")";
    }
    return printable(entry.name.value_or("")) +
           (entry.seq.value_or(0) > 0 ? " #" + std::to_string(*entry.seq) : "");
}

std::string note_of(const std::vector<std::int64_t>& children) {
    std::string note = children.size() > 2
                           ? with_commas(static_cast<std::int64_t>(children.size())) +
                                 " runs from " + std::to_string(children.front())
                           : "runs " + std::to_string(children.front());
    return children.size() == 2 ? note + ", " + std::to_string(children.back()) : note;
}

std::string note_of(const TimelineEntry& entry, const Children& children, bool run_ended) {
    if (entry.kind == "run") {
        return with_blanks(entry.status);
    }
    if (entry.child) {
        return "run " + std::to_string(*entry.child);
    }
    const auto several = children.find({entry.name.value_or(""), entry.seq.value_or(0)});
    if (entry.kind == "child" && several != children.end() && !several->second.empty()) {
        return note_of(several->second);
    }
    std::string note;
    if (entry.status == "started") {
        note = run_ended ? "not ended" : is_wait(entry) ? "" : "running";
    } else if (entry.status != "succeeded" && entry.kind != "failure") {
        note = with_blanks(entry.status);
    }
    if (entry.kind == "step" && entry.attempt.value_or(0) > 0 && !has_failed(entry)) {
        note += (note.empty() ? "" : ", ") + number_of(*entry.attempt, "failure");
    }
    return note;
}

// What a picture is about, and when what has not ended ends in it.
struct Story {
    const std::vector<TimelineEntry>& entries;
    const Children& children;
    TimePoint last;
    bool run_ended;
};

Row row_of(const TimelineEntry& entry, const Story& story) {
    const auto end = std::max(entry.started_at, entry.ended_at.value_or(story.last));
    // A failure is a moment.
    const std::string length =
        entry.kind == "failure" ? std::string() : short_length(end - entry.started_at);
    return {&entry, name_of(entry), entry.kind, length,
            note_of(entry, story.children, story.run_ended)};
}

struct Widths {
    std::size_t name = 0;
    std::size_t bar = 0;
    std::size_t kind = 0;
    std::size_t length = 0;
    std::size_t note = 0;
};

// Notes give way first, then names.
Widths widths_of(const std::vector<Row>& rows, std::size_t width) {
    Widths widths;
    for (const auto& row : rows) {
        widths.name = std::max(widths.name, display_width(row.name));
        widths.kind = std::max(widths.kind, row.kind.size());
        widths.length = std::max(widths.length, row.length.size());
        widths.note = std::max(widths.note, row.note.size());
    }
    widths.name = std::min({widths.name, kMostName, std::max(kLeastName, width / 4)});
    const auto others = [&] {
        return widths.name + widths.kind + widths.length + widths.note +
               (widths.note > 0 ? 4 : 3) * kGap.size();
    };
    const auto give_way = [&](std::size_t& column, std::size_t least) {
        while (others() + kLeastBar > width && column > least) {
            --column;
        }
    };
    give_way(widths.note, 0);
    give_way(widths.name, 4);
    widths.bar = std::max(kLeastBar, width - std::min(width, others()));
    return widths;
}

class Painter {
public:
    Painter(const Scale& scale, const Story& story, const PictureStyle& style)
        : scale_(scale), story_(story), style_(style), glyphs_(style.ascii ? kAscii : kUnicode) {}

    // As wide as the scale.
    std::string bar(const TimelineEntry& entry) {
        const std::size_t first = scale_.column_of(entry.started_at);
        const std::size_t behind =
            std::max(first + 1, scale_.column_behind(entry.ended_at.value_or(story_.last)));
        std::string text;
        for (std::size_t column = first; column < behind; ++column) {
            text += column + 1 < behind ? body(entry) : end(entry);
        }
        return std::string(first, ' ') + coloured(text, colour_of(look_of(entry)), style_.colour) +
               std::string(scale_.columns() - behind, ' ');
    }

    // Two lines: labels, and where they are.
    std::vector<std::string> scale() const {
        std::string labels(scale_.columns(), ' ');
        std::vector<std::string_view> line(scale_.columns(), glyphs_.line);
        for (const auto& mark : scale_.marks()) {
            labels.replace(mark.column, mark.label.size(), mark.label);
            line[mark.column] = glyphs_.mark;
        }
        std::string text;
        for (const auto glyph : line) {
            text += glyph;
        }
        return {labels, text};
    }

    // What the bars that were painted are made of.
    std::string legend() const {
        std::string text;
        const auto explain = [&](bool seen, std::string_view glyph, const char* meaning) {
            if (seen) {
                text += (text.empty() ? "" : "   ") + std::string(glyph) + " " + meaning;
            }
        };
        explain(seen_done_, glyphs_.done, "work");
        explain(seen_wait_, glyphs_.wait, "wait");
        explain(seen_instant_, glyphs_.instant, "a moment");
        explain(seen_open_, glyphs_.open, "goes on");
        explain(seen_failed_, glyphs_.failed, "failed");
        explain(seen_timed_out_, glyphs_.timed_out, "timed out");
        explain(seen_in_doubt_, glyphs_.in_doubt, "in doubt");
        return text;
    }

private:
    std::string_view seen(bool& flag, std::string_view glyph) {
        flag = true;
        return glyph;
    }

    std::string_view body(const TimelineEntry& entry) {
        return is_wait(entry) ? seen(seen_wait_, glyphs_.wait) : seen(seen_done_, glyphs_.done);
    }

    std::string_view end(const TimelineEntry& entry) {
        if (has_failed(entry)) {
            return seen(seen_failed_, glyphs_.failed);
        }
        if (entry.status == "timed_out") {
            return seen(seen_timed_out_, glyphs_.timed_out);
        }
        if (entry.status == "in_doubt") {
            return seen(seen_in_doubt_, glyphs_.in_doubt);
        }
        if (!entry.ended_at && !story_.run_ended) {
            return seen(seen_open_, glyphs_.open);
        }
        if (entry.ended_at == entry.started_at) {
            return seen(seen_instant_, glyphs_.instant);
        }
        return body(entry);
    }

    const Scale& scale_;
    const Story& story_;
    const PictureStyle& style_;
    const Glyphs& glyphs_;
    bool seen_done_ = false;
    bool seen_wait_ = false;
    bool seen_instant_ = false;
    bool seen_open_ = false;
    bool seen_failed_ = false;
    bool seen_timed_out_ = false;
    bool seen_in_doubt_ = false;
};

std::string line_of(const Row& row, const std::string& bar, const Widths& widths, bool ascii) {
    std::string line = padded(cut(row.name, widths.name, ascii), widths.name, false);
    line += kGap;
    line += bar;
    line += kGap;
    line += padded(row.kind, widths.kind, false);
    line += kGap;
    line += padded(row.length, widths.length, true);
    if (widths.note > 0 && !row.note.empty()) {
        line += kGap;
        line += cut(row.note, widths.note, ascii);
    }
    trim_end(line);
    return line;
}

// Steps are copied into a run by a fork, so some may be older than the run.
Scale scale_of(const Story& story, std::size_t columns) {
    TimePoint start = story.entries.front().started_at;
    TimePoint end = story.last;
    for (const auto& entry : story.entries) {
        start = std::min(start, entry.started_at);
        end = std::max({end, entry.started_at, entry.ended_at.value_or(entry.started_at)});
    }
    return Scale(start, end, columns);
}

// Below the picture; the last ones if there are many. That of the run repeats that of its last failure.
void add_errors(std::vector<std::string>& lines, const std::vector<TimelineEntry>& entries,
                const PictureStyle& style) {
    std::vector<std::string> errors;
    for (const auto& entry : entries) {
        const bool again =
            &entry == &entries.front() && entry.error == entries.back().error && entries.size() > 1;
        if (entry.error && !entry.error->empty() && !again) {
            const std::string text = name_of(entry) + ": " + printable(*entry.error);
            errors.push_back(cut(text, style.width, style.ascii));
        }
    }
    if (errors.empty()) {
        return;
    }
    lines.emplace_back();
    const std::size_t shown = std::min(errors.size(), kMostErrors);
    if (shown < errors.size()) {
        lines.push_back("The last " + std::to_string(shown) + " of " +
                        with_commas(static_cast<std::int64_t>(errors.size())) + " errors:");
    }
    lines.insert(lines.end(), errors.end() - static_cast<std::ptrdiff_t>(shown), errors.end());
}

std::string left_out(const std::vector<Row>& rows, std::size_t first, std::size_t behind) {
    const auto failed =
        std::count_if(rows.begin() + static_cast<std::ptrdiff_t>(first),
                      rows.begin() + static_cast<std::ptrdiff_t>(behind),
                      [](const Row& row) { return look_of(*row.entry) == Look::failed; });
    return "... " + with_commas(static_cast<std::int64_t>(behind - first)) + " more" +
           (failed > 0 ? ", " + with_commas(failed) + " of them failed" : "") + " (--limit)";
}

}  // namespace

std::vector<std::string> picture_of(const std::vector<TimelineEntry>& entries,
                                    const Children& children, TimePoint now,
                                    const PictureStyle& style) {
    if (entries.empty()) {
        return {};
    }
    const auto& run = entries.front();
    const Story story{entries, children, run.ended_at.value_or(now), run.ended_at.has_value()};
    std::vector<Row> rows;
    for (const auto& entry : entries) {
        rows.push_back(row_of(entry, story));
    }
    // Of rows [first, behind) only a line is shown.
    const std::size_t steps = rows.size() - 1;
    const bool too_many = steps > style.rows;
    const std::size_t first = too_many ? 1 + (style.rows + 1) / 2 : rows.size();
    const std::size_t behind = too_many ? rows.size() - style.rows / 2 : rows.size();
    std::vector<Row> shown(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first));
    shown.insert(shown.end(), rows.begin() + static_cast<std::ptrdiff_t>(behind), rows.end());

    const Widths widths = widths_of(shown, style.width);
    const Scale scale = scale_of(story, widths.bar);
    Painter painter(scale, story, style);
    std::vector<std::string> lines;
    for (auto& line : painter.scale()) {
        lines.push_back(std::string(widths.name + kGap.size(), ' ') + std::move(line));
        trim_end(lines.back());
    }
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (row == first) {
            lines.push_back(left_out(rows, first, behind));
            row = behind;
        }
        if (row < rows.size()) {
            lines.push_back(line_of(rows[row], painter.bar(*rows[row].entry), widths, style.ascii));
        }
    }
    add_errors(lines, entries, style);
    if (const std::string legend = painter.legend(); !legend.empty()) {
        lines.emplace_back();
        lines.push_back(cut(legend, style.width, style.ascii));
    }
    return lines;
}

}  // namespace pgqrs::cli

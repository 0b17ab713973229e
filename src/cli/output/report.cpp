// Errors on stderr.
#include "cli/output/report.hpp"

#include <unistd.h>

#include <cerrno>

#include "cli/failure.hpp"
#include "cli/terminal/terminal.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

struct Story {
    Exit code = Exit::failed;
    std::string message;
    std::string detail = {};
    std::string hint = {};
    std::string sqlstate = {};
};

// What a database without pgqrs answers: there is no such schema, function or table.
bool not_installed(const Error& error, Context* context) {
    const auto& state = error.sqlstate();
    if (state != "3F000" && state != "42883" && state != "42P01") {
        return false;
    }
    try {
        return context && !Admin(context->connection()).installed();
    } catch (const std::exception&) {
        return false;
    }
}

// libpq asks a question after what failed, which is a hint.
void split_question(Story& story) {
    constexpr std::string_view kQuestion = "Is the server running";
    const auto start = story.message.find(kQuestion);
    if (start != std::string::npos && start == story.message.rfind(kQuestion) &&
        story.hint.empty()) {
        story.hint = story.message.substr(start);
        story.message.erase(story.message.find_last_not_of(" ;", start - 1) + 1);
    }
}

Story story_of(const Error& error, Context* context) {
    if (context && context->stop().requested()) {
        return {Exit::interrupted, "interrupted"};
    }
    if (not_installed(error, context)) {
        return {Exit::not_found, "pgqrs is not installed in this database", error.message(),
                "\"pgqrs install\" installs it.", error.sqlstate()};
    }
    Story story{exit_of(error), error.message(), error.detail(), error.hint(), error.sqlstate()};
    // Where the server says "force", too: a queue with messages cannot be forced to hold runs.
    if (error.code() == ErrorCode::queue_not_empty &&
        error.hint().find("orce") != std::string::npos) {
        story.hint = "With --force it goes with them.";
    }
    split_question(story);
    return story;
}

Story story_of(const std::exception& error, Context* context) {
    if (const auto* failure = dynamic_cast<const Failure*>(&error)) {
        return {failure->code(), failure->what(), {}, failure->hint()};
    }
    if (const auto* known = dynamic_cast<const Error*>(&error)) {
        return story_of(*known, context);
    }
    if (dynamic_cast<const std::bad_alloc*>(&error)) {
        return {Exit::failed, "out of memory"};
    }
    return {Exit::failed, error.what()};
}

std::string text_of(const Story& story, bool verbose, bool colour) {
    const std::string mark = colour ? "\033[31merror:\033[0m " : "error: ";
    std::string text = mark + printable(story.message) + "\n";
    if (verbose && !story.detail.empty()) {
        text += "detail: " + printable(story.detail) + "\n";
    }
    if (!story.hint.empty()) {
        text += "hint: " + printable(story.hint) + "\n";
    }
    if (verbose && !story.sqlstate.empty()) {
        text += "sqlstate: " + story.sqlstate + "\n";
    }
    return text;
}

}  // namespace

void write_to_stderr(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
}

Exit report(const std::exception& error, Context* context) {
    const Story story = story_of(error, context);
    if (story.code == Exit::reader_gone) {
        return story.code;
    }
    const bool verbose = context && context->globals().verbose;
    const bool colour = colour_wanted(STDERR_FILENO) && !(context && context->globals().no_color);
    write_to_stderr(text_of(story, verbose, colour));
    if (context && context->log().to_file()) {
        context->log().write(
            Log::Level::error,
            story.message + (story.sqlstate.empty() ? "" : " (" + story.sqlstate + ")"));
    }
    return story.code;
}

}  // namespace pgqrs::cli

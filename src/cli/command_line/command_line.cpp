// Reading the command line.
#include "cli/command_line/command_line.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <string_view>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/output/text.hpp"
#include "core/version.hpp"

namespace pgqrs::cli {
namespace {

template <typename T, std::size_t Size>
using Choices = std::array<std::pair<std::string_view, T>, Size>;

constexpr Choices<Format, 3> kFormats = {
    {{"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}}};
constexpr Choices<Log::Level, 5> kLevels = {{{"error", Log::Level::error},
                                             {"warn", Log::Level::warn},
                                             {"info", Log::Level::info},
                                             {"debug", Log::Level::debug},
                                             {"trace", Log::Level::trace}}};

template <typename T, std::size_t Size>
T choose(const Choices<T, Size>& choices, const std::string& text, const std::string& name) {
    std::string known;
    for (const auto& [word, value] : choices) {
        if (word == text) {
            return value;
        }
        known += (known.empty() ? "" : ", ") + std::string(word);
    }
    throw UsageError(name + " must be one of: " + known);
}

// Given more than once, the last one counts, so that an alias can be overridden.
void add_text(CLI::App& app, const std::string& name, const std::string& type,
              const std::string& about, std::function<void(const std::string&)> take) {
    app.add_option_function<std::string>(name, std::move(take), about)
        ->type_name(type)
        ->take_last();
}

void add_globals(CLI::App& app, Globals& globals) {
    add_text(app, "-d,--dsn", "TEXT", "Connection string, a URI or key=value",
             [&](const std::string& text) { globals.dsn = text; });
    add_text(app, "-c,--config", "FILE", "Configuration file [pgqrs.yaml]",
             [&](const std::string& text) { globals.config_file = text; });
    add_text(app, "--schema", "TEXT", "Only \"pgqrs\": an extension lives in one schema",
             [](const std::string& text) {
                 if (text != "pgqrs") {
                     throw UsageError("--schema must be \"pgqrs\": " + quote_argument(text),
                                      "pgqrs is an extension, whose objects are always in the "
                                      "schema \"pgqrs\". Another application gets a database or "
                                      "queues of its own.");
                 }
             });
    add_text(app, "--format", "table|json|csv", "Form of the output [table]",
             [&](const std::string& text) { globals.format = choose(kFormats, text, "--format"); });
    add_text(app, "--out", "FILE", "Where the output goes [stdout]",
             [&](const std::string& text) { globals.out = text; });
    add_text(app, "--log-dest", "FILE", "Where the log goes [stderr]",
             [&](const std::string& text) { globals.log_destination = text; });
    add_text(
        app, "--log-level", "error|warn|info|debug|trace", "How much is logged [warn]",
        [&](const std::string& text) { globals.log_level = choose(kLevels, text, "--log-level"); });
    const auto flag = [&](const char* name, bool& target, const char* about) {
        app.add_flag_callback(
            name, [&target] { target = true; }, about);
    };
    flag("-v,--verbose", globals.verbose, "Show detail and SQLSTATE of errors; log at info");
    flag("-q,--quiet", globals.quiet, "Print results only, no words about them");
    flag("--no-color", globals.no_color, "No colours; so do NO_COLOR=1 and a pipe");
    app.set_version_flag("--version", "pgqrs " + std::string(core::kVersion));
}

std::string exit_codes() {
    std::string text = "Exit codes:\n";
    for (const auto& entry : kExits) {
        const std::string code = std::to_string(static_cast<int>(entry.code));
        text += std::string(5 - code.size(), ' ') + code + "  " + std::string(entry.meaning) + "\n";
    }
    text +=
        "\nGlobal options may stand before or after the command. `pgqrs COMMAND --help` tells "
        "more.";
    return text;
}

}  // namespace

void declare(CLI::App& app, Globals& globals, Action& chosen) {
    app.get_formatter()->column_width(34);
    add_globals(app, globals);
    Command root(app, chosen);
    add_commands(root);
    app.footer(exit_codes());
}

CommandLine read_command_line(int count, const char* const* arguments) {
    CommandLine line;
    CLI::App app("Job queues inside PostgreSQL: the operator's command line", "pgqrs");
    declare(app, line.globals, line.action);
    try {
        app.parse(count, arguments);
    } catch (const CLI::CallForHelp&) {
        line.text = app.help();
    } catch (const CLI::CallForVersion& version) {
        line.text = std::string(version.what()) + "\n";
    } catch (const CLI::ParseError& error) {
        throw usage_error(app, error);
    }
    return line;
}

}  // namespace pgqrs::cli

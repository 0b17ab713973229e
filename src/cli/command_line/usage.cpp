// What is wrong with a command line, in our words.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/command_line/command_line.hpp"
#include "cli/command_line/closest.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

// The command that was reached before the trouble: "queue create" of `pgqrs queue create --nme x`.
const CLI::App* deepest(const CLI::App* app) {
    while (!app->get_subcommands().empty()) {
        app = app->get_subcommands().front();
    }
    return app;
}

std::string path_of(const CLI::App* app) {
    const std::string above = app->get_parent() ? path_of(app->get_parent()) + " " : "";
    return above + app->get_name();
}

std::string help_hint(const CLI::App* app) {
    return "\"" + path_of(app) + " --help\" tells what there is.";
}

std::string meant(const std::string& word, const CLI::App* app) {
    return word.empty() ? help_hint(app) : "Did you mean \"" + word + "\"?";
}

// "--passwd=secret" and "-psecret" without the secret.
std::string option_name(const std::string& argument) {
    return argument.starts_with("--") ? argument.substr(0, argument.find('='))
                                      : argument.substr(0, 2);
}

UsageError unknown_option(const CLI::App* app, const std::string& argument) {
    std::vector<std::string> known;
    for (const CLI::App* level = app; level; level = level->get_parent()) {
        for (const auto* option : level->get_options()) {
            for (const auto& name : option->get_lnames()) {
                known.push_back("--" + name);
            }
        }
    }
    const std::string name = option_name(argument);
    return UsageError("unknown option " + shorten(printable(name), 40),
                      meant(name.starts_with("--") ? closest(name, known) : "", app));
}

UsageError unexpected(const CLI::App* app, const std::string& argument) {
    if (argument.size() > 1 && argument.front() == '-') {
        return unknown_option(app, argument);
    }
    std::vector<std::string> known;
    for (const auto* command : app->get_subcommands([](const CLI::App*) { return true; })) {
        known.push_back(command->get_name());
    }
    if (known.empty()) {
        return UsageError("unexpected argument: " + quote_argument(argument), help_hint(app));
    }
    return UsageError("unknown command: " + quote_argument(argument),
                      meant(closest(argument, known), app));
}

// CLI11's texts are only looked at for the option they are about: the rest may be what the user typed.
std::string subject_of(const CLI::ParseError& error) {
    const std::string text = error.what();
    const auto start = text.starts_with("--") ? 0 : std::min(text.find(" --") + 1, text.size());
    return text.substr(start, text.find_first_of(" :=,", start) - start);
}

}  // namespace

UsageError usage_error(const CLI::App& root, const CLI::ParseError& error) {
    const CLI::App* app = deepest(&root);
    // What is left over says more than what is missing.
    const auto rest = root.remaining(true);
    if (!rest.empty()) {
        return unexpected(app, rest.front());
    }
    const std::string kind = error.get_name();
    if (kind == "RequiredError") {
        if (!app->get_subcommands([](const CLI::App*) { return true; }).empty()) {
            return UsageError("a command is missing", help_hint(app));
        }
        return UsageError(error.what(), help_hint(app));
    }
    const std::string subject = subject_of(error);
    const std::string text = error.what();
    if (text.find("At Most") != std::string::npos) {
        return UsageError(subject + " was given more than once", help_hint(app));
    }
    if (text.find("required") != std::string::npos) {
        return UsageError(subject + " needs a value", help_hint(app));
    }
    return UsageError(subject.empty() ? "the command line is wrong" : subject + " takes no value",
                      help_hint(app));
}

}  // namespace pgqrs::cli

// pgqrs manual: fills the commands, options and exit codes into the template of the manual page. Used by the build, so the
// help does not show it.
#include <fstream>
#include <map>
#include <memory>

#include "cli/command_line/command_tree.hpp"
#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/output/text.hpp"
#include "core/version.hpp"

namespace pgqrs::cli {
namespace {

// Text for roff: hyphens that can be copied, and nothing that is a command.
std::string roff(const std::string& text) {
    std::string result = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
    for (const char c : text) {
        result += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    }
    return result;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }

std::string option_text(const OptionInfo& option) {
    std::string names;
    for (const auto& name : option.names) {
        names += (names.empty() ? "" : ", ") + bold(name);
    }
    return ".TP\n" + names + (option.type.empty() ? "" : " \\fI" + roff(option.type) + "\\fR") +
           "\n" + roff(option.about) + (option.required ? " (must be given)" : "") + "\n";
}

std::string options_text(const CommandInfo& command) {
    std::string text;
    for (const auto& option : command.options) {
        text += option_text(option);
    }
    return text;
}

std::string command_text(const CommandInfo& command) {
    std::string text = ".SS pgqrs " + roff(command.path);
    for (const auto& argument : command.arguments) {
        const std::string name = roff(argument.name) + (argument.many ? "..." : "");
        text += " " + (argument.required ? name : "[" + name + "]");
    }
    text += "\n" + roff(command.about) + ".\n";
    for (const auto& argument : command.arguments) {
        text += ".TP\n\\fI" + roff(argument.name) + "\\fR\n" + roff(argument.about) + "\n";
    }
    return text + options_text(command);
}

std::string commands_text(const CommandInfo& program) {
    std::string text;
    for_each_command(program, [&](const CommandInfo& command) {
        if (command.commands.empty()) {
            text += command_text(command);
        }
    });
    return text;
}

std::string exit_codes_text() {
    std::string text;
    for (const auto& entry : kExits) {
        text += ".TP\n" + bold(std::to_string(static_cast<int>(entry.code))) + "\n" +
                roff(std::string(entry.meaning)) + "\n";
    }
    return text;
}

std::string filled(std::istream& lines) {
    const CommandInfo program = command_tree();
    const std::map<std::string, std::string> parts = {
        {"@OPTIONS@", options_text(program)},
        {"@COMMANDS@", commands_text(program)},
        {"@EXIT_CODES@", exit_codes_text()},
    };
    const std::string version = "@VERSION@";
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        if (const auto at = line.find(version); at != std::string::npos) {
            line.replace(at, version.size(), core::kVersion);
        }
        const auto part = parts.find(line);
        text += part == parts.end() ? line + "\n" : part->second;
    }
    return text;
}

}  // namespace

void add_manual(Command& root) {
    auto path = std::make_shared<std::string>();
    Command command = root.add("manual", "Fill in the template of the manual page");
    command.hide();
    command.text("template", *path, "The file");
    command.runs([path](Context& context) {
        std::ifstream lines(*path);
        if (!lines) {
            throw Failure(Exit::failed, "cannot read " + quote_argument(*path));
        }
        context.output().write(filled(lines));
    });
}

}  // namespace pgqrs::cli

// What the completions of bash and zsh share: shell functions that know the commands.
//
//   __pgqrs_commands PATH          lines NAME:ABOUT, the commands below PATH ("queue", or "" for the program)
//   __pgqrs_options PATH           the same for its options and the global ones
//   __pgqrs_kind PATH OPTION       what the option takes: words, <file> or <value>; fails for flags
//   __pgqrs_arguments PATH         names of its arguments
//   __pgqrs_queues PROGRAM         names of queues; nothing without a connection
//   __pgqrs_workflows PROGRAM      the same for workflows
#include "cli/help/completion.hpp"

namespace pgqrs::cli {
namespace {

std::string kind_of(const OptionInfo& option) {
    std::string kind;
    for (const auto& word : words_of(option)) {
        kind += (kind.empty() ? "" : " ") + word;
    }
    return !kind.empty() ? kind : option.type == "FILE" ? "<file>" : "<value>";
}

std::string option_lines(const CommandInfo& command) {
    std::string lines;
    for (const auto& option : command.options) {
        for (const auto& name : option.names) {
            lines += name + ":" + option.about + "\n";
        }
    }
    return lines;
}

std::string print(const std::string& text) { return "printf '%s' " + shell_quoted(text); }

// "    PATTERN) printf '%s' TEXT ;;\n", or nothing for an empty text.
std::string arm(const std::string& pattern, const std::string& text) {
    return text.empty() ? "" : "        " + pattern + ") " + print(text) + " ;;\n";
}

std::string function(const std::string& name, const std::string& subject, const std::string& arms) {
    return name + "() {\n    case " + subject + " in\n" + arms + "    esac\n}\n";
}

// Global options are those of any path.
std::string kinds(const CommandInfo& program) {
    std::string arms;
    std::string globals;
    for_each_command(program, [&](const CommandInfo& command) {
        std::string& target = command.path.empty() ? globals : arms;
        for (const auto& option : command.options) {
            for (const auto& name : option.names) {
                if (!option.type.empty()) {
                    target += arm(command.path.empty() ? "*:" + name
                                                       : shell_quoted(command.path + ":" + name),
                                  kind_of(option));
                }
            }
        }
    });
    return arms + globals + "        *) return 1 ;;\n";
}

// A function that prints the names of all queues, or of all of another noun.
std::string names(const std::string& noun) {
    return "__pgqrs_" + noun +
           "s() {\n"
           "    PGQRS_CONNECTION_TIMEOUT=2 \"$1\" " +
           noun +
           " list --format csv 2>/dev/null </dev/null |\n"
           "        sed -n '2,$s/^[0-9]*,\\([^,]*\\),.*/\\1/p'\n}\n";
}

}  // namespace

std::string shell_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

std::string completion_tables(const CommandInfo& program) {
    std::string commands;
    std::string options;
    std::string arguments;
    for_each_command(program, [&](const CommandInfo& command) {
        std::string below;
        for (const auto& one : command.commands) {
            below += one.name + ":" + one.about + "\n";
        }
        std::string names;
        for (const auto& argument : command.arguments) {
            names += (names.empty() ? "" : " ") + argument.name;
        }
        const std::string pattern = shell_quoted(command.path);
        commands += arm(pattern, below);
        options += command.path.empty() ? "" : arm(pattern, option_lines(command));
        arguments += arm(pattern, names);
    });
    return function("__pgqrs_commands", "\"$1\"", commands) +
           function("__pgqrs_own_options", "\"$1\"", options) +
           "__pgqrs_options() {\n    __pgqrs_own_options \"$1\"\n    " +
           print(option_lines(program)) + "\n}\n" +
           function("__pgqrs_kind", "\"$1:$2\"", kinds(program)) +
           function("__pgqrs_arguments", "\"$1\"", arguments) + names("queue") + names("workflow");
}

}  // namespace pgqrs::cli

// Completion for fish.
#include "cli/help/completion.hpp"

namespace pgqrs::cli {
namespace {

constexpr const char* kFunctions = R"script(# The command, and the number of arguments behind it.
function __pgqrs_place
    set -l place ''
    set -l skip no
    set -l arguments 0
    for word in (commandline -opc)[2..]
        if test $skip = yes
            set skip no
        else if string match -q -- '-*' $word
            if contains -- "$place:$word" $__pgqrs_values; or contains -- ":$word" $__pgqrs_values
                set skip yes
            end
        else
            set -l below (string trim -- "$place $word")
            if contains -- $below $__pgqrs_paths
                set place $below
            else
                set arguments (math $arguments + 1)
            end
        end
    end
    echo "$place:$arguments"
end
function __pgqrs_at
    string match -q -- "$argv[1]:*" (__pgqrs_place)
end
function __pgqrs_first_at
    test (__pgqrs_place) = "$argv[1]:0"
end
function __pgqrs_queues
    PGQRS_CONNECTION_TIMEOUT=2 pgqrs queue list --format csv 2>/dev/null </dev/null |
        sed -n '2,$s/^[0-9]*,\([^,]*\),.*/\1/p'
end
function __pgqrs_workflows
    PGQRS_CONNECTION_TIMEOUT=2 pgqrs workflow list --format csv 2>/dev/null </dev/null |
        sed -n '2,$s/^[0-9]*,\([^,]*\),.*/\1/p'
end
complete -c pgqrs -f
)script";

// fish knows \' and \\ within single quotes.
std::string quoted(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return result + "'";
}

std::string condition(const CommandInfo& command, const std::string& function = "__pgqrs_at") {
    return "complete -c pgqrs -n " + quoted(function + " " + quoted(command.path)) + " ";
}

std::string option_line(const CommandInfo& command, const OptionInfo& option) {
    std::string line = command.path.empty() ? "complete -c pgqrs " : condition(command);
    for (const auto& name : option.names) {
        line +=
            name.starts_with("--") ? "-l " + name.substr(2) + " " : "-s " + name.substr(1) + " ";
    }
    if (option.type == "FILE") {
        line += "-r -F ";
    } else if (!option.type.empty()) {
        line += "-x ";
        std::string words;
        for (const auto& word : words_of(option)) {
            words += (words.empty() ? "" : " ") + word;
        }
        line += words.empty() ? "" : "-a " + quoted(words) + " ";
    }
    return line + "-d " + quoted(option.about) + "\n";
}

}  // namespace

std::string fish_completion(const CommandInfo& program) {
    std::string paths = "set -g __pgqrs_paths";
    std::string values = "set -g __pgqrs_values";
    std::string lines;
    for_each_command(program, [&](const CommandInfo& command) {
        paths += command.path.empty() ? "" : " " + quoted(command.path);
        for (const auto& below : command.commands) {
            lines += condition(command) + "-a " + below.name + " -d " + quoted(below.about) + "\n";
        }
        for (const auto& option : command.options) {
            lines += option_line(command, option);
            for (const auto& name : option.names) {
                values += option.type.empty() ? "" : " " + quoted(command.path + ":" + name);
            }
        }
        if (!command.arguments.empty() && command.arguments.front().name == "queue") {
            lines += condition(command, "__pgqrs_first_at") + "-a '(__pgqrs_queues)'\n";
        }
        if (!command.arguments.empty() && command.arguments.front().name == "workflow") {
            lines += condition(command, "__pgqrs_first_at") + "-a '(__pgqrs_workflows)'\n";
        }
        if (!command.arguments.empty() && command.arguments.front().name == "shell") {
            lines += condition(command, "__pgqrs_first_at") + "-a 'bash zsh fish'\n";
        }
    });
    return "# fish completion of pgqrs, made by: pgqrs completion fish\n" + paths + "\n" + values +
           "\n" + kFunctions + lines;
}

}  // namespace pgqrs::cli

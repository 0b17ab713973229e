// All commands with what they take.
#include "cli/command_line/command_tree.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

#include "cli/command_line/command_line.hpp"

namespace pgqrs::cli {
namespace {

OptionInfo option_info(const CLI::Option& option) {
    OptionInfo info{{}, {}, option.get_description(), option.get_required()};
    for (const auto& name : option.get_snames()) {
        info.names.push_back("-" + name);
    }
    for (const auto& name : option.get_lnames()) {
        info.names.push_back("--" + name);
    }
    if (option.get_expected_max() > 0 && option.get_type_size() > 0) {
        info.type = option.get_type_name();
    }
    return info;
}

CommandInfo command_info(const CLI::App& app, const std::string& path) {
    CommandInfo info{path, app.get_name(), app.get_description()};
    for (const auto* option : app.get_options()) {
        if (option->get_positional()) {
            info.arguments.push_back({option->get_name(), option->get_description(),
                                      option->get_required(), option->get_expected_max() > 1});
        } else if (!option->get_group().empty() && (path.empty() || option != app.get_help_ptr())) {
            info.options.push_back(option_info(*option));
        }
    }
    for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (!command->get_group().empty()) {
            info.commands.push_back(
                command_info(*command, path + (path.empty() ? "" : " ") + command->get_name()));
        }
    }
    return info;
}

}  // namespace

CommandInfo command_tree() {
    CLI::App app("", "pgqrs");
    Globals globals;
    Action chosen;
    declare(app, globals, chosen);
    return command_info(app, "");
}

void for_each_command(const CommandInfo& command,
                      const std::function<void(const CommandInfo&)>& visit) {
    visit(command);
    for (const auto& below : command.commands) {
        for_each_command(below, visit);
    }
}

std::vector<std::string> words_of(const OptionInfo& option) {
    std::vector<std::string> words;
    if (option.type == "BOOL") {
        return {"true", "false"};
    }
    std::istringstream text(option.type);
    for (std::string word;
         option.type.find('|') != std::string::npos && std::getline(text, word, '|');) {
        words.push_back(word);
    }
    return words;
}

}  // namespace pgqrs::cli

// Declaring commands with CLI11.
#include "cli/command_line/command.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/command_line/arguments.hpp"
#include "cli/failure.hpp"

namespace pgqrs::cli {
namespace {

// All values pass through here as text: CLI11's own conversions would repeat them in errors, and they may be secret.
template <typename Take>
CLI::Option* add_value(CLI::App& app, const std::string& name, const std::string& type,
                       const std::string& about, Take take) {
    return app
        .add_option_function<std::string>(
            name, [take](const std::string& text) { take(text); }, about)
        ->type_name(type);
}

}  // namespace

Command Command::add(const std::string& name, const std::string& about) {
    CLI::App* app = app_->add_subcommand(name, about);
    app->fallthrough();
    app_->require_subcommand(1);
    return Command(*app, *chosen_);
}

void Command::runs(Action action) {
    app_->final_callback([chosen = chosen_, action = std::move(action)] { *chosen = action; });
}

void Command::queue(std::string& target) { text("queue", target, "Name of the queue"); }

void Command::queue(std::optional<std::string>& target) {
    add_value(*app_, "queue", "", "Name of the queue; without, all queues",
              [&target](const std::string& text) { target = text; });
}

void Command::workflow(std::string& target) { text("workflow", target, "Name of the workflow"); }

void Command::workflow(std::optional<std::string>& target) {
    text("workflow", target, "Name of the workflow; without, all workflows");
}

void Command::text(const std::string& name, std::string& target, const std::string& about) {
    add_value(*app_, name, "", about, [&target](const std::string& text) {
        target = text;
    })->required();
}

void Command::text(const std::string& name, std::optional<std::string>& target,
                   const std::string& about) {
    add_value(*app_, name, "", about, [&target](const std::string& text) { target = text; });
}

void Command::id(const std::string& name, std::int64_t& target, const std::string& about) {
    add_value(*app_, name, "", about, [&target, name](const std::string& text) {
        target = parse_id(text, name);
    })->required();
}

void Command::ids(std::vector<std::int64_t>& target, const std::string& about) {
    optional_ids(target, about);
    require("id");
}

void Command::optional_ids(std::vector<std::int64_t>& target, const std::string& about) {
    app_->add_option_function<std::vector<std::string>>(
            "id",
            [&target](const std::vector<std::string>& texts) {
                for (const auto& text : texts) {
                    const auto id = parse_id(text, "id");
                    // Given twice, it could be finished only once.
                    if (std::find(target.begin(), target.end(), id) == target.end()) {
                        target.push_back(id);
                    }
                }
            },
            about)
        ->type_name("");
}

void Command::duration(const std::string& name, Duration& target, const std::string& about) {
    add_value(*app_, name, "", about, [&target, name](const std::string& text) {
        target = parse_length(text, name);
    })->required();
}

void Command::flag(const std::string& name, bool& target, const std::string& about) {
    app_->add_flag_callback(
        name, [&target] { target = true; }, about);
}

void Command::set_flag(const std::string& name, std::optional<bool>& target,
                       const std::string& about) {
    app_->add_flag_callback(
        name, [&target] { target = true; }, about);
}

void Command::option(const std::string& name, std::optional<std::string>& target,
                     const std::string& about) {
    add_value(*app_, name, "TEXT", about, [&target](const std::string& text) { target = text; });
}

void Command::option(const std::string& name, std::optional<Duration>& target,
                     const std::string& about) {
    add_value(*app_, name, "DURATION", about,
              [&target, name](const std::string& text) { target = parse_length(text, name); });
}

void Command::option(const std::string& name, std::optional<bool>& target,
                     const std::string& about) {
    add_value(*app_, name, "BOOL", about,
              [&target, name](const std::string& text) { target = parse_boolean(text, name); });
}

void Command::past(const std::string& name, std::optional<TimePoint>& target,
                   const std::string& about) {
    add_value(*app_, name, "TIME", about, [&target, name](const std::string& text) {
        target = parse_moment(text, name, Tense::past);
    });
}

void Command::future(const std::string& name, std::optional<TimePoint>& target,
                     const std::string& about) {
    add_value(*app_, name, "TIME", about, [&target, name](const std::string& text) {
        target = parse_moment(text, name, Tense::future);
    });
}

void Command::number(const std::string& name, std::optional<int>& target, int least, int most,
                     const std::string& about) {
    add_value(*app_, name, "N", about, [&target, name, least, most](const std::string& text) {
        target = parse_number(text, name, least, most);
    });
}

void Command::real(const std::string& name, std::optional<double>& target,
                   const std::string& about) {
    add_value(*app_, name, "N", about,
              [&target, name](const std::string& text) { target = parse_real(text, name); });
}

void Command::fraction(const std::string& name, std::optional<double>& target,
                       const std::string& about) {
    add_value(*app_, name, "N", about,
              [&target, name](const std::string& text) { target = parse_fraction(text, name); });
}

void Command::id_option(const std::string& name, std::optional<std::int64_t>& target,
                        const std::string& about) {
    add_value(*app_, name, "ID", about,
              [&target, name](const std::string& text) { target = parse_id(text, name); });
}

void Command::count(const std::string& name, std::optional<std::int64_t>& target,
                    const std::string& about) {
    add_value(*app_, name, "N", about,
              [&target, name](const std::string& text) { target = parse_id(text, name); });
}

void Command::words(const std::string& name, std::vector<std::string>& target,
                    const std::string& type, const std::string& about) {
    app_->add_option_function<std::vector<std::string>>(
            name, [&target](const std::vector<std::string>& texts) { target = texts; }, about)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void Command::file(const std::string& name, std::optional<std::string>& target,
                   const std::string& about) {
    add_value(*app_, name, "FILE", about, [&target](const std::string& text) { target = text; });
}

void Command::choice(const std::string& name, std::optional<std::string>& target,
                     const std::vector<std::string>& words, const std::string& about) {
    std::string type;
    std::string known;
    for (const auto& word : words) {
        type += (type.empty() ? "" : "|") + word;
        known += (known.empty() ? "" : ", ") + word;
    }
    add_value(*app_, name, type, about, [&target, name, words, known](const std::string& text) {
        if (std::find(words.begin(), words.end(), text) == words.end()) {
            throw UsageError(name + " must be one of: " + known);
        }
        target = text;
    });
}

void Command::hide() { app_->group(""); }

void Command::require(const std::string& name) { app_->get_option(name)->required(); }

}  // namespace pgqrs::cli

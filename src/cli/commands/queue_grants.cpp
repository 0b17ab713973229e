// pgqrs queue grant, revoke, grants: the rights of roles on single queues.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/output/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

struct Right {
    std::string queue;
    std::string role;
    std::optional<std::string> privilege;
};

Privilege privilege_of(const std::string& word) {
    for (const auto privilege : {Privilege::produce, Privilege::consume, Privilege::monitor}) {
        if (word == to_string(privilege)) {
            return privilege;
        }
    }
    return Privilege::manage;
}

void add_right(Command& command, Right& right) {
    command.queue(right.queue);
    command.text("role", right.role, "Name of the role");
    command.choice("privilege", right.privilege, {"produce", "consume", "monitor", "manage"},
                   "produce, consume, monitor (numbers and settings) or manage");
    command.require("privilege");
}

void show(Context& context, const Right& right, bool changed, const std::string& sentence) {
    const std::string& privilege = right.privilege.value();
    context.show_done(record_of({{"queue", text_value(right.queue)},
                                 {"role", text_value(right.role)},
                                 {"privilege", text_value(privilege)},
                                 {"changed", boolean_value(changed)}}),
                      "role \"" + right.role + "\" " + sentence + " the right \"" + privilege +
                          "\" on queue \"" + right.queue + "\"");
}

void add_grant(Command& group) {
    auto right = std::make_shared<Right>();
    Command command = group.add("grant", "Give a role a right on a queue");
    add_right(command, *right);
    command.runs([right](Context& context) {
        const bool changed =
            Admin(context.connection())
                .grant_queue(right->queue, right->role, privilege_of(right->privilege.value()));
        show(context, *right, changed, changed ? "got" : "already had");
    });
}

void add_revoke(Command& group) {
    auto right = std::make_shared<Right>();
    Command command = group.add("revoke", "Take a right on a queue back from a role");
    add_right(command, *right);
    command.runs([right](Context& context) {
        const bool changed =
            Admin(context.connection())
                .revoke_queue(right->queue, right->role, privilege_of(right->privilege.value()));
        show(context, *right, changed, changed ? "lost" : "did not have");
    });
}

void add_grants(Command& group) {
    auto queue = std::make_shared<std::optional<std::string>>();
    Command command = group.add("grants", "List the rights of roles, on one queue or on all");
    command.queue(*queue);
    command.runs([queue](Context& context) {
        context.show_list(table_of(grant_fields(), Admin(context.connection()).list_grants(*queue)),
                          "no grants");
    });
}

}  // namespace

void add_queue_grants(Command& group) {
    add_grant(group);
    add_revoke(group);
    add_grants(group);
}

}  // namespace pgqrs::cli

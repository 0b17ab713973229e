// pgqrs install, uninstall, verify: the extension in the database.
#include <memory>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

void install(Context& context) {
    Admin admin(context.connection());
    const bool made = admin.install();
    const std::string version = admin.extension_version();
    context.show_done(
        record_of({{"changed", boolean_value(made)}, {"version", text_value(version)}}),
        made ? "pgqrs " + version + " installed" : "pgqrs " + version + " was installed already");
}

void add_install(Command& root) {
    Command command = root.add("install", "Install pgqrs in the database (CREATE EXTENSION)");
    command.runs(install);
}

void add_uninstall(Command& root) {
    auto force = std::make_shared<bool>(false);
    Command command =
        root.add("uninstall",
                 "Remove pgqrs with all queues and archives from the database (DROP EXTENSION)");
    command.flag("--force", *force, "Also when there are messages");
    command.runs([force](Context& context) {
        const bool removed = Admin(context.connection()).uninstall(*force);
        context.show_done(record_of({{"changed", boolean_value(removed)}}),
                          removed ? "pgqrs removed" : "pgqrs was not installed");
    });
}

void verify(Context& context) {
    const auto faults = Admin(context.connection()).verify();
    context.show_list(table_of(fault_fields(), faults), "no faults");
    if (!faults.empty()) {
        context.output().finish();
        throw Failure(Exit::faults,
                      std::to_string(faults.size()) + (faults.size() == 1 ? " fault" : " faults"));
    }
}

void add_verify(Command& root) {
    Command command =
        root.add("verify", "Look for faults of the installation: a row for each; none is good");
    command.runs(verify);
}

}  // namespace

void add_extension_commands(Command& root) {
    add_install(root);
    add_uninstall(root);
    add_verify(root);
}

}  // namespace pgqrs::cli

// pgqrs install: makes the extension in the database.
#include "cli/commands.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

void run(Context& context) {
    Admin admin(context.connection());
    const bool made = admin.install();
    const std::string version = admin.extension_version();
    context.show_done(
        record_of({{"changed", boolean_value(made)}, {"version", text_value(version)}}),
        made ? "pgqrs " + version + " installed" : "pgqrs " + version + " was installed already");
}

}  // namespace

void add_install(Command& root) {
    Command command = root.add("install", "Install pgqrs in the database (CREATE EXTENSION)");
    command.runs(run);
}

}  // namespace pgqrs::cli

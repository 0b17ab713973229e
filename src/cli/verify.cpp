// pgqrs verify: looks for faults of the installation.
#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

void run(Context& context) {
    const auto faults = Admin(context.connection()).verify();
    context.show_list(table_of(fault_fields(), faults), "no faults");
    if (!faults.empty()) {
        context.output().finish();
        throw Failure(Exit::faults,
                      std::to_string(faults.size()) + (faults.size() == 1 ? " fault" : " faults"));
    }
}

}  // namespace

void add_verify(Command& root) {
    Command command =
        root.add("verify", "Look for faults of the installation: a row for each; none is good");
    command.runs(run);
}

}  // namespace pgqrs::cli

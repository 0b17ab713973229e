#include "cli/commands/commands.hpp"

namespace pgqrs::cli {

void add_commands(Command& root) {
    add_extension_commands(root);
    add_queue_commands(root);
    add_message_commands(root);
    add_archive_commands(root);
    add_workflow_commands(root);
    add_run_commands(root);
    add_work(root);
    add_top(root);
    add_worker_commands(root);
    add_maintain(root);
    add_completion(root);
    add_manual(root);
}

void add_message_commands(Command& root) {
    Command message = root.add("message", "Messages: send, take, finish, look at");
    add_message_send(message);
    add_message_taking(message);
    add_message_finishing(message);
    add_message_failing(message);
    add_message_dead(message);
    add_message_looking(message);
    add_message_export(message);
}

void add_run_commands(Command& root) {
    Command run = root.add("run", "Runs of workflows: start, look at, wait for, control");
    add_run_start(run);
    add_run_looking(run);
    add_run_timeline(run);
    add_run_wait(run);
    add_run_control(run);
}

}  // namespace pgqrs::cli

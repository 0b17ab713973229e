// All commands in their groups, in the order in which the help shows them.
#include "cli/commands.hpp"

namespace pgqrs::cli {

void add_commands(Command& root) {
    add_install(root);
    add_uninstall(root);
    add_verify(root);

    Command queue = root.add("queue", "Queues: create, change, look at, remove");
    add_queue_create(queue);
    add_queue_list(queue);
    add_queue_show(queue);
    add_queue_alter(queue);
    add_queue_pause(queue);
    add_queue_resume(queue);
    add_queue_purge(queue);
    add_queue_delete(queue);
    add_queue_metrics(queue);

    Command message = root.add("message", "Messages: send, take, finish, look at");
    add_message_send(message);
    add_message_read(message);
    add_message_dequeue(message);
    add_message_archive(message);
    add_message_delete(message);
    add_message_release(message);
    add_message_extend(message);
    add_message_count(message);
    add_message_show(message);
    add_message_list(message);
    add_message_export(message);

    Command archive = root.add("archive", "Archived messages: look at, purge");
    add_archive_list(archive);
    add_archive_count(archive);
    add_archive_show(archive);
    add_archive_purge(archive);

    add_work(root);
    add_top(root);

    Command worker = root.add("worker", "Workers that have registered");
    add_worker_list(worker);
    add_worker_show(worker);
    add_worker_delete(worker);

    add_completion(root);
    add_manual(root);
}

}  // namespace pgqrs::cli

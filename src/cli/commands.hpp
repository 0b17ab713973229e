// The commands, one a file, each added to its group; commands.cpp puts them together.
#pragma once

#include "cli/command.hpp"

namespace pgqrs::cli {

void add_commands(Command& root);

void add_install(Command& root);
void add_uninstall(Command& root);
void add_verify(Command& root);

void add_queue_create(Command& group);
void add_queue_list(Command& group);
void add_queue_show(Command& group);
void add_queue_alter(Command& group);
void add_queue_pause(Command& group);
void add_queue_resume(Command& group);
void add_queue_purge(Command& group);
void add_queue_delete(Command& group);
void add_queue_metrics(Command& group);

void add_message_send(Command& group);
void add_message_read(Command& group);
void add_message_dequeue(Command& group);
void add_message_archive(Command& group);
void add_message_delete(Command& group);
void add_message_release(Command& group);
void add_message_extend(Command& group);
void add_message_count(Command& group);
void add_message_show(Command& group);
void add_message_list(Command& group);
void add_message_export(Command& group);

void add_archive_list(Command& group);
void add_archive_count(Command& group);
void add_archive_show(Command& group);
void add_archive_purge(Command& group);

void add_top(Command& root);
void add_completion(Command& root);
void add_manual(Command& root);
void add_work(Command& root);
void add_worker_list(Command& group);
void add_worker_show(Command& group);
void add_worker_delete(Command& group);

}  // namespace pgqrs::cli

// The commands: a file has those of one noun. commands.cpp puts them together.
#pragma once

#include "cli/command_line/command.hpp"

namespace pgqrs::cli {

// All of them, in the order in which the help shows them.
void add_commands(Command& root);

void add_extension_commands(Command& root);  // install, uninstall, verify
void add_queue_commands(Command& root);
void add_queue_retention(Command& group);
void add_queue_grants(Command& group);  // grant, revoke, grants
void add_message_commands(Command& root);
void add_archive_commands(Command& root);
void add_workflow_commands(Command& root);
void add_run_commands(Command& root);
void add_work(Command& root);  // work/work.cpp
void add_top(Command& root);   // top/top.cpp
void add_worker_commands(Command& root);
void add_maintain(Command& root);
void add_completion(Command& root);  // help/completion.cpp
void add_manual(Command& root);      // help/manual.cpp

// `message` has so many commands that they have files of their own.
void add_message_send(Command& group);
void add_message_taking(Command& group);     // read, dequeue
void add_message_finishing(Command& group);  // archive, delete, release, extend
void add_message_failing(Command& group);    // fail, cancel, failures
void add_message_dead(Command& group);       // dead, redrive, discard
void add_message_looking(Command& group);    // count, show, list
void add_message_export(Command& group);

// So has `run`.
void add_run_start(Command& group);
void add_run_looking(Command& group);   // list, show, steps, value, stuck
void add_run_timeline(Command& group);  // timeline
void add_run_control(Command& group);   // signal, cancel, pause, resume, retry, fork, decide, purge
void add_run_wait(Command& group);

}  // namespace pgqrs::cli

// The background workers that maintain the queues (queue/maintenance.hpp): one launcher for the server, and
// for each database on the list (engine/upkeep.hpp), every pgqrs.maintenance_interval, a worker that does one
// round and ends.
//
// No worker stays, because DROP DATABASE, and CREATE DATABASE from a template, wait only five seconds for
// others to leave. A round lasts three seconds at most; what it leaves undone is for the next one. The
// launcher looks into each database once after the start of the server. Later a database comes onto the
// list when a session first uses a queue in it, and goes from it when a worker finds no extension there.
#pragma once

namespace pgqrs::bgw {

// Call while preloading.
void run_launcher_with_server();

}  // namespace pgqrs::bgw

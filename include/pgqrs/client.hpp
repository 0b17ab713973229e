// The client library, all of it: #include <pgqrs/client.hpp>, link with `pkg-config --libs pgqrs`.
//
// ABI: the soname changes with the major version. Within one, programs that were compiled with another minor version of the
// headers have to be compiled again, since structs get members and classes change inside: the library and the headers
// belong to the same release, compiled by compilers with the same C++ library. Source stays compatible within a major version.
//
// Threads: an object belongs to one thread at a time, unless its header says otherwise (Pool, Stop, work()); different objects
// may be used by different threads at the same time, if they do not share a Connection. Plain structs are values.
#pragma once

#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/config.hpp"
#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/consumer.hpp"
#include "pgqrs/client/error.hpp"
#include "pgqrs/client/json_check.hpp"
#include "pgqrs/client/message.hpp"
#include "pgqrs/client/pool.hpp"
#include "pgqrs/client/producer.hpp"
#include "pgqrs/client/stop.hpp"
#include "pgqrs/client/tables.hpp"
#include "pgqrs/client/time.hpp"
#include "pgqrs/client/validation.hpp"
#include "pgqrs/client/version.hpp"
#include "pgqrs/client/work.hpp"
